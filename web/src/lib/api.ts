// Talks to the native interface under /api/v1. Every failure becomes an ApiError with the
// server's own sentence; forms look up their fields with `at(pointer)`.
//
//     const run = await api.post<Run>("/runs", body);

import type { Problem } from "./types";

const base = "/api/v1";

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly problem: Problem;
  readonly retryAfter_s: number | null;

  constructor(status: number, problem: Problem, retryAfter_s: number | null = null) {
    super(problem.detail || problem.title || String(status));
    this.status = status;
    this.code = problem.code ?? (status === 0 ? "network" : "unknown");
    this.problem = problem;
    this.retryAfter_s = retryAfter_s;
  }

  /** What the server said about one field or a part of it, by its JSON pointer. */
  at(pointer: string): string | undefined {
    return this.problem.errors?.find((one) => isAt(one.pointer, pointer))?.detail;
  }
}

/** "/dataset/features/3" is about "/dataset/features". */
export function isAt(pointer: string, field: string): boolean {
  return pointer === field || pointer.startsWith(`${field}/`);
}

let csrf: string | null = null;
let onUnauthorized: () => void = () => {};

export function setCsrf(token: string | null): void {
  csrf = token;
}

export function setUnauthorizedHandler(handler: () => void): void {
  onUnauthorized = handler;
}

export interface Options {
  accept?: string;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

function headersFor(method: string, json: boolean, options: Options): Record<string, string> {
  const headers: Record<string, string> = { Accept: options.accept ?? "application/json" };
  if (json) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  return { ...headers, ...options.headers };
}

export function parseProblem(status: number, text: string): Problem {
  try {
    const body: unknown = JSON.parse(text);
    if (body && typeof body === "object") return body as Problem;
  } catch {
    // Something between us and the server answered, and not in JSON.
  }
  return { status, detail: text.slice(0, 300).trim() };
}

function failure(path: string, status: number, text: string, retry: string | null): ApiError {
  if (status === 401 && !path.startsWith("/session")) onUnauthorized();
  const seconds = retry === null ? null : Number(retry);
  return new ApiError(
    status,
    parseProblem(status, text),
    Number.isFinite(seconds) ? seconds : null,
  );
}

async function send(
  method: string,
  path: string,
  body: unknown,
  options: Options,
): Promise<Response> {
  const form = body instanceof FormData;
  const json = body !== undefined && !form;
  let response: Response;
  try {
    response = await fetch(base + path, {
      method,
      credentials: "same-origin",
      headers: headersFor(method, json, options),
      body: form ? body : json ? JSON.stringify(body) : undefined,
      signal: options.signal,
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(0, { code: "network" });
  }
  if (!response.ok) {
    const text = await response.text();
    throw failure(path, response.status, text, response.headers.get("Retry-After"));
  }
  return response;
}

async function call<T>(method: string, path: string, body?: unknown, options: Options = {}) {
  const response = await send(method, path, body, options);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export const api = {
  get: <T>(path: string, options?: Options) => call<T>("GET", path, undefined, options),
  post: <T>(path: string, body?: unknown, options?: Options) =>
    call<T>("POST", path, body, options),
  put: <T>(path: string, body: unknown) => call<T>("PUT", path, body),
  patch: <T>(path: string, body: unknown) => call<T>("PATCH", path, body),
  delete: (path: string) => call<void>("DELETE", path),
  text: async (path: string, accept: string) =>
    (await send("GET", path, undefined, { accept })).text(),
  blob: async (path: string, accept: string) =>
    (await send("GET", path, undefined, { accept })).blob(),
};

/** Sends a form and tells how much of it has left; fetch cannot tell that. */
export function upload<T>(
  path: string,
  form: FormData,
  onProgress: (fraction: number) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", base + path);
    request.setRequestHeader("Accept", "application/json");
    if (csrf) request.setRequestHeader("X-CSRF-Token", csrf);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onerror = () => reject(new ApiError(0, { code: "network" }));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(JSON.parse(request.responseText) as T);
        return;
      }
      const retry = request.getResponseHeader("Retry-After");
      reject(failure(path, request.status, request.responseText, retry));
    };
    request.send(form);
  });
}

/** A path from its parts, each escaped: url`/models/${name}/arms`. */
export function url(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return parts.reduce(
    (made, part, index) =>
      made + part + (index < values.length ? encodeURIComponent(String(values[index])) : ""),
    "",
  );
}

/** A query string of what is neither undefined, null nor empty, with its question mark. */
export function query(values: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `?${text}` : "";
}
