import type { RaRecord } from "react-admin";
import { useTranslate } from "react-admin";
import { type Effect, effectText } from "../promotions/words";
import { count, money, time } from "./format";
import type { Column } from "./ItemTable";
import { Status, Time, TitleOf, User } from "./values";

/** Lists that stand on the pages of others, too. */
export type Kind =
  | "promotions"
  | "promocodes"
  | "applications"
  | "purchases"
  | "decisions"
  | "subscriptions"
  | "groups";

function EffectText({ of }: { of: RaRecord }) {
  const translate = useTranslate();
  return <>{effectText(translate, of.effect as Effect, of.currency)}</>;
}

/** Whether a decision let the code pass. */
export function Verdict({ passed }: { passed: boolean }) {
  const translate = useTranslate();
  return (
    <span style={{ whiteSpace: "nowrap" }}>
      <span aria-hidden="true">{passed ? "✓" : "✗"}</span> {translate(passed ? "console.passed" : "console.refused")}
    </span>
  );
}

function Refusals({ of }: { of: RaRecord }) {
  const translate = useTranslate();
  const refusals = (of.outcomes as { rule: string; passed: boolean }[]).filter(({ passed }) => !passed);
  return <>{refusals.map(({ rule }) => translate(`console.rules.${rule}`, { _: rule })).join(", ")}</>;
}

const usesOf = (taken: number | null | undefined, limit: number | null | undefined) => {
  if (taken === null || taken === undefined) return limit ? `… / ${count(limit)}` : null;
  return limit ? `${count(taken)} / ${count(limit)}` : count(taken);
};

/** The columns of these lists, by kind. */
export const COLUMNS: Record<Kind, Column<RaRecord>[]> = {
  promotions: [
    { source: "title", sortable: true, render: ({ title }) => title },
    { source: "status", render: ({ status }) => <Status of="promotion" value={status} /> },
    { source: "effect", render: (promotion) => <EffectText of={promotion} /> },
    {
      source: "starts_at",
      sortable: true,
      render: ({ starts_at, time_zone }) => <Time value={starts_at} zone={time_zone} />,
    },
    { source: "ends_at", render: ({ ends_at, time_zone }) => ends_at && <Time value={ends_at} zone={time_zone} /> },
    { source: "uses", align: "right", render: ({ usage, total_limit }) => usesOf(usage?.taken, total_limit) },
  ],
  promocodes: [
    { source: "promocode", render: ({ promocode }) => <code>{promocode}</code> },
    { source: "state", render: ({ state }) => <Status of="code" value={state} /> },
    { source: "promotion", render: ({ promotion }) => promotion?.title },
    { source: "user_id", render: ({ user_id }) => user_id && <User id={user_id} /> },
    { source: "uses", align: "right", render: ({ uses, max_uses }) => usesOf(uses, max_uses) },
    { source: "ends_at", render: ({ ends_at }) => ends_at && <Time value={ends_at} /> },
  ],
  applications: [
    { source: "promocode", render: ({ promocode }) => <code>{promocode}</code> },
    { source: "state", render: ({ state }) => <Status of="application" value={state} /> },
    { source: "user_id", render: ({ user_id }) => user_id && <User id={user_id} /> },
    { source: "tariff", render: ({ tariff_title }) => tariff_title },
    { source: "total", align: "right", render: ({ total }) => money(total) },
    { source: "created_at", render: ({ created_at }) => <Time value={created_at} /> },
    { source: "expires_at", render: ({ expires_at, state }) => state === "applied" && <Time value={expires_at} /> },
  ],
  purchases: [
    { source: "created_at", render: ({ created_at }) => time(created_at) },
    { source: "status", render: ({ status }) => <Status of="purchase" value={status} /> },
    { source: "user_id", render: ({ user_id }) => user_id && <User id={user_id} /> },
    { source: "tariff", render: ({ tariff }) => <TitleOf resource="tariffs" id={tariff} /> },
    { source: "total", align: "right", render: ({ total }) => money(total) },
    { source: "refunded", align: "right", render: ({ refunded }) => refunded && money(refunded) },
  ],
  decisions: [
    { source: "at", render: ({ at }) => time(at) },
    { source: "promocode", render: ({ promocode }) => <code>{promocode}</code> },
    { source: "accepted", render: ({ accepted }) => <Verdict passed={accepted} /> },
    { source: "outcomes", render: (decision) => <Refusals of={decision} /> },
    { source: "user_id", render: ({ user_id }) => user_id && <User id={user_id} /> },
    { source: "tariff", render: ({ tariff }) => <TitleOf resource="tariffs" id={tariff} /> },
  ],
  subscriptions: [
    { source: "tariff", render: ({ title }) => title },
    { source: "status", render: ({ status }) => <Status of="subscription" value={status} /> },
    { source: "starts_at", render: ({ starts_at }) => <Time value={starts_at} /> },
    { source: "ends_at", render: ({ ends_at }) => ends_at && <Time value={ends_at} /> },
    { source: "origin", render: ({ origin }) => <Status of="origin" value={origin} /> },
  ],
  groups: [
    { source: "title", sortable: true, render: ({ title }) => title },
    { source: "members", align: "right", render: ({ members }) => count(members) },
  ],
};
