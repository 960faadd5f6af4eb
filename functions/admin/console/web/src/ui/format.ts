import { config } from "../config";
import { language } from "../i18n/language";

/** An amount of money, as the API has it. */
export interface Money {
  amount: string;
  currency: string;
}

/** An amount as people write it: `1 299,00 ₽`. Kopecks are left out where there are none. */
export function money({ amount, currency }: Money): string {
  const whole = /^-?\d+(\.0+)?$/.test(amount);
  const format = new Intl.NumberFormat(language(), {
    style: "currency",
    currency,
    minimumFractionDigits: whole ? 0 : 2,
    maximumFractionDigits: 2,
  });
  // As a text, since a number would lose the last digits of a large amount.
  return format.format(amount as never);
}

/** What the API understands of an amount that was typed: `1 299,5` is `1299.50`. Anything else is left to it. */
export function parseAmount(text: string | null | undefined): string | null {
  const compact = (text ?? "").replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  if (compact === "") return null;
  const match = /^(\d+)(?:\.(\d{0,2}))?$/.exec(compact);
  return match ? `${match[1]}.${(match[2] ?? "").padEnd(2, "0")}` : (text ?? "").trim();
}

/** Hundredths of a percent as people write them: 1250 is `12,5 %`. */
export function percent(basisPoints: number): string {
  return new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: 2 }).format(basisPoints / 10_000);
}

/** Hundredths of a percent of a percentage that was typed. */
export function parsePercent(text: string): number | string | null {
  const compact = text.replace(",", ".").replace("%", "").trim();
  if (compact === "") return null;
  const hundredths = Number(compact) * 100;
  return Number.isFinite(hundredths) ? Math.round(hundredths) : text;
}

/** An integer, or what was typed instead of one, about which the API complains. */
export function parseInteger(text: string): number | string | null {
  const compact = text.replace(/[\s\u00a0\u202f]/g, "");
  if (compact === "") return null;
  return /^-?\d{1,15}$/.test(compact) ? Number(compact) : text;
}

/** A number as people write it. */
export const count = (value: number): string => new Intl.NumberFormat(language()).format(value);

/** A time on the shop's clock, with its zone. */
export function time(value: string, zone: string = config().time_zone): string {
  const russian = language() === "ru";
  return new Intl.DateTimeFormat(russian ? "ru" : "en-GB", {
    day: russian ? "2-digit" : "numeric",
    month: russian ? "2-digit" : "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZone: zone,
    timeZoneName: "short",
  }).format(new Date(value));
}

/** The local part of a time with an offset, for an input: `2026-03-01T00:00:00+03:00` is `2026-03-01T00:00`. */
export const localPart = (value: string | null | undefined): string | null => value?.slice(0, 16) ?? null;

/** The instant of a local time on the shop's clock. Where clocks are put back, the first of two. */
export function shopInstant(local: string, zone: string = config().time_zone): string {
  const asUtc = Date.parse(`${local}Z`);
  const offset = (at: number): number => {
    const parts = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    }).formatToParts(at);
    const part = (type: string) => Number(parts.find((found) => found.type === type)?.value);
    const there = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
    return there - Math.floor(at / 1000) * 1000;
  };
  const guess = asUtc - offset(asUtc);
  return new Date(asUtc - offset(guess)).toISOString();
}

/** The beginning of an ID, which is enough to tell a few apart. */
export const shortId = (id: string): string => id.slice(0, 8);
