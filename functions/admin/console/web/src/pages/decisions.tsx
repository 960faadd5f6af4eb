import { Typography } from "@mui/material";
import { type RaRecord, SelectInput, TextInput, useTranslate } from "react-admin";
import { COLUMNS } from "../ui/columns";
import { Facts, Section } from "../ui/Facts";
import { ItemList } from "../ui/ItemList";
import { ItemShow } from "../ui/ItemShow";
import { IntegerInput } from "../ui/inputs";
import { type Outcome, Outcomes } from "../ui/Outcomes";
import { RULES } from "../ui/rules";
import { Member, Status, Time, TitleOf, User } from "../ui/values";

interface Decision extends RaRecord {
  at: string;
  accepted: boolean;
  summary: string;
  user_id: string;
  promocode: string;
  promocode_id: number;
  promotion_id: number;
  promocode_version: number;
  tariff: number;
  applied_by?: string | null;
  reason?: string | null;
  outcomes: Outcome[];
}

export function DecisionList() {
  const translate = useTranslate();
  const verdicts = [
    { id: "true", name: translate("console.passed") },
    { id: "false", name: translate("console.refused") },
  ];
  const rules = RULES.map((id) => ({ id, name: translate(`console.rules.${id}`) }));
  return (
    <ItemList<Decision>
      hint={translate("resources.decisions.hint")}
      filters={[
        <TextInput key="promocode" source="promocode" alwaysOn autoComplete="off" />,
        <SelectInput key="accepted" source="accepted" choices={verdicts} translateChoice={false} alwaysOn />,
        <SelectInput key="reason" source="reason" choices={rules} translateChoice={false} />,
        <TextInput key="user" source="user_id" />,
        <IntegerInput key="promotion" source="promotion_id" />,
        <IntegerInput key="code" source="promocode_id" />,
      ]}
      columns={COLUMNS.decisions as never}
    />
  );
}

export function DecisionShow() {
  const translate = useTranslate();
  return (
    <ItemShow<Decision>>
      {(decision) => (
        <>
          <Section
            title="console.sections.summary"
            action={<Status of="verdict" value={decision.accepted ? "passed" : "refused"} />}
          >
            <Typography>{decision.summary}</Typography>
          </Section>
          <Section title="console.sections.rules">
            <Outcomes outcomes={decision.outcomes} />
          </Section>
          <Section title="console.sections.facts">
            <Facts
              items={[
                ["resources.decisions.fields.at", <Time key="at" value={decision.at} />],
                ["resources.decisions.fields.user_id", <User key="user" id={decision.user_id} />],
                [
                  "resources.decisions.fields.promocode",
                  <TitleOf key="code" resource="promocodes" id={decision.promocode_id} />,
                ],
                [
                  "resources.decisions.fields.promotion_id",
                  <TitleOf key="promotion" resource="promotions" id={decision.promotion_id} />,
                ],
                ["resources.decisions.fields.promocode_version", decision.promocode_version],
                ["resources.decisions.fields.tariff", <TitleOf key="tariff" resource="tariffs" id={decision.tariff} />],
                [
                  "resources.decisions.fields.applied_by",
                  decision.applied_by && <Member key="by" id={decision.applied_by} />,
                ],
                ["resources.decisions.fields.reason", decision.reason],
                ["resources.decisions.fields.id", <code key="id">{decision.id}</code>],
              ]}
            />
          </Section>
          <Typography variant="body2" color="text.secondary">
            {translate("resources.decisions.kept")}
          </Typography>
        </>
      )}
    </ItemShow>
  );
}
