import { beforeEach, expect, test, vi } from "vitest";
import { money, parseAmount, parseInteger, parsePercent, percent, shopInstant, time } from "./format";

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

beforeEach(() => {
  vi.stubGlobal("localStorage", { getItem: () => "ru" });
});

test("amounts are shown as people write them", () => {
  expect(plain(money({ amount: "1299.00", currency: "RUB" }))).toBe("1 299 ₽");
  expect(plain(money({ amount: "209.30", currency: "RUB" }))).toBe("209,30 ₽");
});

test("the last digits of a large amount are kept", () => {
  expect(plain(money({ amount: "90071992547409.93", currency: "RUB" }))).toBe("90 071 992 547 409,93 ₽");
});

test("typed amounts become what the API understands", () => {
  expect(parseAmount("1 299,5")).toBe("1299.50");
  expect(parseAmount("499")).toBe("499.00");
  expect(parseAmount("")).toBeNull();
  expect(parseAmount(undefined)).toBeNull();
});

test("what is no amount is left to the API", () => {
  expect(parseAmount("12.345")).toBe("12.345");
  expect(parseAmount("many")).toBe("many");
});

test("percentages are hundredths of a percent", () => {
  expect(parsePercent("12,5")).toBe(1250);
  expect(parsePercent("30 %")).toBe(3000);
  expect(parsePercent("a lot")).toBe("a lot");
  expect(plain(percent(1250))).toBe("12,5 %");
});

test("integers may be grouped", () => {
  expect(parseInteger("10 000")).toBe(10_000);
  expect(parseInteger("1.5")).toBe("1.5");
  expect(parseInteger("")).toBeNull();
});

test("times are shown on the shop's clock, with its zone", () => {
  expect(plain(time("2026-03-01T00:00:00Z", "Europe/Moscow"))).toBe("01.03.2026, 03:00 GMT+3");
});

test("local times of the shop are instants, also around a change of clocks", () => {
  expect(shopInstant("2026-03-01T00:00", "Europe/Moscow")).toBe("2026-02-28T21:00:00.000Z");
  expect(shopInstant("2026-03-29T03:30", "Europe/Berlin")).toBe("2026-03-29T01:30:00.000Z");
  expect(shopInstant("2026-07-01T12:00", "Europe/Berlin")).toBe("2026-07-01T10:00:00.000Z");
});
