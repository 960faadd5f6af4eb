import { useTranslate } from "react-admin";
import { audienceText, type Effect, effectText, hoursText, type Translate } from "../promotions/words";
import { money, time } from "./format";

type Values = Record<string, unknown>;

const AMOUNTS = ["price", "budget", "min_price"];
const TIMES = ["starts_at", "ends_at"];

/** The value of a member of a resource, in words. */
export function useMemberText(): (name: string, of: Values) => string {
  const translate = useTranslate();
  return (name, of) => memberText(translate, name, of);
}

/** The value of the member `name`, in words. */
export function memberText(translate: Translate, name: string, of: Values): string {
  const value = of[name];
  const currency = (of.currency as string | undefined) ?? "RUB";
  if (value === undefined || value === null) return translate("console.none");
  if (typeof value === "boolean") return translate(value ? "ra.boolean.true" : "ra.boolean.false");
  if (name === "effect") return effectText(translate, value as Effect, currency);
  if (name === "audience") return audienceText(translate, value as never);
  if (name === "hours") return hoursText(translate, value as never);
  if (name === "weekdays") return (value as string[]).map((day) => translate(`console.weekdays.${day}`)).join(", ");
  if (AMOUNTS.includes(name)) return money({ amount: String(value), currency });
  if (TIMES.includes(name)) return time(String(value), of.time_zone as string | undefined);
  if (name === "status" || name === "state") return translate(`console.states.any.${value}`, { _: String(value) });
  if (name === "per_user_period") return translate(`console.periods.${value}`);
  if (name === "first_purchase") return translate(`console.first_purchase.${value}`);
  if (Array.isArray(value)) return value.map((id) => `№ ${id}`).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
