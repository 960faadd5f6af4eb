import AddIcon from "@mui/icons-material/Add";
import RemoveIcon from "@mui/icons-material/DeleteOutline";
import { Box, Button, Card, IconButton, Typography } from "@mui/material";
import type { ReactNode } from "react";
import {
  AutocompleteArrayInput,
  AutocompleteInput,
  BooleanInput,
  CheckboxGroupInput,
  RadioButtonGroupInput,
  ReferenceArrayInput,
  ReferenceInput,
  SelectInput,
  TextInput,
  useGetList,
  useTranslate,
} from "react-admin";
import { useFieldArray, useWatch } from "react-hook-form";
import { config } from "../../config";
import { PriceTable, SummaryText } from "../../promotions/Preview";
import type { Effect, Hours, Promotion } from "../../promotions/words";
import { parseAmount } from "../../ui/format";
import { CreateForm, EditForm } from "../../ui/ItemForms";
import { AmountInput, IntegerInput, LocalTimeInput, PercentInput, StateInput, withAmounts } from "../../ui/inputs";
import { STATES } from "./show";

type Values = Record<string, unknown>;

/** What each kind of effect has. */
const MEMBERS: Record<string, (keyof Effect)[]> = {
  percent_off: ["basis_points", "cap"],
  amount_off: ["amount"],
  fixed_price: ["price"],
  free: ["days"],
};

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** The body of a request. Members of an effect that is not chosen, and what was left empty, are not sent. */
export function transform(values: Values): Values {
  const body = withAmounts(values, ["min_price", "budget"]);
  const effect = (body.effect ?? {}) as Effect;
  const kept = MEMBERS[effect.kind ?? ""] ?? [];
  const amounts = {
    cap: parseAmount(effect.cap),
    amount: parseAmount(effect.amount),
    price: parseAmount(effect.price),
  };
  const members = { ...effect, ...amounts };
  const audience = body.audience as Promotion["audience"];
  const hours = body.hours as Hours | null | undefined;
  return {
    ...body,
    effect: Object.fromEntries(["kind", ...kept].map((name) => [name, members[name as keyof Effect]])),
    audience: audience?.kind === "groups" ? { kind: "groups", group_ids: audience.group_ids ?? [] } : { kind: "all" },
    hours: hours?.from || hours?.to ? { from: hours.from ?? "", to: hours.to ?? "" } : null,
    weekdays: emptyToNull(body.weekdays),
    tariffs: emptyToNull(body.tariffs),
  };
}

const emptyToNull = (list: unknown): unknown => (Array.isArray(list) && list.length === 0 ? null : list);

const today = (): string => {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: config().time_zone, dateStyle: "short" });
  return `${parts.format(new Date())}T00:00`;
};

export function PromotionCreate() {
  return (
    <CreateForm
      transform={transform}
      defaults={{
        status: "draft",
        currency: "RUB",
        effect: { kind: "percent_off" },
        audience: { kind: "all" },
        listed: false,
        time_zone: config().time_zone,
        starts_at: today(),
        per_user_limit: 1,
        per_user_period: "lifetime",
        hold_minutes: 30,
        refund_returns_use: true,
        promocodes: [{ promocode: "" }],
      }}
    >
      <Fields isNew />
    </CreateForm>
  );
}

export function PromotionEdit() {
  return (
    <EditForm transform={transform} canDelete={({ status }) => status === "draft"}>
      <Fields />
    </EditForm>
  );
}

function Fields({ isNew }: { isNew?: boolean }) {
  return (
    <Box
      sx={{ display: "flex", gap: 3, alignItems: "flex-start", width: "100%", flexWrap: { xs: "wrap", lg: "nowrap" } }}
    >
      <Box sx={{ flex: "1 1 480px", minWidth: 0 }}>
        <TextInput source="title" isRequired autoFocus={isNew} helperText="resources.promotions.help.title" />
        <What />
        <Who />
        <When />
        <HowOften />
        <Limits />
        {isNew && <Codes />}
        <Part title="launch">
          <StateInput source="status" of="promotion" values={STATES} helperText="resources.promotions.help.status" />
        </Part>
      </Box>
      <Preview />
    </Box>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  const translate = useTranslate();
  return (
    <Box component="fieldset" sx={{ border: 0, p: 0, m: 0, mt: 2, minWidth: 0 }}>
      <Typography component="legend" variant="h6" sx={{ mb: 1 }}>
        {translate(`resources.promotions.parts.${title}`)}
      </Typography>
      {children}
    </Box>
  );
}

function What() {
  const translate = useTranslate();
  const kind = useWatch({ name: "effect.kind" }) as string;
  const currency = useWatch({ name: "currency" }) as string;
  const kinds = Object.keys(MEMBERS).map((id) => ({ id, name: translate(`console.effect_kinds.${id}`) }));
  return (
    <Part title="what">
      <RadioButtonGroupInput
        source="effect.kind"
        choices={kinds}
        translateChoice={false}
        label="resources.promotions.fields.effect"
        helperText={false}
      />
      {kind === "percent_off" && (
        <Row>
          <PercentInput source="effect.basis_points" isRequired helperText={false} />
          <AmountInput source="effect.cap" currency={currency} helperText="resources.promotions.help.cap" />
        </Row>
      )}
      {kind === "amount_off" && <AmountInput source="effect.amount" isRequired currency={currency} />}
      {kind === "fixed_price" && <AmountInput source="effect.price" isRequired currency={currency} />}
      {kind === "free" && <IntegerInput source="effect.days" isRequired helperText="resources.promotions.help.days" />}
      <Tariffs />
      <Row>
        <AmountInput source="min_price" currency={currency} helperText="resources.promotions.help.min_price" />
        <TextInput source="currency" helperText="resources.promotions.help.currency" />
      </Row>
    </Part>
  );
}

function Tariffs() {
  const { data = [] } = useGetList("tariffs", {
    pagination: { page: 1, perPage: 100 },
    filter: { status: "active" },
    sort: { field: "title", order: "ASC" },
  });
  return (
    <CheckboxGroupInput
      source="tariffs"
      choices={data.map(({ id, title }) => ({ id, name: title }))}
      translateChoice={false}
      helperText="resources.promotions.help.tariffs"
    />
  );
}

function Who() {
  const translate = useTranslate();
  const kind = useWatch({ name: "audience.kind" }) as string;
  const choice = (id: string) => ({ id, name: translate(`console.audience_kinds.${id}`) });
  const first = ["none", "paid", "any"].map((id) => ({ id, name: translate(`console.first_purchase.${id}`) }));
  return (
    <Part title="who">
      <RadioButtonGroupInput
        source="audience.kind"
        choices={[choice("all"), choice("groups")]}
        translateChoice={false}
        helperText={false}
      />
      {kind === "groups" && (
        <ReferenceArrayInput source="audience.group_ids" reference="groups" perPage={100}>
          <AutocompleteArrayInput
            optionText="title"
            filterToQuery={(title: string) => ({ title })}
            helperText="resources.promotions.help.groups"
          />
        </ReferenceArrayInput>
      )}
      <SelectInput
        source="first_purchase"
        choices={first}
        translateChoice={false}
        isRequired
        format={(value: string | null | undefined) => value ?? "none"}
        parse={(value: string) => (value === "none" ? null : value)}
        helperText={false}
      />
      <BooleanInput source="listed" helperText="resources.promotions.help.listed" />
    </Part>
  );
}

function When() {
  const translate = useTranslate();
  const days = WEEKDAYS.map((id) => ({ id, name: translate(`console.weekdays.${id}`) }));
  return (
    <Part title="when">
      <Row>
        <LocalTimeInput source="starts_at" isRequired helperText={false} />
        <LocalTimeInput source="ends_at" helperText="resources.promotions.help.ends_at" />
      </Row>
      <TextInput source="time_zone" helperText="resources.promotions.help.time_zone" />
      <CheckboxGroupInput
        source="weekdays"
        choices={days}
        translateChoice={false}
        helperText="resources.promotions.help.weekdays"
      />
      <Row>
        <TimeOfDay source="hours.from" />
        <TimeOfDay source="hours.to" helperText="resources.promotions.help.hours" />
      </Row>
    </Part>
  );
}

function TimeOfDay(props: { source: string; helperText?: string }) {
  return (
    <TextInput
      helperText={false}
      {...props}
      type="time"
      parse={(text: string) => text || null}
      slotProps={{ inputLabel: { shrink: true } }}
    />
  );
}

function HowOften() {
  const translate = useTranslate();
  const periods = ["lifetime", "day", "week", "month"].map((id) => ({ id, name: translate(`console.periods.${id}`) }));
  return (
    <Part title="how_often">
      <Row>
        <IntegerInput source="per_user_limit" helperText="resources.promotions.help.per_user_limit" />
        <SelectInput source="per_user_period" choices={periods} translateChoice={false} helperText={false} />
      </Row>
      <IntegerInput source="hold_minutes" helperText="resources.promotions.help.hold_minutes" />
      <BooleanInput source="refund_returns_use" helperText={false} />
    </Part>
  );
}

function Limits() {
  const currency = useWatch({ name: "currency" }) as string;
  return (
    <Part title="limits">
      <Row>
        <IntegerInput source="total_limit" helperText="resources.promotions.help.total_limit" />
        <AmountInput source="budget" currency={currency} helperText="resources.promotions.help.budget" />
      </Row>
      <ReferenceInput source="campaign_id" reference="campaigns" perPage={100}>
        <AutocompleteInput
          optionText="title"
          filterToQuery={(title: string) => ({ title })}
          helperText="resources.promotions.help.campaign"
        />
      </ReferenceInput>
    </Part>
  );
}

function Codes() {
  const { fields, append, remove } = useFieldArray({ name: "promocodes" });
  const translate = useTranslate();
  return (
    <Part title="codes">
      {fields.map((field, at) => (
        <Box key={field.id} sx={{ display: "flex", gap: 1, alignItems: "flex-start" }}>
          <TextInput
            source={`promocodes.${at}.promocode`}
            label="resources.promocodes.fields.promocode"
            helperText={at === 0 ? "resources.promocodes.help.promocode" : false}
            autoComplete="off"
          />
          <IntegerInput
            source={`promocodes.${at}.max_uses`}
            label="resources.promocodes.fields.max_uses"
            helperText={false}
          />
          <IconButton onClick={() => remove(at)} aria-label={translate("ra.action.remove")} sx={{ mt: 1.5 }}>
            <RemoveIcon />
          </IconButton>
        </Box>
      ))}
      <Button startIcon={<AddIcon />} onClick={() => append({ promocode: "" })}>
        {translate("resources.promocodes.add")}
      </Button>
    </Part>
  );
}

function Row({ children }: { children: ReactNode }) {
  return (
    <Box sx={{ display: "flex", columnGap: 2, flexWrap: { xs: "wrap", sm: "nowrap" }, "& > *": { flex: "1 1 200px" } }}>
      {children}
    </Box>
  );
}

/** What the promotion says and does as it is typed. */
function Preview() {
  const promotion = useWatch() as Promotion;
  const translate = useTranslate();
  return (
    <Card
      component="aside"
      aria-label={translate("console.sections.preview")}
      variant="outlined"
      sx={{ p: 2, flex: "1 1 340px", position: { lg: "sticky" }, top: { lg: 72 }, minWidth: 0 }}
    >
      <Typography variant="h6" component="h2" gutterBottom>
        {translate("console.sections.summary")}
      </Typography>
      <SummaryText promotion={promotion} />
      <Typography variant="h6" component="h2" sx={{ mt: 2, mb: 1 }}>
        {translate("console.sections.prices")}
      </Typography>
      <PriceTable promotion={promotion} />
    </Card>
  );
}
