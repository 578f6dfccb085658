// What is pressed: buttons, links that look like them, one choice among a few.

import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon";

type ButtonLook = "primary" | "plain" | "ghost" | "danger" | "danger-plain";

interface ButtonProps {
  look?: ButtonLook;
  small?: boolean;
  icon?: IconName;
  busy?: boolean;
  disabled?: boolean;
  type?: "button" | "submit";
  label?: string;
  title?: string;
  onClick?: (event: MouseEvent) => void;
  children?: ComponentChildren;
}

export function Button(props: ButtonProps) {
  const { look = "plain", small, icon, busy, disabled, type = "button", label } = props;
  return (
    <button
      type={type}
      class={`btn btn-${look} ${small ? "btn-sm" : ""}`}
      disabled={disabled || busy}
      aria-label={label}
      title={props.title ?? label}
      onClick={props.onClick}
    >
      {busy ? <Icon name="spinner" class="spin" /> : icon && <Icon name={icon} />}
      {props.children}
    </button>
  );
}

interface LinkButtonProps {
  href: string;
  look?: ButtonLook;
  small?: boolean;
  icon?: IconName;
  download?: boolean;
  children: ComponentChildren;
}

export function LinkButton({ href, look = "plain", small, icon, ...rest }: LinkButtonProps) {
  return (
    <a
      href={href}
      class={`btn btn-${look} ${small ? "btn-sm" : ""}`}
      download={rest.download || undefined}
    >
      {icon && <Icon name={icon} />}
      {rest.children}
    </a>
  );
}

export function Segments<T extends string>(props: {
  label: string;
  value: T;
  options: { id: T; text: ComponentChildren; title?: string }[];
  onChange: (value: T) => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a form's looks along.
    <div class="segments" role="group" aria-label={props.label}>
      {props.options.map((one) => (
        <button
          key={one.id}
          type="button"
          aria-pressed={one.id === props.value}
          aria-label={one.title}
          title={one.title}
          onClick={() => props.onChange(one.id)}
        >
          {one.text}
        </button>
      ))}
    </div>
  );
}
