import { Link, type RaRecord, SelectInput, TextInput, useTranslate } from "react-admin";
import { time } from "../ui/format";
import { ItemList } from "../ui/ItemList";
import { LocalTimeInput } from "../ui/inputs";
import { valueText } from "../ui/Outcomes";
import { Member, User } from "../ui/values";

/** Resources of the audit log, with the pages that the console has for them. */
const PAGES: Record<string, string | undefined> = {
  tariff: "tariffs",
  campaign: "campaigns",
  promotion: "promotions",
  promo_code: "promocodes",
  group: "groups",
  user: undefined,
  application: "applications",
  purchase: "purchases",
  refund: undefined,
  subscription: "purchases",
};

const periods = [<LocalTimeInput key="from" source="from" />, <LocalTimeInput key="to" source="to" />];

/** Who changed what is offered, and what was done for users. */
export function AuditList() {
  const translate = useTranslate();
  const resources = Object.keys(PAGES).map((id) => ({ id, name: translate(`console.audited.${id}`) }));
  return (
    <ItemList
      hint={translate("resources.audit.hint")}
      filters={[
        <SelectInput key="resource" source="resource" choices={resources} translateChoice={false} alwaysOn />,
        <TextInput key="user" source="user_id" />,
        <TextInput key="actor" source="actor_id" />,
        <TextInput key="id" source="resource_id" />,
        ...periods,
      ]}
      href={({ resource, resource_id }) => pageOf(resource, resource_id)}
      columns={[
        { source: "at", render: ({ at }) => time(at) },
        { source: "action", render: (item) => <What item={item} /> },
        { source: "actor_id", render: ({ actor_id }) => <Member id={actor_id} /> },
        { source: "user_id", render: ({ user_id }) => user_id && <User id={user_id} /> },
        { source: "reason", render: ({ reason }) => reason },
        { source: "details", render: ({ details }) => valueText(translate, details) },
      ]}
    />
  );
}

const pageOf = (resource: string, id: string): string => {
  const page = PAGES[resource];
  return page ? `/${page}/${id}/show` : "/audit";
};

function What({ item }: { item: RaRecord }) {
  const translate = useTranslate();
  const what = translate(`console.audited.${item.resource}`, { _: item.resource });
  const name = `${what} ${String(item.resource_id).slice(0, 8)}`;
  const action = translate(`console.done_to.${item.action}`, { _: item.action });
  return (
    <>
      {action}: {PAGES[item.resource] ? <Link to={pageOf(item.resource, item.resource_id)}>{name}</Link> : name}
    </>
  );
}

/** Who looked accounts up, blocked them, or gave roles: for administrators. */
export function AccountList() {
  const translate = useTranslate();
  const actions = ["look_up", "set_status", "set_role"].map((id) => ({ id, name: translate(`console.done_to.${id}`) }));
  return (
    <ItemList
      hint={translate("resources.accounts.hint")}
      filters={[
        <SelectInput key="action" source="action" choices={actions} translateChoice={false} alwaysOn />,
        <TextInput key="user" source="user_id" />,
        <TextInput key="actor" source="actor_id" />,
        ...periods,
      ]}
      href={({ user_id }) => `/users/${user_id}`}
      columns={[
        { source: "at", render: ({ at }) => time(at) },
        { source: "action", render: ({ action }) => translate(`console.done_to.${action}`, { _: action }) },
        { source: "user_id", render: ({ user_id }) => user_id && <User id={user_id} /> },
        { source: "actor_id", render: ({ actor_id }) => <Member id={actor_id} /> },
        {
          source: "change",
          render: ({ before, after }) =>
            before || after ? `${valueText(translate, before)} → ${valueText(translate, after)}` : "",
        },
      ]}
    />
  );
}
