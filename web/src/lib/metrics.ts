// Which figures each task has, in which order they are shown, and which direction is better.

import type { Metrics, PerClass, Task } from "./types";

export interface Figure {
  id: string;
  better: "higher" | "lower" | "zero";
  averaged?: "macro" | "weighted";
}

const classification: Figure[] = [
  { id: "accuracy", better: "higher" },
  { id: "f1", averaged: "macro", better: "higher" },
  { id: "precision", averaged: "macro", better: "higher" },
  { id: "recall", averaged: "macro", better: "higher" },
  { id: "auc", averaged: "macro", better: "higher" },
  { id: "gini", averaged: "macro", better: "higher" },
  { id: "mcc", better: "higher" },
  { id: "kappa", better: "higher" },
  { id: "log_loss", better: "lower" },
  { id: "brier", better: "lower" },
];

const regression: Figure[] = [
  { id: "r2", better: "higher" },
  { id: "r2_pearson", better: "higher" },
  { id: "rmse", better: "lower" },
  { id: "mae", better: "lower" },
  { id: "mse", better: "lower" },
  { id: "mape", better: "lower" },
  { id: "me", better: "zero" },
];

export function figuresOf(task: Task): Figure[] {
  if (task === "classification") return classification;
  return task === "regression" ? regression : [];
}

export function figureValue(metrics: Metrics | null | undefined, figure: Figure): number | null {
  const found = metrics?.[figure.id];
  if (typeof found === "number") return found;
  if (found && typeof found === "object" && figure.averaged) {
    return (found as PerClass)[figure.averaged] ?? null;
  }
  return null;
}

/** Why a figure is missing, in the server's words. */
export function reasonOf(metrics: Metrics | null | undefined, figure: Figure): string | undefined {
  const reasons = metrics?.reasons ?? {};
  return (
    reasons[figure.averaged ? `${figure.id}.${figure.averaged}` : figure.id] ?? reasons[figure.id]
  );
}

/** The averaged figures stand in buckets under their own name or as an object. */
export function bucketValue(bucket: Record<string, unknown>, id: string): number | null {
  const found = bucket[id];
  if (typeof found === "number") return found;
  if (found && typeof found === "object") {
    const macro = (found as { macro?: unknown }).macro;
    return typeof macro === "number" ? macro : null;
  }
  return null;
}

export function mainFigure(task: Task): string {
  return task === "regression" ? "r2" : "accuracy";
}

/** Whether a change is for the better, for the worse, or too small to colour. */
export function judge(figure: Figure, from: number, to: number): "good" | "bad" | "same" {
  const change = figure.better === "zero" ? Math.abs(from) - Math.abs(to) : to - from;
  const signed = figure.better === "lower" ? -change : change;
  const scale = Math.max(Math.abs(from), 0.01);
  if (Math.abs(signed) / scale < 0.005) return "same";
  return signed > 0 ? "good" : "bad";
}
