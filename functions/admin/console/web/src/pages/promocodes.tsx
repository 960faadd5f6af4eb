import { Button } from "@mui/material";
import {
  AutocompleteInput,
  Link,
  type RaRecord,
  ReferenceInput,
  TextInput,
  useNotify,
  useRecordContext,
  useRefresh,
  useTranslate,
} from "react-admin";
import { send } from "../api/send";
import { findUser } from "../people";
import { COLUMNS } from "../ui/columns";
import { Facts, Section } from "../ui/Facts";
import { count } from "../ui/format";
import { History } from "../ui/History";
import { CreateForm, EditForm } from "../ui/ItemForms";
import { ItemList } from "../ui/ItemList";
import { ItemShow } from "../ui/ItemShow";
import { IntegerInput, LocalTimeInput, StateInput } from "../ui/inputs";
import { Related } from "../ui/Related";
import { useIsAtLeast } from "../ui/useRole";
import { Status, Time, User } from "../ui/values";

export function CodeList() {
  return (
    <ItemList
      create
      filters={[
        <TextInput
          key="begins_with"
          source="begins_with"
          label="resources.promocodes.fields.begins_with"
          alwaysOn
          autoComplete="off"
        />,
        <StateInput key="state" source="state" of="code" values={["issued", "disabled"]} alwaysOn />,
        <StateInput key="status" source="status" of="promotion" values={["draft", "active", "paused", "archived"]} />,
        <IntegerInput key="promotion" source="promotion_id" />,
      ]}
      columns={COLUMNS.promocodes}
    />
  );
}

export function CodeShow() {
  return (
    <ItemShow<RaRecord> edit={() => true} actions={<Switch />}>
      {(code) => (
        <>
          <Section title="console.sections.facts">
            <Facts
              items={[
                ["resources.promocodes.fields.promocode", <code key="code">{code.promocode}</code>],
                ["resources.promocodes.fields.state", <Status key="state" of="code" value={code.state} />],
                ["resources.promocodes.fields.promotion", <PromotionLink key="promotion" promotion={code.promotion} />],
                ["resources.promocodes.fields.uses", code.uses !== undefined && code.uses !== null && count(code.uses)],
                ["resources.promocodes.fields.max_uses", code.max_uses && count(code.max_uses)],
                ["resources.promocodes.fields.user_id", code.user_id && <User key="user" id={code.user_id} />],
                ["resources.promocodes.fields.ends_at", code.ends_at && <Time key="ends" value={code.ends_at} />],
                ["resources.promocodes.fields.id", code.id],
                ["resources.promocodes.fields.created_at", <Time key="created" value={code.created_at} />],
              ]}
            />
          </Section>
          <Related resource="applications" filter={{ promocode_id: code.id }} kind="applications" />
          <Related resource="decisions" filter={{ promocode_id: code.id }} kind="decisions" />
          <History />
        </>
      )}
    </ItemShow>
  );
}

function PromotionLink({ promotion }: { promotion: { promotion_id: number; title: string; status: string } }) {
  return (
    <>
      <Link to={`/promotions/${promotion.promotion_id}/show`}>{promotion.title}</Link>{" "}
      <Status of="promotion" value={promotion.status} />
    </>
  );
}

/** Withdraws a code, or issues it again. */
function Switch() {
  const code = useRecordContext<RaRecord>();
  const mayChange = useIsAtLeast("marketer");
  const translate = useTranslate();
  const notify = useNotify();
  const refresh = useRefresh();
  if (!code || !mayChange) return null;
  const state = code.state === "issued" ? "disabled" : "issued";
  const change = async () => {
    try {
      const path = `/admin/promocodes/${code.id}`;
      await send({ method: "PATCH", path, body: { state }, ifMatch: `"${code.version}"` });
      refresh();
    } catch (error) {
      notify((error as Error).message, { type: "error" });
    }
  };
  return <Button onClick={change}>{translate(`resources.promocodes.make_${state}`)}</Button>;
}

/** The user is typed as an e-mail address or an ID. */
async function transform({ user, ...values }: Record<string, unknown>) {
  const typed = typeof user === "string" ? user.trim() : "";
  const user_id = typed === "" ? null : await findUser(typed);
  // What can't be found is sent as it is, so that the API refuses it at its place.
  return { ...values, user_id: user_id === undefined ? typed : user_id };
}

export function CodeCreate() {
  return (
    <CreateForm transform={transform as never}>
      <ReferenceInput source="promotion_id" reference="promotions" perPage={50}>
        <AutocompleteInput optionText="title" filterToQuery={(title: string) => ({ title })} isRequired />
      </ReferenceInput>
      <Inputs />
    </CreateForm>
  );
}

export function CodeEdit() {
  return (
    <EditForm
      transform={transform as never}
      canDelete={({ promotion }) => (promotion as { status?: string })?.status === "draft"}
    >
      <StateInput source="state" of="code" values={["issued", "disabled"]} />
      <Inputs />
    </EditForm>
  );
}

function Inputs() {
  const record = useRecordContext();
  return (
    <>
      <TextInput source="promocode" isRequired helperText="resources.promocodes.help.promocode" autoComplete="off" />
      <IntegerInput source="max_uses" helperText="resources.promocodes.help.max_uses" />
      <TextInput source="user" defaultValue={record?.user_id ?? ""} helperText="resources.promocodes.help.user" />
      <LocalTimeInput source="ends_at" helperText="resources.promocodes.help.ends_at" />
    </>
  );
}
