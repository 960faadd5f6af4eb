import { count, money, percent, time } from "../ui/format";

/** What translates keys into the language of the console. */
export type Translate = (key: string, options?: Record<string, unknown>) => string;

/** What a promotion does to the price. Amounts may be half typed. */
export interface Effect {
  kind?: "percent_off" | "amount_off" | "fixed_price" | "free";
  price?: string | null;
  amount?: string | null;
  cap?: string | null;
  basis_points?: number | string | null;
  days?: number | string | null;
}

/** The hours of a day. */
export interface Hours {
  from?: string | null;
  to?: string | null;
}

/** Whom a promotion is for. */
export interface Audience {
  kind?: "all" | "groups";
  group_ids?: number[];
}

/** The members of a promotion, as a form has them. */
export interface Promotion {
  title?: string;
  status?: string;
  listed?: boolean;
  currency?: string;
  effect?: Effect;
  tariffs?: number[] | null;
  min_price?: string | null;
  audience?: Audience;
  first_purchase?: string | null;
  time_zone?: string;
  starts_at?: string | null;
  ends_at?: string | null;
  weekdays?: string[] | null;
  hours?: Hours | null;
  per_user_limit?: number | null;
  per_user_period?: string;
  total_limit?: number | null;
  budget?: string | null;
  campaign_id?: number | null;
}

const AMOUNT = /^\d+(\.\d{1,2})?$/;

const amount = (text: string | null | undefined, currency: string): string =>
  AMOUNT.test(text ?? "") ? money({ amount: text ?? "", currency }) : "…";

/** What people get, in a few words. */
export function effectText(translate: Translate, effect: Effect | undefined, currency: string): string {
  switch (effect?.kind) {
    case "percent_off": {
      const off = typeof effect.basis_points === "number" ? percent(effect.basis_points) : "…";
      if (!effect.cap) return translate("console.effect.percent_off", { off });
      return translate("console.effect.percent_off_capped", { off, cap: amount(effect.cap, currency) });
    }
    case "amount_off":
      return translate("console.effect.amount_off", { off: amount(effect.amount, currency) });
    case "fixed_price":
      return translate("console.effect.fixed_price", { price: amount(effect.price, currency) });
    case "free":
      return translate("console.effect.free", { smart_count: Number(effect.days ?? 0) || 0 });
    default:
      return "…";
  }
}

/** Who may use it, in a few words. */
export function audienceText(translate: Translate, audience: Audience | undefined, names?: string[]): string {
  if (audience?.kind !== "groups") return translate("console.audience.all");
  const groups = names ?? (audience.group_ids ?? []).map((id) => `№ ${id}`);
  return translate("console.audience.groups", { groups: groups.join(", ") || "…" });
}

/** The hours of a day, in a few words. */
export function hoursText(translate: Translate, hours: Hours | null | undefined): string {
  if (!hours?.from && !hours?.to) return translate("console.none");
  return translate("console.hours", { from: hours.from ?? "…", to: hours.to ?? "…" });
}

/** What a promotion is, in sentences that a marketer would say to another. */
export function summary(
  translate: Translate,
  promotion: Promotion,
  names: { tariffs?: string[]; groups?: string[]; campaign?: string },
): string {
  const currency = promotion.currency ?? "RUB";
  const say = (key: string, options?: Record<string, unknown>) => translate(`console.summary.${key}`, options);
  const parts = [
    say("what", {
      effect: effectText(translate, promotion.effect, currency),
      tariffs: names.tariffs?.length ? say("on", { tariffs: names.tariffs.join(", ") }) : say("on_all"),
    }),
    say("who", { who: audienceText(translate, promotion.audience, names.groups) }),
  ];
  if (promotion.first_purchase) parts.push(say(`first_${promotion.first_purchase}`));
  if (promotion.min_price) parts.push(say("min_price", { price: amount(promotion.min_price, currency) }));
  parts.push(when(translate, promotion));
  if (promotion.per_user_limit) {
    parts.push(say(`per_user_${promotion.per_user_period ?? "lifetime"}`, { smart_count: promotion.per_user_limit }));
  }
  if (promotion.total_limit) {
    parts.push(
      promotion.total_limit === 1 ? say("one_time") : say("total_limit", { count: count(promotion.total_limit) }),
    );
  }
  if (promotion.budget) parts.push(say("budget", { budget: amount(promotion.budget, currency) }));
  if (names.campaign) parts.push(say("campaign", { campaign: names.campaign }));
  const text = parts.join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function when(translate: Translate, promotion: Promotion): string {
  const say = (key: string, options?: Record<string, unknown>) => translate(`console.summary.${key}`, options);
  const at = (value: string | null | undefined) => localText(value, promotion.time_zone);
  const sentences = [
    promotion.ends_at
      ? say("from_to", { from: at(promotion.starts_at), to: at(promotion.ends_at) })
      : say("from", { from: at(promotion.starts_at) }),
  ];
  const days = promotion.weekdays?.map((day) => translate(`console.weekdays.${day}`)).join(", ");
  const { hours } = promotion;
  if (days) sentences.push(say("weekdays", { days }));
  if (hours?.from && hours.to) sentences.push(say("hours", { from: hours.from, to: hours.to }));
  return sentences.join(" ");
}

/** A local time of an input, or one with an offset, as people write it. */
function localText(value: string | null | undefined, zone: string | undefined): string {
  if (!value) return "…";
  if (value.length > 16) return time(value, zone);
  // The clock of the zone is what was typed: shown as it is, and named.
  const text = time(`${value}:00Z`, "UTC").replace(/[,\s]*UTC$/, "");
  return zone ? `${text} (${zone})` : text;
}
