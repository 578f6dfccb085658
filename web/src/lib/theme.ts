// Light, dark, or as the system says. src/boot.ts sets the first one before anything is drawn.

import { Store } from "./store";

export type Theme = "light" | "dark" | "auto";
const storageKey = "crisol.theme";
const system = () => matchMedia("(prefers-color-scheme: dark)");

export const theme = new Store<Theme>("auto");
/** What is shown now; charts follow it, because a canvas takes no colours from the style sheet. */
export const shade = new Store<"light" | "dark">("light");

function show(): void {
  const chosen = theme.get();
  const shown = chosen === "auto" ? (system().matches ? "dark" : "light") : chosen;
  document.documentElement.dataset.bsTheme = shown;
  shade.set(shown);
}

export function startTheme(): void {
  const kept = localStorage.getItem(storageKey);
  theme.set(kept === "light" || kept === "dark" ? kept : "auto");
  system().addEventListener("change", show);
  show();
}

export function setTheme(next: Theme): void {
  localStorage.setItem(storageKey, next);
  theme.set(next);
  show();
}
