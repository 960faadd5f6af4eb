import { config } from "../config";
import { language } from "../i18n/language";
import { ApiError, NetworkError, problemOf } from "./problem";
import { accessToken } from "./session";

/** What the API says of a token that a new one can take the place of. */
const RENEWABLE = ["token_expired", "token_invalid", "token_revoked", "token_missing"];

/** Keys of writes that have had no answer yet, by what was sent: the same again is the same write. */
const unanswered = new Map<string, string>();

/** A call of the API. */
export interface Call {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, unknown>;
  body?: unknown;
  /** A file, in place of a body. */
  csv?: Blob;
  /** The version that the resource must have. */
  ifMatch?: string;
  /** What the answer is to be, where there is a choice. */
  accept?: string;
  signal?: AbortSignal;
}

/** Makes a call as whoever is signed in, for paths that are made up at run time; `client` is for the others. */
export async function send<T>(call: Call): Promise<T> {
  const answer = await sendForResponse(call);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** Like {@link send}, for answers that are no JSON. */
export async function sendForResponse(call: Call): Promise<Response> {
  const { method = "GET", signal } = call;
  const body = call.csv ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
  const headers = new Headers();
  if (body !== undefined) headers.set("content-type", call.csv ? "text/csv" : "application/json");
  if (call.accept) headers.set("accept", call.accept);
  if (call.ifMatch) headers.set("if-match", call.ifMatch);
  return authorizedFetch(new Request(address(call), { method, body, headers, signal }));
}

/** Sends a request as whoever is signed in; renews the session and repeats the request where that helps. */
export async function authorizedFetch(request: Request): Promise<Response> {
  const { headers, method, url } = request;
  const write = `${method} ${url} ${await request.clone().text()}`;
  headers.set("accept-language", language());
  if (method !== "GET") headers.set("idempotency-key", keyOf(write));
  const attempt = async (token: string): Promise<Response> => {
    headers.set("authorization", `Bearer ${token}`);
    try {
      return await fetch(request.clone());
    } catch (error) {
      if (request.signal.aborted) throw error;
      throw new NetworkError();
    }
  };
  const token = await accessToken();
  let answer = await attempt(token);
  if (answer.status === 401) {
    const problem = await problemOf(answer.clone());
    if (RENEWABLE.includes(problem.code)) answer = await attempt(await accessToken(token));
  }
  // A server that is overloaded may have done it: a repetition must be the same write.
  if (answer.status < 500) unanswered.delete(write);
  if (!answer.ok) throw new ApiError(await problemOf(answer));
  return answer;
}

function address({ path, query = {} }: Call): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return (config().api || location.origin) + path + (text && `?${text}`);
}

function keyOf(write: string): string {
  const key = unanswered.get(write) ?? randomId();
  unanswered.set(write, key);
  return key;
}

/** `crypto.randomUUID` is there on secure origins alone. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
