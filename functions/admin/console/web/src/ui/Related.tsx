import { Button, Typography } from "@mui/material";
import type { ReactNode } from "react";
import { Link, type RaRecord, ResourceContextProvider, useGetList, useTranslate } from "react-admin";
import { COLUMNS, type Kind } from "./columns";
import { Section } from "./Facts";
import { ItemTable } from "./ItemTable";

interface Props {
  resource: string;
  filter: Record<string, unknown>;
  /** Which columns. */
  kind: Kind;
  /** A heading other than the resource's name. */
  title?: string;
  action?: ReactNode;
}

/** How many are shown here. */
const FEW = 10;

/** The newest items of another resource that belong to what the page is about. */
export function Related({ resource, filter, kind, title, action }: Props) {
  const translate = useTranslate();
  const { data, error, pageInfo, total, isPending } = useGetList<RaRecord>(resource, {
    filter,
    pagination: { page: 1, perPage: FEW },
    sort: { field: "id", order: "DESC" },
  });
  const heading = title ?? `resources.${resource}.name_many`;
  // The same in every row.
  const columns = COLUMNS[kind].filter(({ source }) => !(source in filter) && !(`${source}_id` in filter));
  const more = pageInfo?.hasNextPage || (total !== undefined && total > FEW);
  return (
    <Section title={heading} action={action}>
      {error && <Typography color="error">{error.message}</Typography>}
      {isPending && <Typography color="text.secondary">{translate("ra.page.loading")}…</Typography>}
      {data?.length === 0 && <Typography color="text.secondary">{translate("console.nothing_yet")}</Typography>}
      {data && data.length > 0 && (
        <ResourceContextProvider value={resource}>
          <ItemTable
            items={data}
            columns={columns}
            href={kind === "subscriptions" ? undefined : ({ id }) => `/${resource}/${id}/show`}
            label={translate(heading)}
          />
        </ResourceContextProvider>
      )}
      {more && (
        <Button
          component={Link}
          to={`/${resource}?filter=${encodeURIComponent(JSON.stringify(filter))}`}
          sx={{ mt: 1 }}
        >
          {translate("console.all_of_them")}
        </Button>
      )}
    </Section>
  );
}
