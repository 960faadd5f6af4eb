import { type RaRecord, TextInput } from "react-admin";
import { useWatch } from "react-hook-form";
import { Facts, Section } from "../ui/Facts";
import { count, money } from "../ui/format";
import { History } from "../ui/History";
import { CreateForm, EditForm } from "../ui/ItemForms";
import { ItemList } from "../ui/ItemList";
import { ItemShow } from "../ui/ItemShow";
import { AmountInput, IntegerInput, StateInput, withAmounts } from "../ui/inputs";
import { Status, Time } from "../ui/values";

interface Tariff extends RaRecord {
  title: string;
  price: string;
  currency: string;
  period_months: number;
  status: string;
  created_at: string;
}

const STATES = ["active", "archived"];

export function TariffList() {
  return (
    <ItemList<Tariff>
      create
      filters={[
        <TextInput key="title" source="title" alwaysOn />,
        <StateInput key="status" source="status" of="tariff" values={STATES} alwaysOn />,
      ]}
      columns={[
        { source: "title", sortable: true, render: ({ title }) => title },
        {
          source: "price",
          sortable: true,
          align: "right",
          render: ({ price, currency }) => money({ amount: price, currency }),
        },
        { source: "period_months", align: "right", render: ({ period_months }) => count(period_months) },
        { source: "status", render: ({ status }) => <Status of="tariff" value={status} /> },
      ]}
    />
  );
}

export function TariffShow() {
  return (
    <ItemShow<Tariff> edit={() => true}>
      {(tariff) => (
        <>
          <Section title="console.sections.facts">
            <Facts
              items={[
                ["resources.tariffs.fields.price", money({ amount: tariff.price, currency: tariff.currency })],
                ["resources.tariffs.fields.period_months", count(tariff.period_months)],
                ["resources.tariffs.fields.status", <Status key="status" of="tariff" value={tariff.status} />],
                ["resources.tariffs.fields.id", tariff.id],
                ["resources.tariffs.fields.created_at", <Time key="created" value={tariff.created_at} />],
              ]}
            />
          </Section>
          <History />
        </>
      )}
    </ItemShow>
  );
}

const transform = (values: Record<string, unknown>) => withAmounts(values, ["price"]);

export function TariffCreate() {
  return (
    <CreateForm transform={transform} defaults={{ currency: "RUB", period_months: 1, status: "active" }}>
      <Inputs isNew />
    </CreateForm>
  );
}

export function TariffEdit() {
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
      <AmountInput source="price" isRequired currency={currency} />
      {isNew && <TextInput source="currency" isRequired />}
      <IntegerInput source="period_months" isRequired />
      <StateInput source="status" of="tariff" values={STATES} helperText="resources.tariffs.help.status" />
    </>
  );
}
