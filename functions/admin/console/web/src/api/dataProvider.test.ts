import { beforeEach, expect, test, vi } from "vitest";
import { dataProvider, listQuery } from "./dataProvider";
import { resource } from "./resources";
import { send } from "./send";

vi.mock("./send", () => ({ send: vi.fn() }));

const calls = vi.mocked(send);

beforeEach(() => {
  calls.mockReset();
  vi.stubGlobal("localStorage", { getItem: () => "ru" });
});

test("short tables are sorted, long ones are not", () => {
  const sort = { field: "title", order: "DESC" } as const;
  expect(listQuery(resource("tariffs"), { sort })).toMatchObject({ sort: "-title" });
  expect(listQuery(resource("purchases"), { sort })).not.toHaveProperty("sort");
});

test("a list that needs a period gets one", () => {
  expect(listQuery(resource("decisions"), {})).toHaveProperty("from");
  expect(listQuery(resource("decisions"), { filter: { user_id: "u" } })).not.toHaveProperty("from");
});

test("periods are typed on the shop's clock", () => {
  const query = listQuery(resource("audit"), { filter: { from: "2026-03-01T00:00" } });
  expect(query.from).toBe("2026-02-28T21:00:00.000Z");
});

test("a page further on is found through the cursors of those before", async () => {
  calls.mockImplementation(async ({ query }) => {
    const at = Number(query?.cursor ?? 0);
    return { items: [{ promotion_id: at }], next_cursor: at < 2 ? at + 1 : undefined };
  });
  const page = (number: number) =>
    dataProvider.getList("promotions", {
      pagination: { page: number, perPage: 1 },
      sort: { field: "id", order: "ASC" },
      filter: {},
    });
  const third = await page(3);
  expect(third).toMatchObject({ data: [{ id: 2 }], pageInfo: { hasNextPage: false, hasPreviousPage: true } });
  expect(calls).toHaveBeenCalledTimes(3);
  await page(2);
  expect(calls).toHaveBeenCalledTimes(4);
});

test("what was left empty is not sent", async () => {
  calls.mockResolvedValue({ promotion_id: 1 });
  const data = { title: null, effect: { kind: "percent_off", cap: null }, tariffs: [1], listed: false };
  await dataProvider.create("promotions", { data });
  expect(calls).toHaveBeenCalledWith({
    method: "POST",
    path: "/admin/promotions",
    body: { effect: { kind: "percent_off" }, tariffs: [1], listed: false },
  });
});

test("a change names the version that it was made of, and sends no member that is read alone", async () => {
  calls.mockResolvedValue({ tariff_id: 7, version: 4 });
  const data = { id: 7, tariff_id: 7, version: 3, created_at: "…", title: "Pro" };
  await dataProvider.update("tariffs", { id: 7, data, previousData: data });
  expect(calls).toHaveBeenCalledWith({
    method: "PUT",
    path: "/admin/tariffs/7",
    body: { title: "Pro" },
    ifMatch: '"3"',
  });
});
