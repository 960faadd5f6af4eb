import { Alert, Button, Dialog, DialogActions, DialogContent, DialogTitle, TextField, Typography } from "@mui/material";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslate } from "react-admin";
import { current, onChange, setAskPassword, signIn } from "../api/session";

interface Question {
  email: string;
  /** The tokens that are no good any more. */
  refresh: string | undefined;
  answered: () => void;
}

/** Asks for the password once a session has ended, above the page, which keeps what was typed into it. */
export function SignInAgain() {
  const translate = useTranslate();
  const [question, setQuestion] = useState<Question>();
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);

  useEffect(
    () =>
      setAskPassword(
        (email) =>
          new Promise((resolve) => {
            setError("");
            setQuestion({ email, refresh: current()?.refresh, answered: resolve });
          }),
      ),
    [],
  );
  // Here or in another tab.
  useEffect(() => {
    if (!question) return;
    return onChange(() => {
      if (current()?.refresh === question.refresh) return;
      question.answered();
      setQuestion(undefined);
    });
  }, [question]);

  if (!question) return null;
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    // A dialog is inside of the page's form for React.
    event.stopPropagation();
    const password = String(new FormData(event.currentTarget).get("password"));
    setBusy(true);
    setError("");
    try {
      await signIn(question.email, password);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  const giveUp = () => {
    question.answered();
    setQuestion(undefined);
  };
  return (
    <Dialog open aria-labelledby="sign-in-again" maxWidth="xs" fullWidth>
      <form onSubmit={submit}>
        <DialogTitle id="sign-in-again">{translate("console.sign_in.again")}</DialogTitle>
        <DialogContent>
          <Typography gutterBottom>{translate("console.sign_in.again_text")}</Typography>
          <TextField
            value={question.email}
            label={translate("console.sign_in.email")}
            autoComplete="username"
            fullWidth
            margin="normal"
            slotProps={{ input: { readOnly: true } }}
          />
          <TextField
            name="password"
            type="password"
            label={translate("console.sign_in.password")}
            autoComplete="current-password"
            autoFocus
            required
            fullWidth
            margin="normal"
          />
          {error && <Alert severity="error">{translate(error, { _: error })}</Alert>}
        </DialogContent>
        <DialogActions>
          <Button onClick={giveUp}>{translate("console.sign_in.leave")}</Button>
          <Button type="submit" variant="contained" disabled={busy}>
            {translate("console.sign_in.submit")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
