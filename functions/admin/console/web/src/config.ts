/** What differs from one installation to another: `config.json` beside the page. */
export interface Config {
  /** Where the API is; empty for the origin of this page. */
  api: string;
  /** The shop's time zone, in which times are shown and entered. */
  time_zone: string;
}

let current: Config = { api: "", time_zone: "Europe/Moscow" };

/** The configuration that {@link loadConfig} has found. */
export const config = (): Config => current;

/** Reads `config.json`. Without it the console talks to its own origin. */
export async function loadConfig(): Promise<void> {
  const answer = await fetch(`${import.meta.env.BASE_URL}config.json`);
  if (answer.ok) current = { ...current, ...((await answer.json()) as Partial<Config>) };
}
