import { Box } from "@mui/material";
import { type RaRecord, TextInput, useTranslate } from "react-admin";
import { send } from "../api/send";
import { AskButton, reason } from "../ui/AskDialog";
import { COLUMNS } from "../ui/columns";
import { Facts, Section } from "../ui/Facts";
import { type Money, money, parseAmount } from "../ui/format";
import { ItemList } from "../ui/ItemList";
import { ItemShow } from "../ui/ItemShow";
import { ItemTable } from "../ui/ItemTable";
import { IntegerInput, StateInput, TariffInput } from "../ui/inputs";
import { useIsAtLeast } from "../ui/useRole";
import { Member, Status, Time, TitleOf, User } from "../ui/values";

const STATES = ["pending", "paid", "refunded", "revoked", "failed"];

interface Refund {
  refund_id: string;
  amount: Money;
  status: string;
  cause: string;
  created_at: string;
  ordered_by?: string | null;
  reason?: string | null;
  failure?: string | null;
}

export function PurchaseList() {
  const translate = useTranslate();
  return (
    <ItemList
      hint={translate("resources.purchases.hint")}
      filters={[
        <StateInput key="status" source="status" of="purchase" values={STATES} alwaysOn />,
        <TextInput key="user" source="user_id" alwaysOn />,
        <TariffInput key="tariff" source="tariff" />,
        <IntegerInput key="code" source="promocode_id" />,
      ]}
      columns={COLUMNS.purchases}
    />
  );
}

export function PurchaseShow() {
  return (
    <ItemShow<RaRecord>>
      {(purchase) => (
        <>
          <Section title="console.sections.facts" action={<Status of="purchase" value={purchase.status} />}>
            <Facts
              items={[
                ["resources.purchases.fields.user_id", <User key="user" id={purchase.user_id} />],
                ["resources.purchases.fields.tariff", <TitleOf key="tariff" resource="tariffs" id={purchase.tariff} />],
                ["resources.purchases.fields.price", money(purchase.price)],
                ["resources.purchases.fields.total", money(purchase.total)],
                ["resources.purchases.fields.refunded", purchase.refunded && money(purchase.refunded)],
                [
                  "resources.purchases.fields.promocode_id",
                  purchase.promocode_id && <TitleOf key="code" resource="promocodes" id={purchase.promocode_id} />,
                ],
                ["resources.purchases.fields.created_at", <Time key="created" value={purchase.created_at} />],
                [
                  "resources.purchases.fields.starts_at",
                  purchase.subscription && <Time key="starts" value={purchase.subscription.starts_at} />,
                ],
                [
                  "resources.purchases.fields.ends_at",
                  purchase.subscription && <Time key="ends" value={purchase.subscription.ends_at} />,
                ],
                [
                  "resources.purchases.fields.given_by",
                  purchase.given_by && <Member key="given" id={purchase.given_by} />,
                ],
                ["resources.purchases.fields.give_reason", purchase.give_reason],
                [
                  "resources.purchases.fields.revoked_by",
                  purchase.revoked_by && <Member key="revoked" id={purchase.revoked_by} />,
                ],
                ["resources.purchases.fields.revoke_reason", purchase.revoke_reason],
                ["resources.purchases.fields.failure", purchase.failure],
                ["resources.purchases.fields.payment_id", purchase.payment_id],
                ["resources.purchases.fields.id", <code key="id">{purchase.id}</code>],
              ]}
            />
            <Actions purchase={purchase} />
          </Section>
          <Refunds refunds={purchase.refunds as Refund[]} />
        </>
      )}
    </ItemShow>
  );
}

function Actions({ purchase }: { purchase: RaRecord }) {
  const isAdmin = useIsAtLeast("admin");
  const translate = useTranslate();
  if (!isAdmin) return null;
  const path = `/admin/purchases/${purchase.id}`;
  const refundable = purchase.status !== "failed" && purchase.status !== "pending" && Number(purchase.total.amount) > 0;
  const whole = purchase.refunded && Number(purchase.refunded.amount) >= Number(purchase.total.amount);
  return (
    <Box sx={{ display: "flex", gap: 1, mt: 2, flexWrap: "wrap" }}>
      {refundable && !whole && (
        <AskButton
          name="refund"
          final
          questions={[
            {
              name: "amount",
              label: "console.actions.refund.amount",
              help: translate("console.actions.refund.amount_help", { total: money(purchase.total) }),
            },
            reason(),
          ]}
          act={({ amount, reason }) =>
            send({ method: "POST", path: `${path}/refunds`, body: { amount: parseAmount(amount), reason } })
          }
        />
      )}
      {purchase.status === "paid" && (
        <AskButton
          name="revoke"
          final
          questions={[reason()]}
          act={(body) => send({ method: "POST", path: `${path}/revocation`, body })}
        />
      )}
    </Box>
  );
}

function Refunds({ refunds }: { refunds: Refund[] }) {
  const translate = useTranslate();
  if (refunds.length === 0) return null;
  const items = refunds.map((refund) => ({ ...refund, id: refund.refund_id }));
  return (
    <Section title="resources.refunds.name_many">
      <ItemTable
        items={items}
        label={translate("resources.refunds.name_many")}
        columns={[
          {
            source: "created_at",
            label: "resources.refunds.fields.created_at",
            render: ({ created_at }) => <Time value={created_at} />,
          },
          {
            source: "amount",
            label: "resources.refunds.fields.amount",
            align: "right",
            render: ({ amount }) => money(amount),
          },
          {
            source: "status",
            label: "resources.refunds.fields.status",
            render: ({ status }) => <Status of="refund" value={status} />,
          },
          {
            source: "reason",
            label: "resources.refunds.fields.reason",
            render: ({ reason, cause, failure }) => failure ?? reason ?? translate(`console.causes.${cause}`),
          },
          {
            source: "ordered_by",
            label: "resources.refunds.fields.ordered_by",
            render: ({ ordered_by }) => <Member id={ordered_by} />,
          },
        ]}
      />
    </Section>
  );
}
