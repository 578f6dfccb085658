// The life of a form: busy while it is sent, its failure kept, fields find their own fault.

import { useState } from "preact/hooks";
import { ApiError, isAt } from "../lib/api";

export interface Sender {
  busy: boolean;
  error: ApiError | null;
  /** The fault of one field, by JSON pointer. */
  at: (pointer: string) => string | undefined;
  /** The failure, unless the fields named here say it all. */
  rest: (...pointers: string[]) => ApiError | null;
  clear: () => void;
  run: <T>(work: () => Promise<T>) => Promise<T | undefined>;
}

export function useSender(): Sender {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const run = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    setBusy(true);
    setError(null);
    try {
      return await work();
    } catch (cause) {
      setError(cause instanceof ApiError ? cause : new ApiError(0, { detail: String(cause) }));
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  const rest = (...pointers: string[]) => {
    const named = error?.problem.errors ?? [];
    const covered =
      named.length > 0 && named.every((one) => pointers.some((field) => isAt(one.pointer, field)));
    return covered ? null : error;
  };
  return {
    busy,
    error,
    at: (pointer) => error?.at(pointer),
    rest,
    clear: () => setError(null),
    run,
  };
}
