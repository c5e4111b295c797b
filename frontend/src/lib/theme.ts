/** Light or dark: the system's preference until a person chooses; the choice is remembered. */

export type Theme = "light" | "dark" | "system";
const KEY = "theme";

export function chosenTheme(): Theme {
  const theme = document.documentElement.dataset["theme"];
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** What is on the screen now. */
export function shownTheme(): "light" | "dark" {
  const theme = chosenTheme();
  if (theme !== "system") return theme;
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function chooseTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // storage may be forbidden; the choice then lasts until the page is left
  }
  window.dispatchEvent(new Event("themechange"));
}

/** Calls back whenever a theme is chosen; returns how to stop that. */
export function watchChoice(changed: () => void): () => void {
  window.addEventListener("themechange", changed);
  return () => window.removeEventListener("themechange", changed);
}
