// A document for the components, before any of them is loaded.
import { Window } from "happy-dom";

const page = new Window({ url: "http://127.0.0.1/" });
const names = [
  "document",
  "location",
  "history",
  "localStorage",
  "navigator",
  "HTMLElement",
  "Element",
  "Node",
  "Event",
  "MouseEvent",
  "KeyboardEvent",
  "CustomEvent",
  "FormData",
  "SVGElement",
  "Text",
  "getComputedStyle",
  "requestAnimationFrame",
  "cancelAnimationFrame",
] as const;
const global = globalThis as unknown as Record<string, unknown>;
for (const name of names) {
  const value = (page as unknown as Record<string, unknown>)[name];
  const bound = typeof value === "function" && /^[a-z]/.test(name) ? value.bind(page) : value;
  Object.defineProperty(global, name, { value: bound, configurable: true, writable: true });
}
global.window = page;
global.addEventListener = page.addEventListener.bind(page);
global.removeEventListener = page.removeEventListener.bind(page);
global.matchMedia = () => ({ matches: false, addEventListener: () => {} });
global.scrollTo = () => {};

// A clock that ticks on a page must not keep the test program alive.
const interval = globalThis.setInterval;
global.setInterval = (work: () => void, ms: number) => {
  const timer = interval(work, ms);
  timer.unref();
  return timer;
};
