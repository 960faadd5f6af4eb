import { useSyncExternalStore } from "react";
import { isAtLeast } from "../api/roles";
import { current, onChange, type Role } from "../api/session";

/** Whether whoever is signed in may do what `least` may. */
export function useIsAtLeast(least: Role): boolean {
  const role = useSyncExternalStore(onChange, () => current()?.role);
  return isAtLeast(role, least);
}

/** The ID of whoever is signed in. */
export const useOwnId = (): string | undefined => useSyncExternalStore(onChange, () => current()?.userId);
