// The live events of the server. One EventSource per page; its events refresh the reads that they
// make old, and pages can listen to them directly.
//
//     useLive("metric", (event: MetricEvent) => ...);

import { useEffect, useRef } from "preact/hooks";
import { invalidate, invalidateThose, isBelow } from "./query";
import { Store } from "./store";

export type LiveStatus = "off" | "connecting" | "live" | "down";
export const liveStatus = new Store<LiveStatus>("off");

const names = ["run", "metric", "model", "feedback", "predictions", "dataset", "hello"] as const;
export type LiveName = (typeof names)[number];

const retryFirst_ms = 1000;
const retryMax_ms = 30_000;
const refreshEvery_ms = 1000;

let source: EventSource | null = null;
let retry_ms = retryFirst_ms;
let timer: ReturnType<typeof setTimeout> | undefined;
let stopped = true;
const listeners = new Map<LiveName, Set<(data: unknown) => void>>();
/** Paths to ask anew, and whether what is history below them is old too. */
const due = new Map<string, boolean>();
let dueTimer: ReturnType<typeof setTimeout> | undefined;

/** The reads that an event makes old. */
export function pathsOf(name: LiveName, data: Record<string, unknown>): string[] {
  const model = typeof data.model === "string" ? `/models/${encodeURIComponent(data.model)}` : null;
  switch (name) {
    case "run":
      return ["/runs", "/overview", "/experiments"];
    case "model":
      return ["/models", "/overview"];
    case "feedback":
    case "predictions":
      return model
        ? [`${model}/metrics`, `${model}/curves`, `${model}/predictions`, "/overview"]
        : ["/overview"];
    case "dataset":
      return ["/datasets", "/overview"];
    default:
      return [];
  }
}

/** What a version did on the data that it was trained with: no event of now changes it. */
export function isHistory(path: string): boolean {
  return /[?&]source=(holdout|training)(&|$)/.test(path);
}

function refreshSoon(paths: string[], history: boolean): void {
  for (const path of paths) due.set(path, history || due.get(path) === true);
  if (due.size === 0 || dueTimer !== undefined) return;
  dueTimer = setTimeout(() => {
    dueTimer = undefined;
    const now = [...due];
    due.clear();
    invalidateThose((path) =>
      now.some(([prefix, history]) => isBelow(path, prefix) && (history || !isHistory(path))),
    );
  }, refreshEvery_ms);
}

function receive(name: LiveName, text: string): void {
  let data: Record<string, unknown>;
  try {
    data = JSON.parse(text);
  } catch {
    return;
  }
  refreshSoon(pathsOf(name, data), name !== "feedback" && name !== "predictions");
  for (const listener of listeners.get(name) ?? []) listener(data);
}

function connect(): void {
  if (liveStatus.get() !== "down") liveStatus.set("connecting");
  source = new EventSource("/api/v1/events");
  source.onopen = () => {
    // After a gap anything may have changed.
    if (liveStatus.get() === "down") invalidate("/");
    retry_ms = retryFirst_ms;
    liveStatus.set("live");
  };
  source.onerror = () => {
    source?.close();
    if (stopped) return;
    liveStatus.set("down");
    timer = setTimeout(connect, retry_ms);
    retry_ms = Math.min(retryMax_ms, retry_ms * 2);
  };
  for (const name of names) {
    source.addEventListener(name, (event) => receive(name, (event as MessageEvent<string>).data));
  }
}

export function startLive(): void {
  if (!stopped || typeof EventSource === "undefined") return;
  stopped = false;
  connect();
}

export function stopLive(): void {
  stopped = true;
  clearTimeout(timer);
  source?.close();
  source = null;
  liveStatus.set("off");
}

export function useLive<T>(name: LiveName, listener: (data: T) => void): void {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    const call = (data: unknown) => latest.current(data as T);
    const set = listeners.get(name) ?? new Set();
    listeners.set(name, set);
    set.add(call);
    return () => {
      set.delete(call);
    };
  }, [name]);
}
