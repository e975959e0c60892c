/** Store the agent's choice of theme in the browser; the default follows the system. */

export const THEMES = ["auto", "light", "dark"] as const;
type ThemeChoice = (typeof THEMES)[number];

const KEY = "wl-theme";

export const chosenTheme = (): ThemeChoice => THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? "auto";

export function chooseTheme(theme: ThemeChoice): void {
  localStorage.setItem(KEY, theme);
  applyTheme(theme);
}

export function applyTheme(theme: ThemeChoice): void {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
