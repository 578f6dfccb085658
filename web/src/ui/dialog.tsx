// Questions over the page. The browser's own modal dialog keeps the focus inside and gives it
// back; closing by Escape or by the button calls onClose.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { ApiError } from "../lib/api";
import { t } from "../lib/i18n";
import { Button } from "./button";
import { Failure } from "./state";

interface DialogProps {
  title: string;
  onClose: () => void;
  onSubmit?: () => void;
  confirm?: string;
  danger?: boolean;
  busy?: boolean;
  disabled?: boolean;
  error?: ApiError | null;
  children?: ComponentChildren;
}

export function Dialog(props: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  const submit = (event: Event) => {
    event.preventDefault();
    props.onSubmit?.();
  };
  const content = (
    <>
      <h2 id={titleId}>{props.title}</h2>
      {props.children}
      {props.error && <Failure error={props.error} />}
      <div class="dialog-actions">
        <Button onClick={props.onClose}>{props.onSubmit ? t("app.cancel") : t("app.close")}</Button>
        {props.onSubmit && (
          <Button
            type="submit"
            look={props.danger ? "danger" : "primary"}
            busy={props.busy}
            disabled={props.disabled}
          >
            {props.confirm ?? t("app.save")}
          </Button>
        )}
      </div>
    </>
  );
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
    >
      {props.onSubmit ? (
        <form onSubmit={submit} noValidate>
          {content}
        </form>
      ) : (
        <div>{content}</div>
      )}
    </dialog>
  );
}
