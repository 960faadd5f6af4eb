import { body, client } from "./api/client";

/** E-mail addresses that were looked up, by user. In memory alone: they are personal data. */
const emails = new Map<string, string>();

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The address of a user, if this page knows it. */
export const emailOf = (userId: string): string | undefined => emails.get(userId);

/** Remembers the address of a user until the page is closed. */
export const rememberEmail = (userId: string, email: string) => emails.set(userId, email);

/** The ID of a user, who is named by an e-mail address or by the ID itself; `undefined` if nobody has the address. The
 * look-up is recorded. */
export async function findUser(typed: string): Promise<string | undefined> {
  const text = typed.trim();
  if (ID.test(text)) return text.toLowerCase();
  const found = await body(client().POST("/admin/users/resolve", { body: { emails: [text] } as never }));
  const user = (found as { users?: { user_id: string; email: string }[] }).users?.[0];
  if (user) rememberEmail(user.user_id, user.email);
  return user?.user_id;
}
