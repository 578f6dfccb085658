// Short messages in the corner, read out by screen readers as they come.

import { t } from "../lib/i18n";
import { Store, useStore } from "../lib/store";
import { Icon } from "./icon";

type Tone = "good" | "bad";
interface Toast {
  id: number;
  text: string;
  tone: Tone;
}

const shown_ms = 6000;
const toasts = new Store<Toast[]>([]);
let last = 0;

function drop(id: number): void {
  toasts.set(toasts.get().filter((one) => one.id !== id));
}

export function toast(text: string, tone: Tone): void {
  const id = ++last;
  toasts.set([...toasts.get().slice(-3), { id, text, tone }]);
  // A failure stays until it has been read.
  if (tone === "good") setTimeout(() => drop(id), shown_ms);
}

export function Toasts() {
  const items = useStore(toasts);
  return (
    <section class="toasts" aria-live="polite" aria-label={t("app.messages")}>
      {items.map((one) => (
        <div key={one.id} class="toast-item">
          <Icon name={one.tone === "good" ? "check" : "alert"} class={one.tone} />
          <span>{one.text}</span>
          <button
            type="button"
            class="btn btn-ghost"
            aria-label={t("app.dismiss")}
            onClick={() => drop(one.id)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </section>
  );
}
