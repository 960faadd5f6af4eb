/** RFC 9457 problem details, as every error of the API has them. */
export interface Problem {
  code: string;
  title: string;
  detail: string;
  status: number;
  request_id?: string;
  /** Wrong fields of a body, by their paths: `promocodes[0].promocode`. Of a file, lines have numbers instead. */
  errors?: { field?: string; line?: number; detail: string }[];
  /** Why a promo code does not pass. */
  reasons?: { code: string; detail: string }[];
  /** The current version, where somebody else has changed the resource. */
  version?: number;
  error_count?: number;
  decision_id?: string;
}

/** The API has refused a call. */
export class ApiError extends Error {
  readonly problem: Problem;
  /** For react-admin. */
  readonly status: number;
  /** For react-admin, which puts these beside the inputs of the form. */
  readonly body: { errors?: Record<string, unknown> };

  constructor(problem: Problem) {
    super(problem.detail ? `${problem.title} ${problem.detail}` : problem.title);
    this.name = "ApiError";
    this.problem = problem;
    this.status = problem.status;
    this.body = { errors: fieldErrors(problem) };
  }
}

/** There was no answer. */
export class NetworkError extends Error {
  constructor() {
    super("console.network_error");
    this.name = "NetworkError";
  }
}

/** The name of an input for the path of a field: `promocodes[0].promocode` becomes `promocodes.0.promocode`. */
export const inputName = (field: string): string => field.replace(/\[(\d+)\]/g, ".$1");

function fieldErrors(problem: Problem): Record<string, unknown> | undefined {
  const errors = problem.errors?.filter((error) => error.field !== undefined);
  if (!errors?.length) return undefined;
  const tree: Record<string, unknown> = { root: { serverError: `${problem.title} ${problem.detail}` } };
  for (const { field = "", detail } of errors) setPath(tree, inputName(field).split("."), sentence(detail));
  return tree;
}

function setPath(tree: Record<string, unknown>, path: string[], value: string): void {
  const [name = "", ...rest] = path;
  if (rest.length === 0) {
    tree[name] ??= value;
    return;
  }
  if (typeof tree[name] !== "object") tree[name] = {};
  setPath(tree[name] as Record<string, unknown>, rest, value);
}

/** Details begin in lower case, since they stand behind the name of a field elsewhere. */
const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The problem of an answer; one is made up where a proxy has answered. */
export async function problemOf(answer: Response): Promise<Problem> {
  try {
    const body = (await answer.json()) as Problem;
    if (typeof body.code === "string") return body;
  } catch {
    // No JSON: not from the API.
  }
  return { code: "unknown", title: `HTTP ${answer.status}`, detail: answer.statusText, status: answer.status };
}
