/** The stack that the tests run on, as `cargo local test` names it. */
export const BASE = variable("E2E_BASE_URL");

/** The browser. */
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** The demo's accounts (`local/cli/src/accounts.rs`). */
export const PASSWORDS = {
  admin: "harbour-lantern-41",
  marketer: "garnet-orchard-85",
  support: "velvet-compass-96",
  anna: "meadow-kettle-52",
  boris: "copper-saddle-63",
};

/** One of them. */
export type Person = keyof typeof PASSWORDS;

export const emailOf = (person: Person): string => `${person}@demo.example`;

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests by \`cargo local test --only console\``);
  return value;
}

/** A call of the API beside the browser, with the answer's JSON. */
export async function call<T = Record<string, unknown>>(
  token: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  const answer = await fetch(BASE + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return (answer.status === 204 ? {} : await answer.json()) as T;
}

/** An access token. */
export async function signInByApi(person: Person): Promise<string> {
  const body = { email: emailOf(person), password: PASSWORDS[person] };
  const { access_token } = await call<{ access_token: string }>("", "POST", "/login", body);
  return access_token;
}
