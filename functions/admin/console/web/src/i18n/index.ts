import polyglotI18nProvider from "ra-i18n-polyglot";
import { en } from "./en";
import { type Language, language, setLanguage } from "./language";
import { ru } from "./ru";

const MESSAGES = { en, ru };

const provider = polyglotI18nProvider(
  (locale) => MESSAGES[locale as Language],
  language(),
  [
    { locale: "en", name: "English" },
    { locale: "ru", name: "Русский" },
  ],
  { allowMissing: true, onMissingKey: (key: string, options: { _?: string }) => options?._ ?? key } as never,
);

/** Both languages. A change is remembered, and the API is asked in the new one from then on. */
export const i18nProvider = {
  ...provider,
  changeLocale: (locale: string) => {
    setLanguage(locale as Language);
    return provider.changeLocale(locale);
  },
};
