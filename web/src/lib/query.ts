// Reads of the interface, kept while they are shown: a page that is opened again shows what it
// showed last and asks anew; a live event makes every read under a path ask anew.
//
//     const runs = useQuery<List<Run>>("/runs?limit=50");
//     invalidate("/runs");

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, api } from "./api";

interface Entry {
  data?: unknown;
  error?: ApiError;
  pending?: Promise<void>;
  stale: boolean;
  followers: Set<() => void>;
}

const cacheMax = 200;
const cache = new Map<string, Entry>();

function entryOf(path: string): Entry {
  let entry = cache.get(path);
  if (!entry) {
    entry = { stale: true, followers: new Set() };
    cache.set(path, entry);
    dropOldest();
  }
  return entry;
}

function dropOldest(): void {
  if (cache.size <= cacheMax) return;
  for (const [path, entry] of cache) {
    if (entry.followers.size > 0) continue;
    cache.delete(path);
    if (cache.size <= cacheMax) return;
  }
}

function toError(cause: unknown): ApiError {
  return cause instanceof ApiError ? cause : new ApiError(0, { detail: String(cause) });
}

function tell(entry: Entry): void {
  for (const follower of [...entry.followers]) follower();
}

function load(path: string, entry: Entry): Promise<void> {
  entry.stale = false;
  const pending = api
    .get(path)
    .then(
      (data) => {
        entry.data = data;
        entry.error = undefined;
      },
      (cause) => {
        entry.error = toError(cause);
      },
    )
    .then(() => {
      entry.pending = undefined;
      tell(entry);
      // Something changed while the answer was under way: it may be old already.
      if (entry.stale && entry.followers.size > 0) return load(path, entry);
    });
  entry.pending = pending;
  return pending;
}

function refresh(path: string, entry: Entry): void {
  if (entry.pending) entry.stale = true;
  else void load(path, entry);
}

/** Asks anew for everything that is shown from below one of the paths, and forgets the rest. */
export function invalidate(...prefixes: string[]): void {
  invalidateThose((path) => prefixes.some((prefix) => isBelow(path, prefix)));
}

export function invalidateThose(isOld: (path: string) => boolean): void {
  for (const [path, entry] of cache) {
    if (!isOld(path)) continue;
    entry.stale = true;
    if (entry.followers.size > 0) refresh(path, entry);
  }
}

export function isBelow(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  const next = path.charAt(prefix.length);
  return next === "" || next === "/" || next === "?" || prefix.endsWith("/");
}

export function forgetAll(): void {
  for (const [path, entry] of cache) {
    if (entry.followers.size === 0) cache.delete(path);
    else entry.data = undefined;
  }
}

export interface Query<T> {
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
  reload: () => void;
  setData: (data: T) => void;
}

/** What the path answers; null asks nothing. */
export function useQuery<T>(path: string | null): Query<T> {
  const [, setTick] = useState(0);
  useEffect(() => {
    if (path === null) return;
    const entry = entryOf(path);
    const follower = () => setTick((tick) => tick + 1);
    entry.followers.add(follower);
    refresh(path, entry);
    return () => {
      entry.followers.delete(follower);
    };
  }, [path]);
  const reload = useCallback(() => {
    if (path !== null) refresh(path, entryOf(path));
  }, [path]);
  const setData = useCallback(
    (data: T) => {
      if (path === null) return;
      const entry = entryOf(path);
      entry.data = data;
      tell(entry);
    },
    [path],
  );
  const entry = path === null ? undefined : cache.get(path);
  const data = entry?.data as T | undefined;
  return {
    data,
    error: entry?.error,
    loading: path !== null && data === undefined && entry?.error === undefined,
    reload,
    setData,
  };
}

export interface Steady<T> extends Query<T> {
  /** What is shown belongs to the question before: the answer is under way. */
  old: boolean;
}

/** While another question about the same thing is under way, the last answer stays. */
export function useSteady<T>(read: Query<T>, of: string): Steady<T> {
  const last = useRef<{ of: string; data: T } | null>(null);
  if (read.data !== undefined) last.current = { of, data: read.data };
  const kept = last.current?.of === of ? last.current.data : undefined;
  const old = read.data === undefined && kept !== undefined;
  return { ...read, data: read.data ?? kept, loading: read.loading && !old, old };
}

export interface Pages<T> extends Query<T[]> {
  more: (() => void) | null;
}

/** A list that grows by pages; what is shown is asked anew as one. */
export function useList<T>(path: string | null, page = 50): Pages<T> {
  const [limit, setLimit] = useState(page);
  useEffect(() => setLimit(page), [path, page]);
  const joint = path?.includes("?") ? "&" : "?";
  const read = useQuery<{ items: T[]; next_cursor?: string | null }>(
    path === null ? null : `${path}${joint}limit=${limit}`,
  );
  const [last, setLast] = useState<{ path: string | null; items: T[] } | null>(null);
  useEffect(() => {
    if (read.data) setLast({ path, items: read.data.items });
  }, [read.data]);
  // While a longer page is under way the shorter one stays.
  const data = read.data?.items ?? (last?.path === path ? last?.items : undefined);
  const canGrow = Boolean(read.data?.next_cursor) && limit < 500;
  return {
    ...read,
    data,
    loading: read.loading && data === undefined,
    setData: (items) => read.setData({ items }),
    more: canGrow ? () => setLimit(Math.min(500, limit * 2)) : null,
  };
}
