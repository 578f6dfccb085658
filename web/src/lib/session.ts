// Who is looking. `session` is null until the server has said so.

import { api, setCsrf, setUnauthorizedHandler } from "./api";
import { lang, setLanguage } from "./i18n";
import { startLive, stopLive } from "./live";
import { forgetAll } from "./query";
import { Store, useStore } from "./store";
import { setTheme, type Theme, theme } from "./theme";
import type { Lang, Me, Role, Session } from "./types";

export const session = new Store<Session | null>(null);
const ladder: Role[] = ["none", "service", "viewer", "developer", "admin"];

export function roleSuffices(have: Role, need: Role): boolean {
  return ladder.indexOf(have) >= ladder.indexOf(need);
}

export function useRole(need: Role): boolean {
  return roleSuffices(useStore(session)?.role ?? "none", need);
}

async function takePreferences(): Promise<void> {
  const me = await api.get<Me>("/me");
  if (me.language && me.language !== lang.get()) await setLanguage(me.language);
  if (me.theme && me.theme !== theme.get()) setTheme(me.theme);
}

export async function readSession(): Promise<void> {
  const now = await api.get<Session>("/session");
  setCsrf(now.csrf);
  if (now.name) {
    await takePreferences().catch(() => {});
    startLive();
  }
  session.set(now);
}

async function enter(answer: { name: string; role: Role; csrf: string }): Promise<void> {
  setCsrf(answer.csrf);
  forgetAll();
  await readSession();
}

export async function logIn(name: string, password: string): Promise<void> {
  await enter(await api.post("/session", { name, password }));
}

export async function setUp(token: string, name: string, password: string): Promise<void> {
  await enter(await api.post("/setup", { token, name, password }));
}

export async function logOut(): Promise<void> {
  await api.delete("/session");
  await leave();
}

async function leave(): Promise<void> {
  stopLive();
  setCsrf(null);
  forgetAll();
  await readSession();
}

/** Remembers the language here and, for somebody who is logged in, on the server. */
export async function chooseLanguage(next: Lang): Promise<void> {
  await setLanguage(next);
  if (session.get()?.name) await api.patch("/me", { language: next }).catch(() => {});
}

export async function chooseTheme(next: Theme): Promise<void> {
  setTheme(next);
  if (session.get()?.name) await api.patch("/me", { theme: next }).catch(() => {});
}

setUnauthorizedHandler(() => {
  const now = session.get();
  if (!now?.name) return;
  stopLive();
  session.set({ ...now, name: null, role: "none", csrf: null });
});
