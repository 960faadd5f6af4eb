import { Button } from "@mui/material";
import { useLocaleState } from "react-admin";

/** Switches between Russian and English. */
export function LanguageButton() {
  const [locale, setLocale] = useLocaleState();
  const other = locale === "ru" ? "en" : "ru";
  return (
    <Button color="inherit" size="small" lang={other} onClick={() => setLocale(other)}>
      {other === "ru" ? "Русский" : "English"}
    </Button>
  );
}
