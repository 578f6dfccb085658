// The windows of time that performance is looked at in, and how finely each is drawn.

import type { ApiError } from "./api";
import type { Key } from "./i18n";
import { Store } from "./store";

const minute_ms = 60_000;
const hour_ms = 60 * minute_ms;
const day_ms = 24 * hour_ms;

export interface Window {
  /** What the server calls it; "" is everything. */
  id: string;
  span_ms: number | null;
  key: Key;
}

export const windows: Window[] = [
  { id: "30m", span_ms: 30 * minute_ms, key: "window.30m" },
  { id: "24h", span_ms: day_ms, key: "window.24h" },
  { id: "7d", span_ms: 7 * day_ms, key: "window.7d" },
  { id: "30d", span_ms: 30 * day_ms, key: "window.30d" },
  { id: "", span_ms: null, key: "window.all" },
];

const buckets: { id: string; ms: number }[] = [
  { id: "1m", ms: minute_ms },
  { id: "5m", ms: 5 * minute_ms },
  { id: "15m", ms: 15 * minute_ms },
  { id: "1h", ms: hour_ms },
  { id: "6h", ms: 6 * hour_ms },
  { id: "1d", ms: day_ms },
  { id: "7d", ms: 7 * day_ms },
];
/** More points than this no chart shows apart. Minutes end where two days end. */
const pointsMax = 192;

/** The finest bucket that draws a span with at most 192 points; full hours where asked. */
export function bucketFor(span_ms: number, least_ms = 0): string {
  const fine = buckets.find((one) => one.ms >= least_ms && span_ms / one.ms <= pointsMax);
  return fine?.id ?? "7d";
}

/** Models and windows whose minutes the server does not give. */
export const withoutMinutes = new Store<ReadonlySet<string>>(new Set());

/** The bucket of a model's window; the model's age is the span of everything. */
export function bucketOf(
  model: { name: string; created: string },
  window: string,
  coarse: ReadonlySet<string>,
): string {
  const span = windows.find((one) => one.id === window)?.span_ms;
  const span_ms = span ?? Date.now() - Date.parse(model.created);
  return bucketFor(span_ms, coarse.has(`${model.name} ${window}`) ? hour_ms : 0);
}

/** A server that keeps no minutes, or no longer, says so at the bucket: full hours serve. */
export function noteRefusal(model: string, window: string, error: ApiError | undefined): void {
  const name = `${model} ${window}`;
  if (!error?.at("/bucket") || withoutMinutes.get().has(name)) return;
  withoutMinutes.set(new Set([...withoutMinutes.get(), name]));
}
