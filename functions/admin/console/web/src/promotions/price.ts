import { parseAmount } from "../ui/format";
import type { Effect, Promotion } from "./words";

/** What somebody pays for a tariff, or why the promotion does not work for it. */
export type Price =
  | { total: string; discount: string; trialDays?: number }
  | { refused: "other_currency" | "out_of_scope" | "below_minimum" | "no_benefit" | "incomplete" };

/** A tariff as the API has it. */
export interface Tariff {
  id: number;
  title: string;
  price: string;
  currency: string;
}

/** Minor units of an amount. */
function minor(text: string | null | undefined): bigint | undefined {
  const parsed = parseAmount(text);
  return parsed && /^\d+\.\d\d$/.test(parsed) ? BigInt(parsed.replace(".", "")) : undefined;
}

function text(amount: bigint): string {
  const digits = amount.toString().padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** The price of a tariff under a promotion, as the service works it out (`shared/domain/src/effect.rs`). */
export function priceOf(tariff: Tariff, promotion: Promotion): Price {
  const { effect = {} } = promotion;
  const price = minor(tariff.price) ?? 0n;
  if (promotion.tariffs?.length && !promotion.tariffs.includes(tariff.id)) return { refused: "out_of_scope" };
  if (hasAmounts(promotion) && (promotion.currency ?? "RUB") !== tariff.currency) return { refused: "other_currency" };
  if (promotion.min_price) {
    const least = minor(promotion.min_price);
    if (least === undefined) return { refused: "incomplete" };
    if (price < least) return { refused: "below_minimum" };
  }
  const total = totalOf(effect, price);
  if (total === undefined) return { refused: "incomplete" };
  if (total >= price) return { refused: "no_benefit" };
  const trialDays = effect.kind === "free" ? Number(effect.days) : undefined;
  return { total: text(total), discount: text(price - total), trialDays };
}

function hasAmounts({ effect, min_price, budget }: Promotion): boolean {
  return effect?.kind === "amount_off" || effect?.kind === "fixed_price" || Boolean(effect?.cap || min_price || budget);
}

function totalOf(effect: Effect, price: bigint): bigint | undefined {
  switch (effect.kind) {
    case "percent_off": {
      if (typeof effect.basis_points !== "number" || effect.basis_points < 1 || effect.basis_points > 10_000) return;
      // Half a kopeck is rounded up.
      const off = (price * BigInt(effect.basis_points) + 5_000n) / 10_000n;
      if (!effect.cap) return price - off;
      const cap = minor(effect.cap);
      return cap === undefined ? undefined : price - (off < cap ? off : cap);
    }
    case "amount_off": {
      const off = minor(effect.amount);
      if (off === undefined) return;
      return off < price ? price - off : 0n;
    }
    case "fixed_price":
      return minor(effect.price);
    case "free":
      return Number(effect.days) > 0 ? 0n : undefined;
    default:
      return;
  }
}
