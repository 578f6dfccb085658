// Puts a component on a page and works it as somebody would.
import { type ComponentChild, render } from "preact";
import { act } from "preact/test-utils";
import { startI18n } from "../src/lib/i18n";

export async function show(child: ComponentChild): Promise<HTMLElement> {
  await startI18n("en");
  const root = document.createElement("div");
  document.body.append(root);
  await act(() => render(child, root));
  return root;
}

export async function type(element: Element | null, text: string): Promise<void> {
  if (!element) throw new Error("there is no such field");
  await act(() => {
    (element as HTMLInputElement).value = text;
    element.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

export async function choose(element: Element | null, value: string): Promise<void> {
  if (!element) throw new Error("there is no such select");
  await act(() => {
    (element as HTMLSelectElement).value = value;
    element.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

export async function submit(root: Element): Promise<void> {
  await act(async () => {
    root
      .querySelector("form")
      ?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    await new Promise((resolve) => setTimeout(resolve, 0));
  });
}

export function field(root: Element, label: string): HTMLInputElement | null {
  for (const one of root.querySelectorAll("label")) {
    if (!one.textContent?.startsWith(label)) continue;
    return root.querySelector(`[id="${one.getAttribute("for")}"]`);
  }
  return null;
}

export interface Asked {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: unknown;
}

/** Answers fetch() from a function and keeps what was asked. */
export function answerWith(
  answer: (asked: Asked) => { status: number; body?: unknown; headers?: Record<string, string> },
): Asked[] {
  const all: Asked[] = [];
  globalThis.fetch = (async (path: string, init: RequestInit) => {
    const asked = {
      method: init.method ?? "GET",
      path: String(path),
      headers: init.headers as Record<string, string>,
      body: typeof init.body === "string" ? JSON.parse(init.body) : init.body,
    };
    all.push(asked);
    const { status, body, headers } = answer(asked);
    const text = body === undefined ? null : JSON.stringify(body);
    return new Response(status === 204 ? null : text, { status, headers });
  }) as typeof fetch;
  return all;
}
