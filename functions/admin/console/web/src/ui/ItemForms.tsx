import { Alert, Box, Button } from "@mui/material";
import { type ReactNode, useState } from "react";
import {
  Create,
  DeleteWithConfirmButton,
  Edit,
  ListButton,
  SaveButton,
  ShowButton,
  SimpleForm,
  Toolbar,
  TopToolbar,
  useNotify,
  useResourceContext,
  useTranslate,
} from "react-admin";
import { useFormState } from "react-hook-form";
import { ApiError } from "../api/problem";
import { Conflict } from "./Conflict";

type Values = Record<string, unknown>;

interface Props {
  children: ReactNode;
  /** Makes the body of a request of a form's values. */
  transform?: (values: Values) => Values;
  defaults?: Values;
  /** Whether it can be deleted. */
  canDelete?: (record: Values) => boolean;
  redirect?: string;
}

/** A form for a new item. */
export function CreateForm({ children, transform, defaults, redirect = "show" }: Props) {
  return (
    <Create redirect={redirect} transform={transform} actions={<Above list />} sx={{ "& .RaCreate-main": { mt: 0 } }}>
      <SimpleForm defaultValues={defaults} warnWhenUnsavedChanges toolbar={<Buttons />} noValidate>
        <LeftOverErrors />
        {children}
      </SimpleForm>
    </Create>
  );
}

/** A form for a change. If somebody else was faster, it shows what has changed and keeps what was typed. */
export function EditForm({ children, transform, canDelete, redirect = "show" }: Props) {
  const [conflict, setConflict] = useState(false);
  const notify = useNotify();
  const onError = (error: unknown) => {
    if (error instanceof ApiError && error.problem.code === "changed_meanwhile") setConflict(true);
    else if (!(error instanceof ApiError && error.body.errors)) {
      notify(error instanceof Error ? error.message : String(error), { type: "error" });
    }
  };
  return (
    <Edit
      mutationMode="pessimistic"
      redirect={redirect}
      transform={transform}
      mutationOptions={{ onError }}
      actions={<Above show />}
      queryOptions={{ refetchOnWindowFocus: false, staleTime: 0 }}
      sx={{ "& .RaEdit-main": { mt: 0 } }}
    >
      <SimpleForm warnWhenUnsavedChanges toolbar={<Buttons canDelete={canDelete} />} noValidate>
        <Conflict open={conflict} onClose={() => setConflict(false)} />
        <LeftOverErrors />
        {children}
      </SimpleForm>
    </Edit>
  );
}

function Above({ list, show }: { list?: boolean; show?: boolean }) {
  return (
    <TopToolbar>
      {list && <ListButton />}
      {show && <ShowButton />}
    </TopToolbar>
  );
}

function Buttons({ canDelete }: { canDelete?: (record: Values) => boolean }) {
  return (
    <Toolbar>
      <SaveButton alwaysEnable />
      <Box sx={{ flex: 1 }} />
      {canDelete && <DeleteIf allowed={canDelete} />}
    </Toolbar>
  );
}

function DeleteIf({ allowed }: { allowed: (record: Values) => boolean }) {
  const { defaultValues } = useFormState();
  return allowed(defaultValues ?? {}) ? <DeleteWithConfirmButton mutationMode="pessimistic" /> : null;
}

/** What the API has against members that have no input of their own, and that something is wrong at all. */
function LeftOverErrors() {
  const { errors } = useFormState();
  const server = (errors.root as { serverError?: { message?: string } } | undefined)?.serverError;
  const resource = useResourceContext();
  const translate = useTranslate();
  if (!server) return null;
  const lines = flatten(errors as Values).filter(([path]) => !path.startsWith("root"));
  return (
    <Alert severity="error" sx={{ mb: 2, width: "100%" }} role="alert">
      {server.message}
      <ul>
        {lines.map(([path, message]) => (
          <li key={path}>
            {translate(`resources.${resource}.fields.${path.replace(/\.\d+/g, "")}`, { _: path })}: {message}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

function flatten(errors: Values, prefix = ""): [string, string][] {
  return Object.entries(errors).flatMap(([name, error]): [string, string][] => {
    if (!error || typeof error !== "object") return [];
    const { message } = error as { message?: unknown };
    if (typeof message === "string") return [[prefix + name, message]];
    return flatten(error as Values, `${prefix}${name}.`);
  });
}

/** A button for something beside the usual ones. */
export function PlainButton({ label, onClick }: { label: string; onClick: () => void }) {
  const translate = useTranslate();
  return (
    <Button variant="outlined" onClick={onClick}>
      {translate(label)}
    </Button>
  );
}
