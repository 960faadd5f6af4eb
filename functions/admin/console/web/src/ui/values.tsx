import { Chip, Tooltip } from "@mui/material";
import { Link, useGetOne, useTranslate } from "react-admin";
import { config } from "../config";
import { emailOf } from "../people";
import { shortId, time } from "./format";

const COLORS: Record<string, "success" | "warning" | "default" | "info" | "error"> = {
  active: "success",
  issued: "success",
  paid: "success",
  used: "success",
  succeeded: "success",
  current: "success",
  applied: "info",
  paying: "info",
  pending: "info",
  future: "info",
  paused: "warning",
  blocked: "error",
  failed: "error",
};

/** A state, in a word and a colour. */
export function Status({ value, of }: { value: string; of: string }) {
  const translate = useTranslate();
  return (
    <Chip
      size="small"
      variant="outlined"
      color={COLORS[value] ?? "default"}
      label={translate(`console.states.${of}.${value}`, { _: value })}
    />
  );
}

/** A time on the shop's clock; its zone in full is in the tooltip. */
export function Time({ value, zone }: { value: string | null | undefined; zone?: string }) {
  if (!value) return null;
  const text = time(value, zone);
  return (
    <Tooltip title={zone ?? config().time_zone}>
      <time dateTime={value} style={{ whiteSpace: "nowrap" }}>
        {text}
      </time>
    </Tooltip>
  );
}

/** A user: the e-mail address if this page has looked it up, otherwise the beginning of the ID. */
export function User({ id }: { id: string | null | undefined }) {
  if (!id) return null;
  return (
    <Link to={`/users/${id}`} title={id}>
      {emailOf(id) ?? shortId(id)}
    </Link>
  );
}

/** A member of staff, who is known by an ID. */
export function Member({ id }: { id: string | null | undefined }) {
  const translate = useTranslate();
  if (!id) return null;
  return <span title={id}>{emailOf(id) ?? translate("console.member", { id: shortId(id) })}</span>;
}

/** The title of an item of another resource, as a link. */
export function TitleOf({ resource, id }: { resource: string; id: number | string | null | undefined }) {
  const { data } = useGetOne(resource, { id: id ?? "" }, { enabled: id !== null && id !== undefined, retry: false });
  if (id === null || id === undefined) return null;
  return <Link to={`/${resource}/${id}/show`}>{data?.title ?? data?.promocode ?? `№ ${id}`}</Link>;
}
