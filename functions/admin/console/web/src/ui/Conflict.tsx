import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Typography } from "@mui/material";
import { useEffect, useState } from "react";
import { type RaRecord, useDataProvider, useRecordContext, useResourceContext, useTranslate } from "react-admin";
import { useFormContext } from "react-hook-form";
import { resource as describe } from "../api/resources";
import { Differences } from "./Differences";

/** Shows what somebody else has changed since the form was filled, and lets the person take that over or insist. */
export function Conflict({ open, onClose }: { open: boolean; onClose: () => void }) {
  const resource = useResourceContext() ?? "";
  const record = useRecordContext<RaRecord>();
  const form = useFormContext();
  const dataProvider = useDataProvider();
  const translate = useTranslate();
  const [theirs, setTheirs] = useState<RaRecord>();

  useEffect(() => {
    if (!open || !record) return;
    dataProvider.getOne(resource, { id: record.id }).then(({ data }) => setTheirs(data));
  }, [open, record, resource, dataProvider]);

  if (!open || !theirs || !record) return null;
  const takeTheirs = () => {
    form.reset(theirs);
    onClose();
  };
  /** What this person has changed stays, on top of what the other one has. */
  const keepMine = () => {
    const mine = form.getValues();
    const { readOnly = [] } = describe(resource);
    const changed = Object.keys(mine).filter(
      (name) => !readOnly.includes(name) && JSON.stringify(mine[name]) !== JSON.stringify(record[name]),
    );
    form.reset(theirs);
    for (const name of changed) form.setValue(name, mine[name], { shouldDirty: true });
    form.setValue("version", theirs.version);
    onClose();
  };
  return (
    <Dialog open maxWidth="md" fullWidth aria-labelledby="conflict">
      <DialogTitle id="conflict">{translate("console.conflict.title")}</DialogTitle>
      <DialogContent>
        <Typography gutterBottom>{translate("console.conflict.text")}</Typography>
        <Differences resource={resource} before={record} after={theirs} />
      </DialogContent>
      <DialogActions sx={{ flexWrap: "wrap" }}>
        <Button onClick={takeTheirs}>{translate("console.conflict.take_theirs")}</Button>
        <Button onClick={keepMine} variant="contained" autoFocus>
          {translate("console.conflict.keep_mine")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
