import type { ThemeOptions } from "@mui/material";
import { defaultDarkTheme, defaultLightTheme } from "react-admin";

/** System fonts: no font is fetched, and Cyrillic looks as everywhere on the machine. */
const shared: ThemeOptions = {
  typography: {
    fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
    h5: { fontWeight: 600, fontSize: "1.35rem" },
    h6: { fontWeight: 600, fontSize: "1.05rem" },
    button: { textTransform: "none" },
  },
  shape: { borderRadius: 8 },
  sidebar: { width: 260, closedWidth: 56 },
} as ThemeOptions;

/** Where the keyboard is must be seen. */
const focus = (color: string) => ({
  MuiCssBaseline: {
    styleOverrides: { "a:focus-visible, button:focus-visible": { outline: `2px solid ${color}`, outlineOffset: 2 } },
  },
});

const LIGHT_PRIMARY = "#3949ab";
const DARK_PRIMARY = "#9fa8f5";

/** The light look. */
export const lightTheme: ThemeOptions = {
  ...defaultLightTheme,
  ...shared,
  palette: {
    mode: "light",
    primary: { main: LIGHT_PRIMARY },
    secondary: { main: LIGHT_PRIMARY },
    background: { default: "#f5f6fa" },
    success: { main: "#2e7d32" },
    warning: { main: "#b45309" },
    info: { main: "#01579b" },
  },
  components: { ...defaultLightTheme.components, ...focus(LIGHT_PRIMARY) } as ThemeOptions["components"],
};

/** The dark look. */
export const darkTheme: ThemeOptions = {
  ...defaultDarkTheme,
  ...shared,
  palette: {
    mode: "dark",
    primary: { main: DARK_PRIMARY },
    secondary: { main: DARK_PRIMARY },
    error: { main: "#ef9a9a" },
    info: { main: "#81d4fa" },
    background: { default: "#14161d", paper: "#1d202a" },
    success: { main: "#81c784" },
    warning: { main: "#ffb74d" },
  },
  components: { ...defaultDarkTheme.components, ...focus(DARK_PRIMARY) } as ThemeOptions["components"],
};
