// The small pieces that every page is made of.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ApiError } from "../lib/api";
import { absolute, relative } from "../lib/format";
import { type Key, t, useLanguage } from "../lib/i18n";
import type { Query } from "../lib/query";
import type { ArmMode, RunStatus } from "../lib/types";
import { Icon, type IconName } from "./icon";
import { toast } from "./toasts";

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

interface CardProps {
  title?: ComponentChildren;
  note?: ComponentChildren;
  actions?: ComponentChildren;
  flush?: boolean;
  level?: 2 | 3;
  class?: string;
  children: ComponentChildren;
}

export function Card({
  title,
  note,
  actions,
  flush,
  level = 2,
  class: extra,
  children,
}: CardProps) {
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <section class={`card ${extra ?? ""}`}>
      {(title || actions) && (
        <div class="card-head">
          <div>
            {title && <Heading>{title}</Heading>}
            {note && <p class="card-note">{note}</p>}
          </div>
          {actions && <div class="card-actions">{actions}</div>}
        </div>
      )}
      {flush ? children : <div class="card-body">{children}</div>}
    </section>
  );
}

type ButtonLook = "primary" | "plain" | "ghost" | "danger" | "danger-plain";

interface ButtonProps {
  look?: ButtonLook;
  small?: boolean;
  icon?: IconName;
  busy?: boolean;
  disabled?: boolean;
  type?: "button" | "submit";
  label?: string;
  title?: string;
  onClick?: (event: MouseEvent) => void;
  children?: ComponentChildren;
}

export function Button(props: ButtonProps) {
  const { look = "plain", small, icon, busy, disabled, type = "button", label } = props;
  return (
    <button
      type={type}
      class={`btn btn-${look} ${small ? "btn-sm" : ""}`}
      disabled={disabled || busy}
      aria-label={label}
      title={props.title ?? label}
      onClick={props.onClick}
    >
      {busy ? <Icon name="spinner" class="spin" /> : icon && <Icon name={icon} />}
      {props.children}
    </button>
  );
}

interface LinkButtonProps {
  href: string;
  look?: ButtonLook;
  small?: boolean;
  icon?: IconName;
  download?: boolean;
  children: ComponentChildren;
}

export function LinkButton({ href, look = "plain", small, icon, ...rest }: LinkButtonProps) {
  return (
    <a
      href={href}
      class={`btn btn-${look} ${small ? "btn-sm" : ""}`}
      download={rest.download || undefined}
    >
      {icon && <Icon name={icon} />}
      {rest.children}
    </a>
  );
}

export function Empty(props: {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={props.icon} />
      <h3>{props.title}</h3>
      {props.children && <p>{props.children}</p>}
      {props.action}
    </div>
  );
}

export function Skeleton({ lines = 5 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status" aria-label={t("app.loading")}>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} />
      ))}
    </div>
  );
}

/** The sentence of a failure in the page's language where it is ours, else in the server's. */
export function sentenceOf(error: ApiError): string {
  if (error.code === "network") return t("app.offline");
  if (error.status === 429 && error.retryAfter_s !== null)
    return t("app.tooMany", { seconds: Math.ceil(error.retryAfter_s) });
  return error.message || t("app.failed");
}

export function Failure({ error, retry }: { error: ApiError; retry?: () => void }) {
  const details = error.problem.errors ?? [];
  return (
    <div class="notice is-bad" role="alert">
      <Icon name="alert" />
      <div>
        <p>{sentenceOf(error)}</p>
        {details.length > 0 && (
          <ul>
            {details.map((one) => (
              <li key={one.pointer + one.detail}>
                {one.pointer && <code>{one.pointer}</code>} {one.detail}
              </li>
            ))}
          </ul>
        )}
      </div>
      {retry && (
        <Button small onClick={retry}>
          {t("app.retry")}
        </Button>
      )}
    </div>
  );
}

export function Notice(props: {
  kind?: "info" | "warn" | "good" | "bad";
  icon?: IconName;
  children: ComponentChildren;
}) {
  return (
    <div class={`notice is-${props.kind ?? "info"}`}>
      <Icon name={props.icon ?? "info"} />
      <div>{props.children}</div>
    </div>
  );
}

/** What a read answers, or its skeleton, or its failure. */
export function Async<T>(props: {
  query: Pick<Query<T>, "data" | "error" | "loading" | "reload">;
  lines?: number;
  children: (data: T) => ComponentChildren;
}) {
  const { data, error, reload } = props.query;
  if (error && (data === undefined || error.status === 404))
    return <Failure error={error} retry={reload} />;
  if (data === undefined) return <Skeleton lines={props.lines ?? 5} />;
  return <>{props.children(data)}</>;
}

/** A point in time: relative to read, absolute as its title and for machines. */
export function Time({ at, fallback }: { at: string | null | undefined; fallback?: string }) {
  useLanguage();
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), 20_000);
    return () => clearInterval(timer);
  }, []);
  if (!at) return <span class="muted">{fallback ?? t("app.never")}</span>;
  return (
    <time dateTime={at} title={absolute(at)} class="nowrap">
      {relative(at)}
    </time>
  );
}

export function Copy({ text, children }: { text: string; children?: ComponentChildren }) {
  const copy = async (event: MouseEvent) => {
    event.preventDefault();
    event.stopPropagation();
    await copyText(text);
    toast(t("app.copied"), "good");
  };
  return (
    <button type="button" class="copy" onClick={copy} title={t("app.copy")}>
      {children ?? <span class="mono clip">{text}</span>}
      <Icon name="copy" />
      <span class="visually-hidden">{t("app.copy")}</span>
    </button>
  );
}

/** The clipboard is open to secure pages only; over plain HTTP the old way still works. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** A digest or an id: its beginning to see, the whole to copy. */
export function ShortId({ id, length = 10 }: { id: string; length?: number }) {
  return (
    <Copy text={id}>
      <span class="mono">{id.length > length + 2 ? `${id.slice(0, length)}…` : id}</span>
    </Copy>
  );
}

type Tone = "good" | "bad" | "warn" | "info" | "accent" | "";

export function Badge(props: { tone?: Tone; icon?: IconName; children: ComponentChildren }) {
  return (
    <span class={`badge ${props.tone ? `is-${props.tone}` : ""}`}>
      {props.icon && <Icon name={props.icon} />}
      {props.children}
    </span>
  );
}

const statusLooks: Record<RunStatus, { tone: Tone; icon: IconName }> = {
  queued: { tone: "", icon: "clock" },
  preparing: { tone: "info", icon: "spinner" },
  running: { tone: "info", icon: "spinner" },
  done: { tone: "good", icon: "check" },
  failed: { tone: "bad", icon: "alert" },
  cancelled: { tone: "warn", icon: "stop" },
};

export function RunBadge({ status }: { status: RunStatus }) {
  const look = statusLooks[status] ?? statusLooks.queued;
  return (
    <span class={`badge ${look.tone ? `is-${look.tone}` : ""}`}>
      <Icon name={look.icon} class={look.icon === "spinner" ? "spin" : ""} />
      {t(`status.${status}` as Key)}
    </span>
  );
}

const modeLooks: Record<ArmMode, { tone: Tone; icon: IconName }> = {
  champion: { tone: "accent", icon: "crown" },
  shadow: { tone: "info", icon: "shadow" },
  split: { tone: "warn", icon: "split" },
  bandit: { tone: "warn", icon: "split" },
};

export function ModeBadge({ mode }: { mode: ArmMode }) {
  const look = modeLooks[mode] ?? modeLooks.split;
  return (
    <Badge tone={look.tone} icon={look.icon}>
      {t(`mode.${mode}` as Key)}
    </Badge>
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

export function Segments<T extends string>(props: {
  label: string;
  value: T;
  options: { id: T; text: ComponentChildren; title?: string }[];
  onChange: (value: T) => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a form's looks along.
    <div class="segments" role="group" aria-label={props.label}>
      {props.options.map((one) => (
        <button
          key={one.id}
          type="button"
          aria-pressed={one.id === props.value}
          aria-label={one.title}
          title={one.title}
          onClick={() => props.onChange(one.id)}
        >
          {one.text}
        </button>
      ))}
    </div>
  );
}

export function Meter(props: { share: number; label: string; colour?: string }) {
  const share = Math.max(0, Math.min(1, props.share));
  const style: JSX.CSSProperties = { "--share": `${share * 100}%` } as JSX.CSSProperties;
  if (props.colour) (style as Record<string, string>)["--bar"] = props.colour;
  return (
    <div
      class="meter"
      role="progressbar"
      aria-label={props.label}
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
      style={style}
    >
      <span />
    </div>
  );
}

export function Json({ value, label }: { value: unknown; label: string }) {
  return (
    <section class="json" tabIndex={0} aria-label={label}>
      <code class="ws-pre">{JSON.stringify(value, null, 2)}</code>
    </section>
  );
}

export function Stat(props: { label: string; value: ComponentChildren; note?: ComponentChildren }) {
  return (
    <div class="stat">
      <dt>{props.label}</dt>
      <dd>
        {props.value}
        {props.note && <div class="stat-note">{props.note}</div>}
      </dd>
    </div>
  );
}
