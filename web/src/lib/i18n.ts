// The languages. English is bundled; the others are loaded when they are chosen. t() takes only
// keys that exist: the English catalogue is the type.

import i18next from "i18next";
import en from "../locales/en.json";
import { Store, useStore } from "./store";
import type { Lang, Text3 } from "./types";

type Raw = keyof typeof en;
type Base<K extends string> = K extends `${infer Stem}_${"one" | "other"}` ? Stem : K;
export type Key = Base<Raw>;

export const languages: { id: Lang; name: string }[] = [
  { id: "en", name: "English" },
  { id: "es", name: "Español" },
  { id: "pt", name: "Português" },
];

export const lang = new Store<Lang>("en");
const storageKey = "crisol.language";

const loaders: Record<Exclude<Lang, "en">, () => Promise<{ default: Record<string, string> }>> = {
  es: () => import("../locales/es.json"),
  pt: () => import("../locales/pt.json"),
};

function isLang(text: string | null | undefined): text is Lang {
  return text === "en" || text === "es" || text === "pt";
}

export function firstLanguage(): Lang {
  const kept = localStorage.getItem(storageKey);
  if (isLang(kept)) return kept;
  for (const one of navigator.languages ?? []) {
    const short = one.slice(0, 2).toLowerCase();
    if (isLang(short)) return short;
  }
  return "en";
}

export async function startI18n(first: Lang): Promise<void> {
  await i18next.init({
    lng: "en",
    fallbackLng: "en",
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
    resources: { en: { translation: en } },
    returnEmptyString: false,
    showSupportNotice: false,
  });
  await setLanguage(first, false);
}

export async function setLanguage(next: Lang, keep = true): Promise<void> {
  if (next !== "en" && !i18next.hasResourceBundle(next, "translation")) {
    const catalogue = await loaders[next]();
    i18next.addResourceBundle(next, "translation", catalogue.default);
  }
  await i18next.changeLanguage(next);
  document.documentElement.lang = next;
  if (keep) localStorage.setItem(storageKey, next);
  lang.set(next);
}

export function t(key: Key, values?: Record<string, string | number>): string {
  return i18next.t(key, values ?? {}) as string;
}

export function useLanguage(): Lang {
  return useStore(lang);
}

/** The text in the language of the page, else in English, else in any. */
export function pick(text: Text3 | null | undefined, fallback = ""): string {
  if (!text) return fallback;
  return text[lang.get()] ?? text.en ?? Object.values(text)[0] ?? fallback;
}
