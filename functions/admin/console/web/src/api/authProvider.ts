import type { AuthProvider } from "react-admin";
import { mayDo } from "./roles";
import { current, handOver, signIn, signOut } from "./session";

/** Signing in with auth's own endpoints; who may do what is shown by role. */
export const authProvider: AuthProvider = {
  login: ({ username, password }: { username: string; password: string }) => signIn(username, password),
  logout: async () => {
    await signOut();
  },
  checkAuth: async () => {
    await handOver();
    // Without a message: whoever comes here first has done nothing wrong.
    if (!current()) throw Object.assign(new Error(), { message: false });
  },
  // The session is renewed below; an error that comes this far is for the page.
  checkError: async () => {
    if (!current()) throw Object.assign(new Error(), { message: false });
  },
  getIdentity: async () => {
    const session = current();
    return { id: session?.userId ?? "", fullName: session?.name, email: session?.email };
  },
  getPermissions: async () => current()?.role,
  canAccess: async ({ resource, action }) => mayDo(current()?.role, resource, action),
};
