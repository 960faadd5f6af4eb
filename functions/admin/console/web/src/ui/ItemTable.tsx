import {
  Box,
  Card,
  Table,
  TableBody,
  TableCell,
  TableHead,
  TableRow,
  TableSortLabel,
  Typography,
  useMediaQuery,
} from "@mui/material";
import type { Theme } from "@mui/material/styles";
import type { ReactNode } from "react";
import { Link, type RaRecord, useListContext, useResourceContext, useTranslate } from "react-admin";

/** A column of a table, and a line of the card that a narrow screen shows instead. */
export interface Column<T> {
  /** Names the member, the label and the order. */
  source: string;
  label?: string;
  sortable?: boolean;
  align?: "right";
  render: (record: T) => ReactNode;
}

interface Props<T> {
  items: T[];
  columns: Column<T>[];
  /** Where the first column leads. */
  href?: (record: T) => string;
  /** Names the table to screen readers. */
  label: string;
  sort?: { field: string; order: string };
  onSort?: (field: string) => void;
}

/** Items as a table, or as cards on a narrow screen. */
export function ItemTable<T extends { id: string | number }>(props: Props<T>) {
  const narrow = useMediaQuery((theme: Theme) => theme.breakpoints.down("md"));
  return narrow ? <Cards {...props} /> : <Rows {...props} />;
}

function useLabel() {
  const translate = useTranslate();
  const resource = useResourceContext();
  return ({ label, source }: { label?: string; source: string }) =>
    translate(label ?? `resources.${resource}.fields.${source}`);
}

function Rows<T extends { id: string | number }>({ items, columns, href, label, sort, onSort }: Props<T>) {
  const labelOf = useLabel();
  return (
    <Box sx={{ overflowX: "auto" }}>
      <Table size="small" aria-label={label}>
        <TableHead>
          <TableRow>
            {columns.map((column) => {
              const active = sort?.field === column.source;
              const direction = sort?.order === "DESC" ? "desc" : "asc";
              return (
                <TableCell
                  key={column.source}
                  align={column.align}
                  sx={{ whiteSpace: "nowrap" }}
                  sortDirection={active ? direction : false}
                >
                  {column.sortable && onSort ? (
                    <TableSortLabel
                      active={active}
                      direction={active ? direction : "asc"}
                      onClick={() => onSort(column.source)}
                    >
                      {labelOf(column)}
                    </TableSortLabel>
                  ) : (
                    labelOf(column)
                  )}
                </TableCell>
              );
            })}
          </TableRow>
        </TableHead>
        <TableBody>
          {items.map((item) => (
            <TableRow key={item.id} hover>
              {columns.map((column, at) => (
                <TableCell key={column.source} align={column.align} sx={{ verticalAlign: "top" }}>
                  {at === 0 && href ? <Link to={href(item)}>{column.render(item)}</Link> : column.render(item)}
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Box>
  );
}

function Cards<T extends { id: string | number }>({ items, columns, href, label }: Props<T>) {
  const labelOf = useLabel();
  const [first, ...others] = columns;
  if (!first) return null;
  return (
    <Box component="ul" aria-label={label} sx={{ listStyle: "none", p: 0, m: 0 }}>
      {items.map((item) => (
        <Card component="li" key={item.id} variant="outlined" sx={{ p: 1.5, mb: 1 }}>
          <Typography sx={{ fontWeight: 600, overflowWrap: "anywhere" }}>
            {href ? <Link to={href(item)}>{first.render(item)}</Link> : first.render(item)}
          </Typography>
          {others.map((column) => {
            const value = column.render(item);
            if (value === null || value === undefined || value === "" || value === false) return null;
            return (
              <Box key={column.source} sx={{ display: "flex", gap: 1, mt: 0.5, fontSize: "0.875rem" }}>
                <Box sx={{ color: "text.secondary", flex: "0 0 42%" }}>{labelOf(column)}</Box>
                <Box sx={{ minWidth: 0, overflowWrap: "anywhere" }}>{value}</Box>
              </Box>
            );
          })}
        </Card>
      ))}
    </Box>
  );
}

/** The items of the list around it. */
export function ListTable<T extends RaRecord>({
  columns,
  href,
}: {
  columns: Column<T>[];
  href?: (record: T) => string;
}) {
  const { data, sort, setSort, isPending, defaultTitle, filterValues } = useListContext<T>();
  const translate = useTranslate();
  if (isPending) return null;
  if (!data?.length) {
    return (
      <Typography sx={{ p: 3 }} color="text.secondary">
        {translate(Object.keys(filterValues ?? {}).length ? "console.nothing_found" : "console.nothing_yet")}
      </Typography>
    );
  }
  const onSort = (field: string) =>
    setSort({ field, order: sort.field === field && sort.order === "ASC" ? "DESC" : "ASC" });
  return (
    <ItemTable
      items={data}
      columns={columns}
      href={href}
      label={String(defaultTitle ?? "")}
      sort={sort}
      onSort={onSort}
    />
  );
}
