// What several pages say about a run.

import { duration } from "../lib/format";
import { t } from "../lib/i18n";
import { figuresOf, figureValue } from "../lib/metrics";
import type { Run } from "../lib/types";

export function runName(run: Pick<Run, "id" | "name" | "module">): string {
  return run.name || `${run.module} ${run.id.slice(-6)}`;
}

export function datasetName(run: Run): string {
  return `${run.dataset.name} ${t("version.short", { version: run.dataset.version })}`;
}

export function isOver(status: Run["status"]): boolean {
  return status === "done" || status === "failed" || status === "cancelled";
}

export function took_ms(run: Run): number | null {
  if (!run.started) return null;
  const end = run.ended ? Date.parse(run.ended) : Date.now();
  return end - Date.parse(run.started);
}

export function tookText(run: Run): string {
  const took = took_ms(run);
  return took === null ? "–" : duration(took);
}

/** Every figure of a run under one flat name: holdout.f1, training.rmse, reported.cv_accuracy. */
export function flatMetrics(run: Run): Record<string, number | null> {
  const flat: Record<string, number | null> = {};
  for (const source of ["holdout", "training"] as const) {
    const metrics = run.metrics?.[source];
    if (!metrics) continue;
    for (const one of figuresOf(run.dataset.task)) {
      flat[`${source}.${one.id}`] = figureValue(metrics, one);
    }
  }
  for (const [name, value] of Object.entries(run.metrics?.reported ?? {})) {
    flat[`reported.${name}`] = value;
  }
  return flat;
}
