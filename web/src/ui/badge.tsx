// Small marks: the state of a run, the mode of an arm.

import type { ComponentChildren } from "preact";
import { type Key, t } from "../lib/i18n";
import type { ArmMode, RunStatus } from "../lib/types";
import { Icon, type IconName } from "./icon";

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
