import polyglotI18nProvider from "ra-i18n-polyglot";
import { beforeEach, expect, test, vi } from "vitest";
import { en } from "../i18n/en";
import { ru } from "../i18n/ru";
import { type Promotion, summary, type Translate } from "./words";

const polyglot = (locale: "en" | "ru"): Translate => {
  const provider = polyglotI18nProvider(() => (locale === "en" ? en : ru), locale);
  return (key, options) => provider.translate(key, options).replace(/[\u00a0\u202f]/g, " ");
};

const PROMOTION: Promotion = {
  effect: { kind: "percent_off", basis_points: 2000, cap: "80.00" },
  audience: { kind: "all" },
  starts_at: "2026-03-01T00:00",
  time_zone: "Europe/Moscow",
  weekdays: ["mon", "tue"],
  hours: { from: "12:00", to: "15:00" },
  first_purchase: "paid",
  per_user_limit: 2,
  per_user_period: "month",
  total_limit: 1000,
};

beforeEach(() => {
  vi.stubGlobal("localStorage", { getItem: () => "ru" });
});

test("a promotion is summed up in Russian", () => {
  expect(summary(polyglot("ru"), PROMOTION, { tariffs: ["Месяц"], campaign: "Весна" })).toBe(
    "Скидка 20 %, но не больше 80 ₽ — тарифы: Месяц. Для всех. Только на первую платную покупку. " +
      "С 01.03.2026, 00:00 (Europe/Moscow), без конца. По дням: пн, вт. С 12:00 до 15:00. " +
      "Каждому до 2 раз в месяц. Использований на всех: 1 000. В рамках кампании «Весна».",
  );
});

test("a promotion is summed up in English", () => {
  vi.stubGlobal("localStorage", { getItem: () => "en" });
  expect(summary(polyglot("en"), { ...PROMOTION, total_limit: 1, weekdays: null, hours: null }, {})).toBe(
    "20% off, at most RUB 80 on all tariffs. For everyone. Only for the first paid purchase. " +
      "From 1 Mar 2026, 00:00 (Europe/Moscow), without an end. " +
      "Up to 2 times a month per person. One use for everybody together.",
  );
});

test("both languages have the same texts", () => {
  const keys = (tree: object, prefix = ""): string[] =>
    Object.entries(tree).flatMap(([name, value]) =>
      typeof value === "string" ? [prefix + name] : keys(value, `${prefix}${name}.`),
    );
  expect(keys(ru.console).sort()).toEqual(keys(en.console).sort());
  expect(keys(ru.resources).sort()).toEqual(keys(en.resources).sort());
  expect(keys(ru.ra).sort()).toEqual(keys(en.ra).sort());
});
