import AddIcon from "@mui/icons-material/Add";
import { Button, Typography } from "@mui/material";
import { Link, type RaRecord, SelectInput, TextInput, useGetList, useRecordContext, useTranslate } from "react-admin";
import { send } from "../../api/send";
import { PriceTable, SummaryText } from "../../promotions/Preview";
import type { Promotion } from "../../promotions/words";
import { AskButton } from "../../ui/AskDialog";
import { COLUMNS } from "../../ui/columns";
import { Facts, Section } from "../../ui/Facts";
import { count } from "../../ui/format";
import { History } from "../../ui/History";
import { ItemList } from "../../ui/ItemList";
import { ItemShow } from "../../ui/ItemShow";
import { StateInput, TariffInput } from "../../ui/inputs";
import { memberText } from "../../ui/memberText";
import { Related } from "../../ui/Related";
import { useIsAtLeast } from "../../ui/useRole";
import { Status, Time, TitleOf } from "../../ui/values";

export const STATES = ["draft", "active", "paused", "archived"];

function CampaignInput(props: { source: string }) {
  const { data = [] } = useGetList("campaigns", { pagination: { page: 1, perPage: 100 } });
  return (
    <SelectInput {...props} choices={data.map(({ id, title }) => ({ id, name: title }))} translateChoice={false} />
  );
}

export function PromotionList() {
  return (
    <ItemList
      create
      filters={[
        <TextInput key="title" source="title" alwaysOn />,
        <StateInput key="status" source="status" of="promotion" values={STATES} alwaysOn />,
        <TariffInput key="tariff" source="tariff" />,
        <CampaignInput key="campaign" source="campaign_id" />,
      ]}
      columns={COLUMNS.promotions}
    />
  );
}

export function PromotionShow() {
  const translate = useTranslate();
  const mayChange = useIsAtLeast("marketer");
  return (
    <ItemShow<RaRecord & Promotion> edit={({ status }) => status !== "archived"} actions={<Switch />}>
      {(promotion) => {
        const text = (name: string) => memberText(translate, name, promotion);
        const { usage } = promotion as RaRecord;
        return (
          <>
            <Section title="console.sections.summary" action={<Status of="promotion" value={promotion.status ?? ""} />}>
              <SummaryText promotion={promotion} />
              {promotion.status === "draft" && (
                <Typography color="text.secondary" sx={{ mt: 1 }}>
                  {translate("resources.promotions.help.is_draft")}
                </Typography>
              )}
            </Section>
            <Section title="console.sections.prices">
              <PriceTable promotion={promotion} />
            </Section>
            <Related
              resource="promocodes"
              filter={{ promotion_id: promotion.id }}
              kind="promocodes"
              action={
                mayChange && promotion.status !== "archived" ? (
                  <Button
                    component={Link}
                    to="/promocodes/create"
                    state={{ record: { promotion_id: promotion.id } }}
                    startIcon={<AddIcon />}
                  >
                    {translate("resources.promocodes.add")}
                  </Button>
                ) : undefined
              }
            />
            <Section title="console.sections.facts">
              <Facts
                items={[
                  [
                    "resources.promotions.fields.uses",
                    `${count(usage.taken)} / ${promotion.total_limit ? count(promotion.total_limit) : "∞"}`,
                  ],
                  [
                    "resources.promotions.fields.discounts",
                    usage.discounts && memberText(translate, "budget", { ...promotion, budget: usage.discounts }),
                  ],
                  ["resources.promotions.fields.budget", promotion.budget && text("budget")],
                  ["resources.promotions.fields.listed", text("listed")],
                  [
                    "resources.promotions.fields.campaign_id",
                    promotion.campaign_id && <TitleOf key="campaign" resource="campaigns" id={promotion.campaign_id} />,
                  ],
                  ["resources.promotions.fields.hold_minutes", count(promotion.hold_minutes)],
                  ["resources.promotions.fields.refund_returns_use", text("refund_returns_use")],
                  ["resources.promotions.fields.time_zone", promotion.time_zone],
                  ["resources.promotions.fields.id", promotion.id],
                  ["resources.promotions.fields.created_at", <Time key="created" value={promotion.created_at} />],
                ]}
              />
            </Section>
            <History />
          </>
        );
      }}
    </ItemShow>
  );
}

/** Starts, stops and resumes a promotion. */
function Switch() {
  const promotion = useRecordContext<RaRecord>();
  const mayChange = useIsAtLeast("marketer");
  if (!promotion || !mayChange || promotion.status === "archived") return null;
  const change = (status: string) => () =>
    send({
      method: "PATCH",
      path: `/admin/promotions/${promotion.id}`,
      body: { status },
      ifMatch: `"${promotion.version}"`,
    });
  return (
    <>
      {promotion.status === "active" && <AskButton name="pause" act={change("paused")} />}
      {promotion.status === "paused" && <AskButton name="resume" act={change("active")} />}
      {promotion.status === "draft" && <AskButton name="activate" act={change("active")} />}
      {promotion.status !== "draft" && <AskButton name="archive" final act={change("archived")} />}
    </>
  );
}
