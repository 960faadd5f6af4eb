import type { Role } from "./session";

/** Roles by what they may do: each may do what those before it may. */
const RANKS: Role[] = ["support", "marketer", "admin"];

/** Whether `role` may do what `least` may. The API decides; this is for what the page shows. */
export const isAtLeast = (role: Role | undefined, least: Role): boolean =>
  role !== undefined && RANKS.indexOf(role) >= RANKS.indexOf(least);

const CHANGES = ["create", "edit", "delete", "clone"];

/** The least role for each action on a resource: docs/openapi.json, and `local/e2e/tests/e2e/roles.rs`. */
export function mayDo(role: Role | undefined, resource: string, action: string): boolean {
  if (resource === "accounts") return isAtLeast(role, "admin");
  if (CHANGES.includes(action)) return isAtLeast(role, resource === "applications" ? "support" : "marketer");
  return isAtLeast(role, "support");
}
