// What stands where data are to come: the skeleton, the failure, what to do when there is nothing.

import type { ComponentChildren } from "preact";
import type { ApiError } from "../lib/api";
import { t } from "../lib/i18n";
import type { Query } from "../lib/query";
import { Button, LinkButton } from "./button";
import { Icon, type IconName } from "./icon";

export function Empty(props: {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={props.icon} />
      <h3>{props.title}</h3>
      {props.children && <p>{props.children}</p>}
      {props.action}
    </div>
  );
}

export function Skeleton({ lines = 5 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status" aria-label={t("app.loading")}>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} />
      ))}
    </div>
  );
}

/** The sentence of a failure in the page's language where it is ours, else in the server's. */
export function sentenceOf(error: ApiError): string {
  if (error.code === "network") return t("app.offline");
  if (error.status === 429 && error.retryAfter_s !== null)
    return t("app.tooMany", { seconds: Math.ceil(error.retryAfter_s) });
  return error.message || t("app.failed");
}

export function Failure({ error, retry }: { error: ApiError; retry?: () => void }) {
  const sentence = sentenceOf(error);
  // One fault is often said twice: as the sentence and as that of its field.
  const details = (error.problem.errors ?? []).filter((one) => one.detail !== sentence);
  return (
    <div class="notice is-bad" role="alert">
      <Icon name="alert" />
      <div>
        <p>{sentence}</p>
        {details.length > 0 && (
          <ul>
            {details.map((one) => (
              <li key={one.pointer + one.detail}>
                {one.pointer && <code>{one.pointer}</code>} {one.detail}
              </li>
            ))}
          </ul>
        )}
      </div>
      {retry && (
        <Button small onClick={retry}>
          {t("app.retry")}
        </Button>
      )}
    </div>
  );
}

export function Notice(props: {
  kind?: "info" | "warn" | "good" | "bad";
  icon?: IconName;
  children: ComponentChildren;
}) {
  return (
    <div class={`notice is-${props.kind ?? "info"}`}>
      <Icon name={props.icon ?? "info"} />
      <div>{props.children}</div>
    </div>
  );
}

/** Never there, or gone since. */
function Gone() {
  return (
    <div role="alert">
      <Empty
        icon="info"
        title={t("app.notFound")}
        action={<LinkButton href="/">{t("app.toOverview")}</LinkButton>}
      >
        {t("app.notFoundLead")}
      </Empty>
    </div>
  );
}

/** What a read answers, or its skeleton, or its failure. */
export function Async<T>(props: {
  query: Pick<Query<T>, "data" | "error" | "loading" | "reload">;
  lines?: number;
  children: (data: T) => ComponentChildren;
}) {
  const { data, error, reload } = props.query;
  if (error?.status === 404) return <Gone />;
  if (error && data === undefined) return <Failure error={error} retry={reload} />;
  if (data === undefined) return <Skeleton lines={props.lines ?? 5} />;
  return <>{props.children(data)}</>;
}
