// Single values: a time, a text to copy, a share as a bar, a document.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { absolute, relative } from "../lib/format";
import { t, useLanguage } from "../lib/i18n";
import { Button } from "./button";
import { Icon } from "./icon";
import { toast } from "./toasts";

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

/** Copies a longer text: a log, a request. */
export function CopyButton({ text, children }: { text: string; children?: ComponentChildren }) {
  const copy = async () => {
    await copyText(text);
    toast(t("app.copied"), "good");
  };
  return (
    <Button look="ghost" small icon="copy" onClick={copy}>
      {children ?? t("app.copy")}
    </Button>
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
