import { config } from "../config";
import { language } from "../i18n/language";
import { ApiError, NetworkError, problemOf } from "./problem";

/** The roles of staff. */
export type Role = "support" | "marketer" | "admin";

/** Who is signed in, with the tokens of the session. They are kept in memory alone: whoever reads the disk of this
 * computer, or gets at `localStorage`, finds nothing. */
interface Session {
  access: string;
  refresh: string;
  /** When the access token expires, by this computer's clock, in milliseconds. */
  expiresAt: number;
  email: string;
  name: string;
  userId: string;
  role: Role;
}

type Message = { kind: "who" } | { kind: "session"; session: Session } | { kind: "signed_out" };

/** An answer of `/login` and `/refresh_token`. */
interface TokenPair {
  access_token: string;
  refresh_token: string;
  expires_in: number;
}

/** How long another tab may take to hand its session over. */
const HANDOFF_MS = 300;
/** A token is renewed this long before it expires, since a request takes time. */
const MARGIN_MS = 20_000;

const STAFF: readonly string[] = ["support", "marketer", "admin"];

let session: Session | undefined;
let waiting: Promise<Session> | undefined;
let askPassword: ((email: string) => Promise<void>) | undefined;
const listeners = new Set<() => void>();
const channel = new BroadcastChannel("console-session");

channel.onmessage = ({ data }: MessageEvent<Message>) => {
  if (data.kind === "who" && session) tell({ kind: "session", session });
  if (data.kind === "session") accept(data.session);
  if (data.kind === "signed_out") forget();
};

const tell = (message: Message): void => channel.postMessage(message);

/** Who is signed in. */
export const current = (): Session | undefined => session;

/** Calls `listener` when somebody signs in or out, in this tab or another. */
export function onChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Sets what asks for the password again once a session has ended. It ends when somebody has signed in, in whichever tab,
 * or has given up. */
export function setAskPassword(ask: (email: string) => Promise<void>): void {
  askPassword = ask;
}

/** Takes over the session of another tab, if there is one. */
export async function handOver(): Promise<void> {
  if (session) return;
  const heard = new Promise<void>((resolve) => {
    const stop = onChange(() => {
      stop();
      resolve();
    });
    setTimeout(resolve, HANDOFF_MS);
  });
  tell({ kind: "who" });
  await heard;
}

/** Signs in with an e-mail address and a password. */
export async function signIn(email: string, password: string): Promise<void> {
  const pair = await post<TokenPair>("/login", { email, password });
  const me = await get<{ email: string; name?: string | null; user_id: string; role: string }>(
    "/me",
    pair.access_token,
  );
  if (!STAFF.includes(me.role)) {
    await end(pair.access_token);
    throw new NotStaff();
  }
  accept({
    ...tokens(pair),
    email: me.email,
    name: me.name ?? me.email,
    userId: me.user_id,
    role: me.role as Role,
  });
  if (session) tell({ kind: "session", session });
}

/** Who has signed in is no member of staff. */
export class NotStaff extends Error {
  constructor() {
    super("console.sign_in.not_staff");
  }
}

/** Ends the session, in all tabs. */
export async function signOut(): Promise<void> {
  const access = session?.access;
  forget();
  tell({ kind: "signed_out" });
  if (access) await end(access);
}

/** An access token that is good for a request now. `refused` is one that the API no longer takes. */
export async function accessToken(refused?: string): Promise<string> {
  if (!session) throw new SignedOut();
  const good = session.access !== refused && session.expiresAt - MARGIN_MS > Date.now();
  if (good) return session.access;
  // One renewal for all the requests that wait for it.
  waiting ??= renew(refused).finally(() => {
    waiting = undefined;
  });
  return (await waiting).access;
}

/** Nobody is signed in any more. */
export class SignedOut extends Error {
  readonly status = 401;
  constructor() {
    super("console.sign_in.signed_out");
  }
}

async function renew(refused?: string): Promise<Session> {
  const renewed = await inTurn(() => rotate(refused));
  if (renewed !== "ended") return renewed;
  // Not in turn: every tab asks, and the first password closes the other dialogs.
  const before = session;
  if (!before) throw new SignedOut();
  return signInAgain(before);
}

/** One tab at a time, since a refresh token is good for one use. Browsers have locks on secure origins alone. */
const inTurn = <T>(work: () => Promise<T>): Promise<T> =>
  navigator.locks ? (navigator.locks.request("console-session", work) as Promise<T>) : work();

async function rotate(refused?: string): Promise<Session | "ended"> {
  const before = session;
  if (!before) throw new SignedOut();
  // Another tab was faster, and has told this one.
  if (before.access !== refused && before.expiresAt - MARGIN_MS > Date.now()) return before;
  try {
    return accepted(before, await post<TokenPair>("/refresh_token", { refresh_token: before.refresh }));
  } catch (error) {
    if (error instanceof ApiError && [401, 403, 422].includes(error.status)) return "ended";
    throw error;
  }
}

/** Asks for the password, so that the page and what was typed into it stay as they are. */
async function signInAgain(before: Session): Promise<Session> {
  await askPassword?.(before.email);
  if (session && session.refresh !== before.refresh) return session;
  await signOut();
  throw new SignedOut();
}

function accepted(before: Session, pair: TokenPair): Session {
  const next = { ...before, ...tokens(pair), role: roleOf(pair.access_token) ?? before.role };
  accept(next);
  tell({ kind: "session", session: next });
  return next;
}

const tokens = (pair: TokenPair) => ({
  access: pair.access_token,
  refresh: pair.refresh_token,
  expiresAt: Date.now() + pair.expires_in * 1000,
});

/** The role may have been changed since the last token. The API checks it; this is for what the page shows. */
function roleOf(token: string): Role | undefined {
  try {
    const payload = token.split(".")[1] ?? "";
    const { role } = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    return STAFF.includes(role) ? role : undefined;
  } catch {
    return undefined;
  }
}

function accept(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}

function forget(): void {
  session = undefined;
  for (const listener of listeners) listener();
}

async function end(access: string): Promise<void> {
  try {
    await fetch(`${config().api}/logout`, { method: "POST", headers: { authorization: `Bearer ${access}` } });
  } catch {
    // Offline: the tokens are forgotten here, and the session ends by itself.
  }
}

async function post<T>(path: string, body: unknown): Promise<T> {
  return read<T>(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
}

async function get<T>(path: string, access: string): Promise<T> {
  return read<T>(path, { headers: { authorization: `Bearer ${access}` } });
}

async function read<T>(path: string, init: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(config().api + path, {
      ...init,
      headers: { ...init.headers, "accept-language": language() },
    });
  } catch {
    throw new NetworkError();
  }
  if (!answer.ok) throw new ApiError(await problemOf(answer));
  return (await answer.json()) as T;
}
