import createClient from "openapi-fetch";
import { config } from "../config";
import type { components, paths } from "./schema";
import { authorizedFetch } from "./send";

/** A schema of the API's description. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** The calls of the API, with the types of its description. Errors are thrown as {@link ApiError}. */
export const client = () => createClient<paths>({ baseUrl: config().api || location.origin, fetch: authorizedFetch });

/** The body of an answer. Errors don't come this far. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}
