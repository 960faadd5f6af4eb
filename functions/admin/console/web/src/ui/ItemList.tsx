import { Box, Typography } from "@mui/material";
import type { ReactElement, ReactNode } from "react";
import {
  CreateButton,
  FilterButton,
  List,
  type RaRecord,
  TopToolbar,
  useCanAccess,
  useResourceContext,
  useTranslate,
} from "react-admin";
import { type Column, ListTable } from "./ItemTable";
import { Pages } from "./Pages";

interface Props<T> {
  columns: Column<T>[];
  filters?: ReactElement[];
  href?: (record: T) => string;
  /** Whether the console can create items. */
  create?: boolean;
  /** Said above the list. */
  hint?: ReactNode;
  sort?: { field: string; order: "ASC" | "DESC" };
}

/** A list as all pages have it: filters, a table or cards, pages. */
export function ItemList<T extends RaRecord>({ columns, filters, href, create, hint, sort }: Props<T>) {
  const resource = useResourceContext() ?? "";
  return (
    <List
      filters={filters}
      exporter={false}
      perPage={25}
      pagination={<Pages />}
      sort={sort ?? { field: "id", order: "DESC" }}
      actions={<Actions create={create} filters={filters?.some((filter) => !isAlwaysOn(filter))} />}
      empty={create ? <Empty resource={resource} /> : false}
      sx={{ "& .RaList-content": { p: { xs: 1, md: 0 }, overflow: "hidden" } }}
    >
      {hint && (
        <Typography variant="body2" color="text.secondary" sx={{ px: { xs: 1, md: 2 }, py: 1.5 }}>
          {hint}
        </Typography>
      )}
      <ListTable columns={columns} href={href ?? ((record) => `/${resource}/${record.id}/show`)} />
    </List>
  );
}

const isAlwaysOn = (filter: ReactElement): boolean => Boolean((filter.props as { alwaysOn?: boolean }).alwaysOn);

function Actions({ create, filters }: { create?: boolean; filters?: boolean }) {
  const resource = useResourceContext() ?? "";
  const { canAccess } = useCanAccess({ resource, action: "create" });
  return (
    <TopToolbar>
      {filters && <FilterButton />}
      {create && canAccess && <CreateButton />}
    </TopToolbar>
  );
}

/** What to do first, where there is nothing yet. */
function Empty({ resource }: { resource: string }) {
  const translate = useTranslate();
  const { canAccess } = useCanAccess({ resource, action: "create" });
  return (
    <Box sx={{ textAlign: "center", p: 4, width: "100%" }}>
      <Typography variant="h6" gutterBottom>
        {translate(`resources.${resource}.empty`)}
      </Typography>
      <Typography color="text.secondary" sx={{ mb: 2 }}>
        {translate(`resources.${resource}.invite`)}
      </Typography>
      {canAccess && <CreateButton variant="contained" />}
    </Box>
  );
}
