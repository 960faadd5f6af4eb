/** The languages of the console and of the API's texts. */
export type Language = "ru" | "en";

const KEY = "console.language";

/** The language that was chosen, otherwise the browser's. */
export function language(): Language {
  const chosen = localStorage.getItem(KEY);
  if (chosen === "ru" || chosen === "en") return chosen;
  return navigator.languages.some((tag) => tag.toLowerCase().startsWith("ru")) ? "ru" : "en";
}

/** Remembers the choice, and tells screen readers. */
export function setLanguage(chosen: Language): void {
  localStorage.setItem(KEY, chosen);
  document.documentElement.lang = chosen;
}
