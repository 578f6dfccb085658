// Numbers, sizes and times as the language of the page writes them.

import { lang } from "./i18n";

/** The language of the page with the region that the browser names for it: en-GB, es-MX, pt-BR. */
export function locale(): string {
  const language = lang.get();
  const regional = navigator.languages?.find((one) => one.startsWith(`${language}-`));
  return regional ?? language;
}

const cache = new Map<string, Intl.NumberFormat>();

function formatter(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale() + JSON.stringify(options);
  let made = cache.get(key);
  if (!made) {
    made = new Intl.NumberFormat(locale(), options);
    cache.set(key, made);
  }
  return made;
}

export const nothing = "–";

type Maybe = number | null | undefined;

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

export function integer(value: Maybe): string {
  return isNumber(value) ? formatter({ maximumFractionDigits: 0 }).format(value) : nothing;
}

function scientific(value: number): string {
  const text = formatter({ notation: "scientific", maximumFractionDigits: 3 }).format(value);
  return text.replace("E", "e");
}

/** A measured figure: four decimals near one, fewer digits for large ones, exponents far away. */
export function figure(value: unknown): string {
  if (!isNumber(value)) return nothing;
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size < 0.0001 || size >= 1e9) return scientific(value);
  if (size >= 1000) return formatter({ maximumFractionDigits: 1 }).format(value);
  if (size >= 10) return formatter({ maximumFractionDigits: 3 }).format(value);
  return formatter({ maximumFractionDigits: 4, minimumFractionDigits: 0 }).format(value);
}

/** A score or an error with its decimals kept; large ones lose those that say nothing. */
export function fixed(value: unknown, decimals = 4): string {
  if (!isNumber(value)) return nothing;
  const size = Math.abs(value);
  if (size >= 1e9) return scientific(value);
  const kept = size >= 1000 ? 1 : size >= 100 ? 2 : size >= 10 ? 3 : decimals;
  const digits = Math.min(decimals, kept);
  return formatter({ maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
}

/** A figure for a narrow place: 0.933, 41.27, 102.3K. */
export function brief(value: unknown): string {
  if (!isNumber(value)) return nothing;
  return Math.abs(value) >= 10_000 ? compact(value) : fixed(value, 3);
}

/** What stands beside an axis. */
export function tick(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return compact(value);
  if (size !== 0 && size < 0.0001) return scientific(value);
  return formatter({ maximumFractionDigits: 6 }).format(value);
}

/** "," where the page writes 0,5, else ".". */
export function decimalMark(): string {
  return formatter({ minimumFractionDigits: 1 }).format(0.5).includes(",") ? "," : ".";
}

/** A number as one types it into a field: all of its digits, no grouping, the page's own mark. */
export function typing(value: number): string {
  return String(value).replace(".", decimalMark());
}

export function percent(value: Maybe, decimals = 0): string {
  if (!isNumber(value)) return nothing;
  return formatter({ style: "percent", maximumFractionDigits: decimals }).format(value);
}

export function compact(value: Maybe): string {
  if (!isNumber(value)) return nothing;
  return formatter({ notation: "compact", maximumFractionDigits: 1 }).format(value);
}

const units = ["B", "kB", "MB", "GB", "TB"];

export function bytes(value: Maybe): string {
  if (!isNumber(value)) return nothing;
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  const text = formatter({ maximumFractionDigits: unit === 0 || size >= 100 ? 0 : 1 }).format(size);
  return `${text} ${units[unit]}`;
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

export function relative(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  if (!Number.isFinite(seconds)) return nothing;
  const [unit, size] = steps.find(([, one]) => Math.abs(seconds) >= one) ?? ["second", 1];
  const made = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  return made.format(Math.trunc(seconds / size), unit);
}

export function absolute(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return nothing;
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "medium" }).format(
    date,
  );
}

export function clock(time: string | number, withDay: boolean): string {
  return new Intl.DateTimeFormat(locale(), {
    ...(withDay ? { day: "numeric", month: "short" } : {}),
    hour: "2-digit",
    minute: "2-digit",
  }).format(new Date(time));
}

export function duration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return nothing;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${formatter({ maximumFractionDigits: 1 }).format(seconds)} s`;
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24];
  const [days = 0, hours = 0] = parts;
  if (days > 0) return `${days} d ${hours} h`;
  const minutes = Math.floor(whole / 60) % 60;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return `${minutes} min ${whole % 60} s`;
}

/** A parameter or a cell as text: numbers by locale, lists and objects as JSON. */
export function plain(value: unknown): string {
  if (value === null || value === undefined || value === "") return nothing;
  if (typeof value === "number") return figure(value);
  if (typeof value === "string") return value;
  return JSON.stringify(value);
}
