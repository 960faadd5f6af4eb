import { expect, test } from "vitest";
import { mayDo } from "./roles";

test("support looks and acts for users, marketing also changes offers", () => {
  expect(mayDo("support", "promotions", "list")).toBe(true);
  expect(mayDo("support", "promotions", "edit")).toBe(false);
  expect(mayDo("support", "applications", "create")).toBe(true);
  expect(mayDo("marketer", "promotions", "edit")).toBe(true);
  expect(mayDo("marketer", "accounts", "list")).toBe(false);
  expect(mayDo("admin", "accounts", "list")).toBe(true);
  expect(mayDo(undefined, "promotions", "list")).toBe(false);
});
