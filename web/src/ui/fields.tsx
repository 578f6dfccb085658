// Labelled form controls. A field ties its label, its hint and its fault to the control.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Icon } from "./icon";

interface Common {
  label: string;
  hint?: ComponentChildren;
  error?: string | undefined;
  optional?: string;
}

interface Ids {
  id: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
}

export function Field(props: Common & { children: (ids: Ids) => ComponentChildren }) {
  const id = useId();
  const described = [props.hint && `${id}-hint`, props.error && `${id}-error`].filter(Boolean);
  return (
    <div>
      <label class="form-label" for={id}>
        {props.label}
        {props.optional && <span class="muted fw-normal"> · {props.optional}</span>}
      </label>
      {props.children({
        id,
        "aria-describedby": described.join(" ") || undefined,
        "aria-invalid": props.error ? true : undefined,
      })}
      {props.hint && (
        <div class="form-hint" id={`${id}-hint`}>
          {props.hint}
        </div>
      )}
      <FieldError id={`${id}-error`} error={props.error} />
    </div>
  );
}

export function FieldError({ id, error }: { id?: string; error: string | undefined }) {
  if (!error) return null;
  return (
    <div class="form-error" id={id}>
      <Icon name="alert" />
      <span>{error}</span>
    </div>
  );
}

interface TextProps extends Common {
  value: string;
  onInput: (value: string) => void;
  type?: "text" | "password" | "search";
  name?: string;
  autocomplete?: "username" | "current-password" | "new-password" | "off";
  inputMode?: "text" | "decimal" | "numeric";
  placeholder?: string;
  mono?: boolean;
  disabled?: boolean;
  list?: string[];
}

export function TextField(props: TextProps) {
  const listId = useId();
  return (
    <Field {...props}>
      {(ids) => (
        <>
          <input
            {...ids}
            class={`form-control ${props.mono ? "mono" : ""} ${props.error ? "is-invalid" : ""}`}
            type={props.type ?? "text"}
            name={props.name}
            autocomplete={props.autocomplete ?? "off"}
            inputMode={props.inputMode}
            placeholder={props.placeholder}
            disabled={props.disabled}
            spellcheck={false}
            list={props.list ? listId : undefined}
            value={props.value}
            onInput={(event) => props.onInput(event.currentTarget.value)}
          />
          {props.list && (
            <datalist id={listId}>
              {props.list.map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

export function AreaField(
  props: Common & {
    value: string;
    onInput: (value: string) => void;
    mono?: boolean;
    rows?: number;
  },
) {
  return (
    <Field {...props}>
      {(ids) => (
        <textarea
          {...ids}
          class={`form-control ${props.mono ? "mono" : ""} ${props.error ? "is-invalid" : ""}`}
          rows={props.rows ?? 3}
          value={props.value}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export interface Option {
  value: string;
  text: string;
  disabled?: boolean;
}

export function SelectField(
  props: Common & {
    value: string;
    options: Option[];
    onChange: (value: string) => void;
    disabled?: boolean;
    name?: string;
  },
) {
  return (
    <Field {...props}>
      {(ids) => (
        <select
          {...ids}
          class={`form-select ${props.error ? "is-invalid" : ""}`}
          name={props.name}
          disabled={props.disabled}
          value={props.value}
          onChange={(event) => props.onChange(event.currentTarget.value)}
        >
          {props.options.map((one) => (
            <option key={one.value} value={one.value} disabled={one.disabled}>
              {one.text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A select without a visible label, for tool bars. */
export function Pick(props: {
  label: string;
  value: string;
  options: Option[];
  onChange: (value: string) => void;
  disabled?: boolean;
}) {
  return (
    <select
      class="form-select w-auto"
      aria-label={props.label}
      title={props.label}
      disabled={props.disabled}
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    >
      {props.options.map((one) => (
        <option key={one.value} value={one.value}>
          {one.text}
        </option>
      ))}
    </select>
  );
}

export function Check(props: {
  label: ComponentChildren;
  checked: boolean;
  onChange: (checked: boolean) => void;
  hint?: string;
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <div class="form-check">
      <input
        class="form-check-input"
        type="checkbox"
        id={id}
        checked={props.checked}
        disabled={props.disabled}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <label class="form-check-label break" for={id}>
        {props.label}
      </label>
      {props.hint && (
        <div class="form-hint" id={`${id}-hint`}>
          {props.hint}
        </div>
      )}
    </div>
  );
}
