import type { DataProvider, GetListParams, RaRecord } from "react-admin";
import { shopInstant } from "../ui/format";
import { PERIOD_DAYS, type Resource, resource } from "./resources";
import { type Call, send } from "./send";

/** A page of a list, as every list of the API answers it. */
export interface Page {
  items: Record<string, unknown>[];
  next_cursor?: string | number | null;
  total?: number | null;
}

/** The most items on a page. */
const MOST = 100;

/** Where the pages of a list begin, by its path and query: the API has cursors, the console numbers. */
const cursors = new Map<string, (string | number | undefined)[]>();

/** Maps react-admin's calls to the form of the admin API (docs/adr/0026-admin-api.md). */
export const dataProvider: DataProvider = {
  getList: async (name, params) => {
    const query = listQuery(resource(name), params);
    const { page = 1 } = params.pagination ?? {};
    const answer = await pageOf({ path: resource(name).path, query, signal: params.signal }, page);
    const data = answer.items.map((item) => record(name, item)) as never[];
    const total = answer.total ?? undefined;
    if (total !== undefined) return { data, total };
    return { data, pageInfo: { hasNextPage: answer.next_cursor != null, hasPreviousPage: page > 1 } };
  },
  getOne: async (name, { id, signal }) => ({ data: (await one(name, id, signal)) as never }),
  getMany: async (name, { ids }) => ({
    data: (await Promise.all(ids.map((id) => one(name, id)))) as never[],
  }),
  getManyReference: async (name, { target, id, ...params }) =>
    dataProvider.getList(name, { ...params, filter: { ...params.filter, [target]: id } }) as never,
  create: async (name, { data }) => {
    const { path } = resource(name);
    return { data: record(name, await send({ method: "POST", path, body: withoutNulls(data) })) as never };
  },
  update: async (name, { id, data, previousData }) => {
    const { path, readOnly = [] } = resource(name);
    const members = Object.entries(data).filter(([member]) => !readOnly.includes(member));
    const body = withoutNulls(Object.fromEntries(members));
    // The version that the form was filled from, or took over after a conflict.
    const version = (data.version ?? previousData?.version) as number;
    const call: Call = { method: "PUT", path: `${path}/${id}`, body, ifMatch: `"${version}"` };
    return { data: record(name, await send(call)) as never };
  },
  delete: async (name, { id, previousData }) => {
    const version = (previousData as { version?: number } | undefined)?.version;
    await send({ method: "DELETE", path: `${resource(name).path}/${id}`, ifMatch: version ? `"${version}"` : "*" });
    return { data: { ...previousData, id } as never };
  },
  updateMany: async () => {
    throw new Error("not offered");
  },
  deleteMany: async () => {
    throw new Error("not offered");
  },
};

async function one(name: string, id: unknown, signal?: AbortSignal): Promise<RaRecord> {
  return record(name, await send({ path: `${resource(name).path}/${id}`, signal }));
}

const record = (name: string, item: Record<string, unknown>): RaRecord =>
  ({ ...item, id: item[resource(name).id] }) as RaRecord;

/** What was left empty is absent: the API then says that a value is missing, not that `null` is no text. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (value === null || typeof value !== "object") return value;
  const present = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(present.map(([name, member]) => [name, withoutNulls(member)]));
}

/** The query of a list, without its cursor. */
export function listQuery(of: Resource, { filter = {}, sort, pagination }: Partial<GetListParams>) {
  const query: Record<string, unknown> = { ...filter, limit: Math.min(pagination?.perPage ?? 25, MOST) };
  // Typed on the shop's clock.
  for (const end of ["from", "to"]) {
    if (/^[\d-]+T\d\d:\d\d$/.test(String(query[end] ?? ""))) query[end] = shopInstant(query[end] as string);
  }
  if (sort && (sort.field === "id" ? of.sorts : of.sorts?.includes(sort.field))) {
    query.sort = (sort.order === "DESC" ? "-" : "") + sort.field;
  }
  if (of.needsOneOf && !of.needsOneOf.some((member) => query[member])) {
    query.from = new Date(startOfHour() - PERIOD_DAYS * 86_400_000).toISOString();
  }
  return query;
}

/** The same for all pages of a list, whose cursors belong to it. */
const startOfHour = (): number => Math.floor(Date.now() / 3_600_000) * 3_600_000;

/** Walks to the page from the nearest one whose beginning is known. */
async function pageOf(call: Call, number: number): Promise<Page> {
  const key = JSON.stringify([call.path, call.query]);
  const known = cursors.get(key) ?? [undefined];
  cursors.set(key, known);
  for (let at = Math.min(number, known.length); ; at += 1) {
    const cursor = known[at - 1];
    const page = await send<Page>({ ...call, query: { ...call.query, cursor } });
    const next = page.next_cursor ?? undefined;
    if (next !== undefined) known[at] = next;
    else known.length = at;
    if (at === number || next === undefined) return page;
  }
}
