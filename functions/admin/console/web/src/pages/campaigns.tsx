import { type RaRecord, TextInput } from "react-admin";
import { useWatch } from "react-hook-form";
import { Facts, Section } from "../ui/Facts";
import { count, money } from "../ui/format";
import { History } from "../ui/History";
import { CreateForm, EditForm } from "../ui/ItemForms";
import { ItemList } from "../ui/ItemList";
import { ItemShow } from "../ui/ItemShow";
import { AmountInput, IntegerInput, StateInput, withAmounts } from "../ui/inputs";
import { Related } from "../ui/Related";
import { Status, Time } from "../ui/values";

interface Campaign extends RaRecord {
  title: string;
  status: string;
  currency: string;
  total_limit?: number | null;
  budget?: string | null;
  usage: { taken: number; discounts?: string | null };
  created_at: string;
}

const STATES = ["active", "paused", "archived"];

/** What is used, of how much. */
const uses = ({ usage, total_limit }: Campaign) =>
  total_limit ? `${count(usage.taken)} / ${count(total_limit)}` : count(usage.taken);

const spent = ({ usage, budget, currency }: Campaign) =>
  [usage.discounts, budget]
    .filter((amount) => amount !== null && amount !== undefined)
    .map((amount) => money({ amount: amount as string, currency }))
    .join(" / ");

export function CampaignList() {
  return (
    <ItemList<Campaign>
      create
      filters={[
        <TextInput key="title" source="title" alwaysOn />,
        <StateInput key="status" source="status" of="campaign" values={STATES} alwaysOn />,
      ]}
      columns={[
        { source: "title", sortable: true, render: ({ title }) => title },
        { source: "status", render: ({ status }) => <Status of="campaign" value={status} /> },
        { source: "uses", align: "right", render: uses },
        { source: "discounts", align: "right", render: spent },
      ]}
    />
  );
}

export function CampaignShow() {
  return (
    <ItemShow<Campaign> edit={({ status }) => status !== "archived"}>
      {(campaign) => (
        <>
          <Section title="console.sections.facts">
            <Facts
              items={[
                ["resources.campaigns.fields.status", <Status key="status" of="campaign" value={campaign.status} />],
                ["resources.campaigns.fields.uses", uses(campaign)],
                ["resources.campaigns.fields.discounts", spent(campaign)],
                ["resources.campaigns.fields.id", campaign.id],
                ["resources.campaigns.fields.created_at", <Time key="created" value={campaign.created_at} />],
              ]}
            />
          </Section>
          <Related resource="promotions" filter={{ campaign_id: campaign.id }} kind="promotions" />
          <History />
        </>
      )}
    </ItemShow>
  );
}

const transform = (values: Record<string, unknown>) => withAmounts(values, ["budget"]);

export function CampaignCreate() {
  return (
    <CreateForm transform={transform} defaults={{ currency: "RUB", status: "active" }}>
      <Inputs isNew />
    </CreateForm>
  );
}

export function CampaignEdit() {
  return (
    <EditForm transform={transform}>
      <Inputs />
    </EditForm>
  );
}

function Inputs({ isNew }: { isNew?: boolean }) {
  const currency = useWatch({ name: "currency" }) as string;
  return (
    <>
      <TextInput source="title" isRequired autoFocus={isNew} />
      <StateInput source="status" of="campaign" values={STATES} helperText="resources.campaigns.help.status" />
      <IntegerInput source="total_limit" helperText="resources.campaigns.help.total_limit" />
      <AmountInput source="budget" currency={currency} helperText="resources.campaigns.help.budget" />
      <TextInput source="currency" isRequired />
    </>
  );
}
