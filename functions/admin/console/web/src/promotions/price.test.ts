import { expect, test } from "vitest";
import { priceOf, type Tariff } from "./price";
import type { Effect, Promotion } from "./words";

const MONTH: Tariff = { id: 1, title: "Month", price: "299.00", currency: "RUB" };
const of = (effect: Effect, more: Promotion = {}) => priceOf(MONTH, { ...more, effect });

test("a percentage is rounded half up to the kopeck", () => {
  expect(of({ kind: "percent_off", basis_points: 3000 })).toMatchObject({ total: "209.30", discount: "89.70" });
  // 299.00 × 0.05 % is 14.95 kopecks, 0.15 roubles.
  expect(of({ kind: "percent_off", basis_points: 5 })).toMatchObject({ discount: "0.15" });
  // 300.00 × 0.01 % × … a half is rounded up.
  expect(priceOf({ ...MONTH, price: "0.50" }, { effect: { kind: "percent_off", basis_points: 100 } })).toMatchObject({
    discount: "0.01",
  });
});

test("a cap limits a percentage", () => {
  expect(of({ kind: "percent_off", basis_points: 5000, cap: "80" })).toMatchObject({ total: "219.00" });
});

test("an amount never makes the price negative", () => {
  expect(of({ kind: "amount_off", amount: "1000.00" })).toMatchObject({ total: "0.00" });
});

test("a fixed price that is not lower is no benefit", () => {
  expect(of({ kind: "fixed_price", price: "199,00" })).toMatchObject({ total: "199.00" });
  expect(of({ kind: "fixed_price", price: "299.00" })).toEqual({ refused: "no_benefit" });
});

test("a trial costs nothing for its days", () => {
  expect(of({ kind: "free", days: 14 })).toEqual({ total: "0.00", discount: "299.00", trialDays: 14 });
});

test("what a promotion is not for is said", () => {
  const effect: Effect = { kind: "percent_off", basis_points: 1000 };
  expect(of(effect, { tariffs: [2] })).toEqual({ refused: "out_of_scope" });
  expect(of(effect, { min_price: "300" })).toEqual({ refused: "below_minimum" });
  expect(of(effect, { min_price: "100", currency: "KZT" })).toEqual({ refused: "other_currency" });
  // Without an amount, the currency does not matter.
  expect(of(effect, { currency: "KZT" })).toMatchObject({ total: "269.10" });
});

test("a half typed effect has no price yet", () => {
  expect(of({ kind: "percent_off" })).toEqual({ refused: "incomplete" });
  expect(of({ kind: "amount_off", amount: "1." })).toMatchObject({ total: "298.00" });
  expect(of({})).toEqual({ refused: "incomplete" });
});
