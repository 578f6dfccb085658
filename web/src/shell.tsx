// The frame around every page: navigation, who is logged in, language, theme, live status.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Key, languages, t, useLanguage } from "./lib/i18n";
import { liveStatus } from "./lib/live";
import { usePlace } from "./lib/router";
import { chooseLanguage, chooseTheme, logOut, session, useRole } from "./lib/session";
import { useStore } from "./lib/store";
import { theme } from "./lib/theme";
import type { Lang } from "./lib/types";
import { Button, Segments } from "./ui/button";
import { Icon, type IconName, Mark } from "./ui/icon";

const links: { href: string; icon: IconName; key: Key }[] = [
  { href: "/", icon: "overview", key: "nav.overview" },
  { href: "/datasets", icon: "datasets", key: "nav.datasets" },
  { href: "/catalogue", icon: "catalogue", key: "nav.catalogue" },
  { href: "/experiments", icon: "experiments", key: "nav.experiments" },
  { href: "/runs", icon: "runs", key: "nav.runs" },
  { href: "/models", icon: "models", key: "nav.models" },
];

export function Shell({ children }: { children: ComponentChildren }) {
  const here = usePlace();
  const [open, setOpen] = useState(false);
  const opener = useRef<HTMLDivElement>(null);
  useEffect(() => setOpen(false), [here]);
  useEffect(() => {
    if (!open) return;
    const close = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      opener.current?.querySelector("button")?.focus();
    };
    addEventListener("keydown", close);
    return () => removeEventListener("keydown", close);
  }, [open]);
  return (
    <>
      <a class="skip" href="#main">
        {t("app.skip")}
      </a>
      <div class="topbar" ref={opener}>
        <button
          type="button"
          class="btn btn-ghost"
          aria-expanded={open}
          aria-controls="side"
          aria-label={t("nav.menu")}
          onClick={() => setOpen(!open)}
        >
          <Icon name="menu" />
        </button>
        <Brand />
        <Live />
      </div>
      <div class="shell">
        {open && (
          <button
            type="button"
            class="scrim"
            tabIndex={-1}
            aria-label={t("nav.close")}
            onClick={() => setOpen(false)}
          />
        )}
        <Side open={open} path={here.path} />
        <main class="main" id="main" tabIndex={-1}>
          <div class="main-inner">{children}</div>
        </main>
      </div>
    </>
  );
}

export function Brand() {
  return (
    <a class="brand" href="/">
      <Mark />
      <span>{t("app.name")}</span>
    </a>
  );
}

function Side({ open, path }: { open: boolean; path: string }) {
  const admin = useRole("admin");
  const all = admin
    ? [...links, { href: "/admin", icon: "admin" as IconName, key: "nav.admin" as Key }]
    : links;
  return (
    <div class={`side ${open ? "is-open" : ""}`} id="side">
      <Brand />
      <nav aria-label={t("nav.main")}>
        <ul class="nav-main">
          {all.map((one) => (
            <li key={one.href}>
              <a href={one.href} aria-current={isCurrent(one.href, path)}>
                <Icon name={one.icon} />
                {t(one.key)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <SideFoot />
    </div>
  );
}

function isCurrent(href: string, path: string): "page" | "true" | undefined {
  if (href === path) return "page";
  return href !== "/" && path.startsWith(`${href}/`) ? "true" : undefined;
}

function SideFoot() {
  const now = useStore(session);
  return (
    <div class="side-foot">
      <Preferences />
      <div class="d-flex align-items-center gap-2">
        <a class="me-link flex-grow-1" href="/me">
          <span class="avatar" aria-hidden="true">
            {now?.name?.slice(0, 1)}
          </span>
          <span class="clip">{now?.name}</span>
        </a>
        <Button look="ghost" small icon="out" label={t("nav.logOut")} onClick={() => logOut()} />
      </div>
      <div class="d-flex justify-content-between align-items-center">
        <Live />
        <span class="muted num">{now?.version}</span>
      </div>
    </div>
  );
}

/** Language and theme: in the side bar and on the pages before the login. */
export function Preferences() {
  const language = useLanguage();
  const chosen = useStore(theme);
  return (
    <div class="preferences">
      <select
        class="form-select form-select-sm"
        aria-label={t("nav.language")}
        value={language}
        onChange={(event) => chooseLanguage(event.currentTarget.value as Lang)}
      >
        {languages.map((one) => (
          <option key={one.id} value={one.id} lang={one.id}>
            {one.name}
          </option>
        ))}
      </select>
      <Segments
        label={t("nav.theme")}
        value={chosen}
        onChange={chooseTheme}
        options={[
          { id: "light", text: <Icon name="sun" />, title: t("theme.light") },
          { id: "dark", text: <Icon name="moon" />, title: t("theme.dark") },
          { id: "auto", text: <Icon name="system" />, title: t("theme.auto") },
        ]}
      />
    </div>
  );
}

export function Live() {
  const status = useStore(liveStatus);
  const look = status === "live" ? "is-live" : status === "down" ? "is-down" : "";
  return (
    <span class={`live ${look}`} role="status">
      {t(`live.${status}` as Key)}
    </span>
  );
}
