// Boxes that hold things together: a card with its head, one figure with its label.

import type { ComponentChildren } from "preact";

interface CardProps {
  title?: ComponentChildren;
  note?: ComponentChildren;
  actions?: ComponentChildren;
  flush?: boolean;
  level?: 2 | 3;
  class?: string;
  children: ComponentChildren;
}

export function Card({
  title,
  note,
  actions,
  flush,
  level = 2,
  class: extra,
  children,
}: CardProps) {
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <section class={`card ${extra ?? ""}`}>
      {(title || actions) && (
        <div class="card-head">
          <div>
            {title && <Heading>{title}</Heading>}
            {note && <p class="card-note">{note}</p>}
          </div>
          {actions && <div class="card-actions">{actions}</div>}
        </div>
      )}
      {flush ? children : <div class="card-body">{children}</div>}
    </section>
  );
}

export function Stat(props: {
  label: string;
  value: ComponentChildren;
  note?: ComponentChildren;
  /** A text rather than a figure. */
  small?: boolean;
}) {
  return (
    <div class={`stat ${props.small ? "is-small" : ""}`}>
      <dt>{props.label}</dt>
      <dd>
        {props.value}
        {props.note && <div class="stat-note">{props.note}</div>}
      </dd>
    </div>
  );
}
