import { Table, TableBody, TableCell, TableHead, TableRow } from "@mui/material";
import { useTranslate } from "react-admin";
import { resource as describe } from "../api/resources";
import { useMemberText } from "./memberText";

type Values = Record<string, unknown>;

/** The members that differ, with both values in words. */
export function Differences({ resource, before, after }: { resource: string; before: Values; after: Values }) {
  const translate = useTranslate();
  const text = useMemberText();
  const { readOnly = [] } = describe(resource);
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])].filter(
    (name) => !readOnly.includes(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  return (
    <Table size="small">
      <TableHead>
        <TableRow>
          <TableCell>{translate("console.history.member")}</TableCell>
          <TableCell>{translate("console.history.before")}</TableCell>
          <TableCell>{translate("console.history.after")}</TableCell>
        </TableRow>
      </TableHead>
      <TableBody>
        {names.map((name) => (
          <TableRow key={name}>
            <TableCell component="th" scope="row">
              {translate(`resources.${resource}.fields.${name}`, { _: name })}
            </TableCell>
            <TableCell>{text(name, before)}</TableCell>
            <TableCell>{text(name, after)}</TableCell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}
