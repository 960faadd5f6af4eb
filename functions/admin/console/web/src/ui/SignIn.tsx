import { Alert, Box, Button, Card, TextField, Typography } from "@mui/material";
import { type FormEvent, useState } from "react";
import { useLogin, useTranslate } from "react-admin";
import { LanguageButton } from "./LanguageButton";

/** The page on which people sign in. */
export function SignIn() {
  const login = useLogin();
  const translate = useTranslate();
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError("");
    try {
      await login({ username: form.get("email"), password: form.get("password") });
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Box
      component="main"
      sx={{ minHeight: "100vh", display: "flex", flexDirection: "column", alignItems: "center", pt: "14vh", px: 2 }}
    >
      <Card sx={{ width: "100%", maxWidth: 400, p: 3 }} elevation={2}>
        <Box sx={{ display: "flex", justifyContent: "space-between", alignItems: "center", mb: 2 }}>
          <Typography component="h1" variant="h5">
            {translate("console.name")}
          </Typography>
          <LanguageButton />
        </Box>
        <form onSubmit={submit}>
          <TextField
            name="email"
            type="email"
            label={translate("console.sign_in.email")}
            autoComplete="username"
            autoFocus
            required
            fullWidth
            margin="normal"
          />
          <TextField
            name="password"
            type="password"
            label={translate("console.sign_in.password")}
            autoComplete="current-password"
            required
            fullWidth
            margin="normal"
          />
          {error && (
            <Alert severity="error" sx={{ mt: 1 }} role="alert">
              {translate(error, { _: error })}
            </Alert>
          )}
          <Button type="submit" variant="contained" size="large" fullWidth disabled={busy} sx={{ mt: 2 }}>
            {translate("console.sign_in.submit")}
          </Button>
        </form>
        <Typography variant="body2" color="text.secondary" sx={{ mt: 2 }}>
          {translate("console.sign_in.for_staff")}
        </Typography>
      </Card>
    </Box>
  );
}
