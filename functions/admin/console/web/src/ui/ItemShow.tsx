import { Box } from "@mui/material";
import type { ReactNode } from "react";
import {
  EditButton,
  type RaRecord,
  Show,
  TopToolbar,
  useCanAccess,
  useRecordContext,
  useResourceContext,
} from "react-admin";

interface Props<T> {
  children: (record: T) => ReactNode;
  /** Whether the console can change it. */
  edit?: (record: T) => boolean;
  /** Beside the button that changes it. */
  actions?: ReactNode;
}

/** A page about one item. */
export function ItemShow<T extends RaRecord>({ children, edit, actions }: Props<T>) {
  return (
    <Show component={Box} actions={<Actions edit={edit} actions={actions} />} sx={{ "& .RaShow-main": { mt: 0 } }}>
      <Content>{children}</Content>
    </Show>
  );
}

function Content<T extends RaRecord>({ children }: { children: (record: T) => ReactNode }) {
  const record = useRecordContext<T>();
  return record ? children(record) : null;
}

function Actions<T extends RaRecord>({ edit, actions }: Pick<Props<T>, "edit" | "actions">) {
  const resource = useResourceContext() ?? "";
  const record = useRecordContext<T>();
  const { canAccess } = useCanAccess({ resource, action: "edit" });
  return (
    <TopToolbar sx={{ flexWrap: "wrap", gap: 1 }}>
      {actions}
      {record && edit?.(record) && canAccess && <EditButton />}
    </TopToolbar>
  );
}
