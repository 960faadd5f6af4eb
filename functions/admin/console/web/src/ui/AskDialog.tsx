import { Alert, Button, Dialog, DialogActions, DialogContent, DialogTitle, TextField, Typography } from "@mui/material";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { useNotify, useRefresh, useTranslate } from "react-admin";
import { ApiError } from "../api/problem";

/** A value that a dialog asks for. */
export interface Question {
  name: string;
  /** A key of the texts. */
  label: string;
  type?: string;
  required?: boolean;
  help?: string;
  initial?: string;
  choices?: { id: string; name: string }[];
}

interface Props {
  /** Names the texts: `title`, `text`, `submit`, `done`, below `console.actions`. */
  name: string;
  questions?: Question[];
  act: (values: Record<string, string>) => Promise<unknown>;
  /** Whether it can't be undone. */
  final?: boolean;
  /** What the button says, if not what `name` says. */
  label?: string;
  children?: ReactNode;
  onDone?: (result: unknown) => void;
}

const REASON: Question = { name: "reason", label: "console.reason", help: "console.reason_help", required: true };

/** The question of every action that staff must give a reason for. */
export const reason = (): Question => REASON;

/** A button with a dialog that asks before something is done. What the API refuses stands beside its input. */
export function AskButton({ name, questions = [], act, final, label, children, onDone }: Props) {
  const translate = useTranslate();
  const notify = useNotify();
  const refresh = useRefresh();
  const id = useId();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const fields = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  const text = (part: string) => translate(`console.actions.${name}.${part}`, { _: "" });

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    event.stopPropagation();
    const values = Object.fromEntries(new FormData(event.currentTarget).entries()) as Record<string, string>;
    setBusy(true);
    setError(undefined);
    try {
      const result = await act(values);
      setOpen(false);
      notify(text("done") || translate("console.done"), { type: "success" });
      refresh();
      onDone?.(result);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button variant="outlined" size="small" color={final ? "error" : "primary"} onClick={() => setOpen(true)}>
        {label ?? text("button")}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} aria-labelledby={id} maxWidth="sm" fullWidth>
        <form onSubmit={submit} noValidate>
          <DialogTitle id={id}>{text("title")}</DialogTitle>
          <DialogContent>
            {text("text") && <Typography sx={{ mb: 1 }}>{text("text")}</Typography>}
            {children}
            {questions.map((question, at) => {
              const wrong = fields.find(({ field }) => field === question.name)?.detail;
              return (
                <TextField
                  key={question.name}
                  name={question.name}
                  label={translate(question.label)}
                  type={question.type}
                  required={question.required}
                  defaultValue={question.initial ?? (question.choices ? question.choices[0]?.id : "")}
                  helperText={wrong ?? (question.help && translate(question.help))}
                  error={wrong !== undefined}
                  autoFocus={at === 0}
                  fullWidth
                  margin="normal"
                  autoComplete="off"
                  select={question.choices !== undefined}
                  slotProps={{ select: { native: true } }}
                >
                  {question.choices?.map((choice) => (
                    <option key={choice.id} value={choice.id}>
                      {choice.name}
                    </option>
                  ))}
                </TextField>
              );
            })}
            {error !== undefined && <Failure error={error} known={questions.map(({ name }) => name)} />}
          </DialogContent>
          <DialogActions>
            <Button onClick={() => setOpen(false)}>{translate("ra.action.cancel")}</Button>
            <Button type="submit" variant="contained" color={final ? "error" : "primary"} disabled={busy}>
              {text("submit")}
            </Button>
          </DialogActions>
        </form>
      </Dialog>
    </>
  );
}

/** What has gone wrong, with everything that has no input of its own. */
export function Failure({ error, known = [] }: { error: unknown; known?: string[] }) {
  const translate = useTranslate();
  const message = error instanceof Error ? error.message : String(error);
  const problem = error instanceof ApiError ? error.problem : undefined;
  const lines = [
    ...(problem?.errors ?? [])
      .filter(({ field }) => !known.includes(field ?? ""))
      .map(({ field, line, detail }) =>
        line === undefined ? `${field}: ${detail}` : translate("console.line", { line, detail }),
      ),
    ...(problem?.reasons ?? []).map(({ detail }) => detail),
  ];
  return (
    <Alert severity="error" sx={{ mt: 1 }} role="alert">
      {translate(message, { _: message })}
      {lines.length > 0 && (
        <ul>
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </Alert>
  );
}
