// What was decided about a model, by whom, why, and on which evidence.

import { url } from "../lib/api";
import { plain } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { useList } from "../lib/query";
import type { ArmMode, Decision } from "../lib/types";
import { Card } from "../ui/card";
import { Icon, type IconName } from "../ui/icon";
import { Async, Empty } from "../ui/state";
import { CsvButton, More } from "../ui/table";
import { Json, Time } from "../ui/value";
import type { TabProps } from "./model";

const icons: Record<string, IconName> = {
  promote: "crown",
  rollback: "back",
  arms: "split",
  load: "up",
  unload: "down",
};

const known = ["promote", "rollback", "arms", "load", "unload", "register", "champion"];

function verdictText(verdict: string): string {
  return known.includes(verdict) ? t(`verdict.${verdict}` as Key) : verdict;
}

/** A version, or the arms as they were: "1 champion, 2 shadow". */
export function sideText(side: unknown): string {
  if (side === null || side === undefined || side === "") return "–";
  if (typeof side === "string" || typeof side === "number") return String(side);
  const arms = Array.isArray(side) ? side : (side as { arms?: unknown }).arms;
  if (!Array.isArray(arms)) return plain(side);
  return arms
    .map((arm: { version?: string; mode?: ArmMode }) =>
      arm?.mode ? `${arm.version} ${t(`mode.${arm.mode}` as Key)}` : plain(arm),
    )
    .join(", ");
}

export function DecisionsTab({ model }: TabProps) {
  const read = useList<Decision>(url`/models/${model.name}/decisions`);
  return (
    <Card
      title={t("model.decisions")}
      note={t("decisions.lead")}
      flush
      actions={
        <CsvButton
          name={`${model.name}-decisions`}
          header={["time", "verdict", "from", "to", "reason", "actor", "evidence"]}
          rows={() =>
            (read.data ?? []).map((one) => [
              one.time,
              one.verdict,
              sideText(one.from),
              sideText(one.to),
              one.reason,
              one.actor,
              one.evidence ? JSON.stringify(one.evidence) : "",
            ])
          }
        />
      }
    >
      <Async query={read}>
        {(items) =>
          items.length === 0 ? (
            <Empty icon="crown" title={t("decisions.empty")}>
              {t("decisions.emptyLead")}
            </Empty>
          ) : (
            <>
              <ol class="timeline">
                {items.map((one) => (
                  <DecisionItem key={one.id} decision={one} />
                ))}
              </ol>
              <More more={read.more} />
            </>
          )
        }
      </Async>
    </Card>
  );
}

function sideLabel(side: unknown): string {
  const single = typeof side === "string" && side !== "";
  return single ? t("version.short", { version: side }) : sideText(side);
}

/** Nothing where the sides are the same: a change of shares leaves the champion as it was. */
function Sides({ decision }: { decision: Decision }) {
  const from = sideLabel(decision.from);
  const to = sideLabel(decision.to);
  if (from === to) return null;
  return <span class="num">{isFirst(decision) ? to : `${from} → ${to}`}</span>;
}

/** The first version of a model serves it at once; nobody had to decide. */
function isFirst(decision: Decision): boolean {
  return decision.verdict === "promote" && !decision.from;
}

function DecisionItem({ decision }: { decision: Decision }) {
  return (
    <li>
      <span class="muted">
        <Time at={decision.time} />
      </span>
      <div class="stack-sm">
        <div class="row-wrap">
          <Icon name={icons[decision.verdict] ?? "info"} />
          <strong>{verdictText(isFirst(decision) ? "champion" : decision.verdict)}</strong>
          <Sides decision={decision} />
          <span class="muted">{t("app.by", { user: decision.actor })}</span>
        </div>
        {decision.reason && !isFirst(decision) && <div class="break">{decision.reason}</div>}
        {decision.evidence !== null && decision.evidence !== undefined && (
          <details class="fold">
            <summary>{t("decisions.evidence")}</summary>
            <div>
              <Json value={decision.evidence} label={t("decisions.evidence")} />
            </div>
          </details>
        )}
      </div>
    </li>
  );
}
