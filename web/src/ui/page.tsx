// The head of a page, its title, its way back, and the tabs below it.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../lib/i18n";

export interface Crumb {
  text: string;
  href: string;
}

interface PageProps {
  title: string;
  lead?: ComponentChildren;
  badge?: ComponentChildren;
  crumbs?: Crumb[];
  actions?: ComponentChildren;
  children: ComponentChildren;
}

export function Page({ title, lead, badge, crumbs, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Crisol`;
  }, [title]);
  return (
    <>
      <header class="page-head">
        <div class="page-title">
          {crumbs && <Crumbs items={crumbs} />}
          <div class="title-row">
            <h1 tabIndex={-1}>{title}</h1>
            {badge}
          </div>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {actions && <div class="page-actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

function Crumbs({ items }: { items: Crumb[] }) {
  return (
    <nav aria-label={t("app.breadcrumbs")}>
      <ol class="crumbs">
        {items.map((one) => (
          <li key={one.href}>
            <a href={one.href}>{one.text}</a>
          </li>
        ))}
      </ol>
    </nav>
  );
}

export interface Tab {
  href: string;
  text: string;
  current: boolean;
}

export function Tabs({ items, label }: { items: Tab[]; label: string }) {
  const list = useRef<HTMLUListElement>(null);
  const current = items.find((one) => one.current)?.href;
  useEffect(() => {
    const link = list.current?.querySelector<HTMLElement>("[aria-current]");
    if (list.current && link) list.current.scrollLeft = link.offsetLeft - 48;
  }, [current]);
  return (
    <nav aria-label={label}>
      <ul class="tabs" ref={list}>
        {items.map((one) => (
          <li key={one.href}>
            <a href={one.href} aria-current={one.current ? "page" : undefined}>
              {one.text}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
