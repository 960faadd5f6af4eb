import { Alert, Box, Button, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type RaRecord, TextInput, useNotify, useRecordContext, useRefresh, useTranslate } from "react-admin";
import { ApiError, type Problem } from "../api/problem";
import { send, sendForResponse } from "../api/send";
import { findUser } from "../people";
import { AskButton, Failure } from "../ui/AskDialog";
import { COLUMNS } from "../ui/columns";
import { Facts, Section } from "../ui/Facts";
import { count } from "../ui/format";
import { CreateForm, EditForm } from "../ui/ItemForms";
import { ItemList } from "../ui/ItemList";
import { ItemShow } from "../ui/ItemShow";
import { ItemTable } from "../ui/ItemTable";
import { Related } from "../ui/Related";
import { useIsAtLeast } from "../ui/useRole";
import { Time, User } from "../ui/values";

export function GroupList() {
  return <ItemList create filters={[<TextInput key="title" source="title" alwaysOn />]} columns={COLUMNS.groups} />;
}

export function GroupCreate() {
  return (
    <CreateForm>
      <TextInput source="title" isRequired autoFocus helperText="resources.groups.help.title" />
    </CreateForm>
  );
}

export function GroupEdit() {
  return (
    <EditForm canDelete={() => true}>
      <TextInput source="title" isRequired />
    </EditForm>
  );
}

export function GroupShow() {
  const mayChange = useIsAtLeast("marketer");
  return (
    <ItemShow<RaRecord> edit={() => true}>
      {(group) => (
        <>
          <Section title="console.sections.facts">
            <Facts
              items={[
                ["resources.groups.fields.members", count(group.members)],
                ["resources.groups.fields.id", group.id],
              ]}
            />
          </Section>
          {mayChange && <Upload />}
          <Members />
          <Related resource="promotions" filter={{ group_id: group.id }} kind="promotions" />
        </>
      )}
    </ItemShow>
  );
}

interface Imported {
  added: number;
  removed: number;
  unchanged: number;
  lines: number;
  skipped: number;
}

interface Line {
  line: number;
  detail: string;
}

/** What a file would do or has done: what is wrong with its lines stands beside it. */
interface Result {
  imported?: Imported;
  lines: Line[];
  lineCount: number;
  tried: boolean;
}

const MODES = ["add", "remove", "replace"];

/** Fills the group from a file of e-mail addresses or of IDs. */
function Upload() {
  const group = useRecordContext<RaRecord>();
  const translate = useTranslate();
  const refresh = useRefresh();
  const [result, setResult] = useState<Result>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const file = form.get("file") as File;
    const dryRun = (event.nativeEvent as SubmitEvent).submitter?.getAttribute("value") === "try";
    setBusy(true);
    setError(undefined);
    setResult(undefined);
    try {
      const { csv, lines, lineCount } = await resolved(file);
      const query = { mode: form.get("mode"), dry_run: dryRun };
      const path = `/admin/groups/${group?.id}/members/import`;
      const imported = await send<Imported>({ method: "POST", path, query, csv });
      setResult({ imported, lines, lineCount, tried: dryRun });
      if (!dryRun) refresh();
    } catch (failure) {
      const problem = failure instanceof ApiError ? failure.problem : undefined;
      if (problem?.code === "csv_invalid") setResult({ ...linesOf(problem), tried: false });
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title="resources.groups.upload.title">
      <Typography variant="body2" color="text.secondary" gutterBottom>
        {translate("resources.groups.upload.text")}
      </Typography>
      <Box component="form" onSubmit={submit} sx={{ display: "grid", gap: 1.5 }}>
        <label>
          {translate("resources.groups.upload.file")}{" "}
          <input type="file" name="file" accept=".csv,text/csv,text/plain" required />
        </label>
        <Box component="fieldset" sx={{ border: 0, p: 0, m: 0 }}>
          <Typography component="legend" variant="body2">
            {translate("resources.groups.upload.mode")}
          </Typography>
          {MODES.map((mode) => (
            <label key={mode} style={{ marginRight: 16 }}>
              <input type="radio" name="mode" value={mode} defaultChecked={mode === "add"} />{" "}
              {translate(`resources.groups.upload.${mode}`)}
            </label>
          ))}
        </Box>
        <Box sx={{ display: "flex", gap: 1, flexWrap: "wrap" }}>
          <Button type="submit" variant="outlined" value="try" disabled={busy}>
            {translate("resources.groups.upload.try")}
          </Button>
          <Button type="submit" variant="contained" value="do" disabled={busy}>
            {translate("resources.groups.upload.do")}
          </Button>
        </Box>
      </Box>
      <Box aria-live="polite">
        {result?.imported && (
          <Alert severity={result.tried ? "info" : "success"} sx={{ mt: 1 }}>
            {translate(result.tried ? "resources.groups.upload.would" : "resources.groups.upload.did", {
              added: count(result.imported.added),
              removed: count(result.imported.removed),
              unchanged: count(result.imported.unchanged),
            })}
          </Alert>
        )}
        {error !== undefined && !result && <Failure error={error} />}
        {result && result.lineCount > 0 && (
          <Alert severity="warning" sx={{ mt: 1 }}>
            {translate(
              result.imported ? "resources.groups.upload.skipped_lines" : "resources.groups.upload.wrong_lines",
              { smart_count: result.lineCount },
            )}
            <ul>
              {result.lines.map(({ line, detail }) => (
                <li key={line}>{translate("console.line", { line, detail })}</li>
              ))}
            </ul>
          </Alert>
        )}
      </Box>
    </Section>
  );
}

const linesOf = (problem: Problem) => {
  const lines = (problem.errors ?? []).filter(({ line }) => line !== undefined) as Line[];
  return { lines, lineCount: problem.error_count ?? lines.length };
};

/** A file of IDs as it is; of addresses, the IDs that they stand for, and the lines that stand for nobody. */
async function resolved(file: File): Promise<{ csv: Blob; lines: Line[]; lineCount: number }> {
  const text = await file.text();
  if (!text.includes("@")) return { csv: file, lines: [], lineCount: 0 };
  const path = "/admin/users/resolve";
  const answer = await sendForResponse({ method: "POST", path, csv: file, accept: "application/json" });
  const { user_ids, errors, error_count } = (await answer.json()) as {
    user_ids: string[];
    errors: Line[];
    error_count: number;
  };
  return { csv: new Blob([["user_id", ...user_ids].join("\n")]), lines: errors, lineCount: error_count };
}

/** How many members are shown here; the file has all. */
const FEW = 20;

function Members() {
  const group = useRecordContext<RaRecord>();
  const translate = useTranslate();
  const notify = useNotify();
  const mayChange = useIsAtLeast("marketer");
  const path = `/admin/groups/${group?.id}/members`;
  const { data } = useQuery({
    queryKey: ["groups", "members", group?.id, group?.members],
    queryFn: ({ signal }) =>
      send<{ items: { user_id: string; added_at: string }[] }>({ path, query: { limit: FEW }, signal }),
  });
  const items = (data?.items ?? []).map((member) => ({ ...member, id: member.user_id }));
  const change = (body: { add?: string[]; remove?: string[] }) => send({ method: "PATCH", path, body });
  const download = async () => {
    try {
      const answer = await sendForResponse({ path: `${path}.csv` });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await answer.blob());
      link.download = `group-${group?.id}.csv`;
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (error) {
      notify((error as Error).message, { type: "error" });
    }
  };
  return (
    <Section
      title="resources.groups.fields.members"
      action={
        <Box sx={{ display: "flex", gap: 1, flexWrap: "wrap" }}>
          {mayChange && (
            <AskButton
              name="add_member"
              questions={[
                { name: "user", label: "console.explain.user", help: "console.explain.user_help", required: true },
              ]}
              act={async ({ user = "" }) => {
                const id = await findUser(user);
                if (id === undefined) throw new Error(translate("console.users.nobody"));
                return change({ add: [id] });
              }}
            />
          )}
          {items.length > 0 && <Button onClick={download}>{translate("resources.groups.download")}</Button>}
        </Box>
      }
    >
      {items.length === 0 ? (
        <Typography color="text.secondary">{translate("resources.groups.nobody")}</Typography>
      ) : (
        <ItemTable
          items={items}
          label={translate("resources.groups.fields.members")}
          columns={[
            { source: "user_id", label: "console.explain.user_short", render: ({ user_id }) => <User id={user_id} /> },
            {
              source: "added_at",
              label: "resources.groups.fields.added_at",
              render: ({ added_at }) => <Time value={added_at} />,
            },
            ...(mayChange
              ? [
                  {
                    source: "remove",
                    label: "ra.action.remove",
                    render: ({ user_id }: { user_id: string }) => (
                      <AskButton name="remove_member" act={() => change({ remove: [user_id] })} />
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {group && group.members > FEW && (
        <Typography variant="body2" color="text.secondary" sx={{ mt: 1 }}>
          {translate("resources.groups.first_of", { few: FEW, count: count(group.members) })}
        </Typography>
      )}
    </Section>
  );
}
