// One run: how it goes, what it measured, what it left, and what to do with it.

import { useEffect, useState } from "preact/hooks";
import { api, url } from "../lib/api";
import { duration, percent } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { invalidate, useQuery } from "../lib/query";
import { useRole } from "../lib/session";
import type { Run } from "../lib/types";
import { RunBadge } from "../ui/badge";
import { Button } from "../ui/button";
import { Card } from "../ui/card";
import { useSender } from "../ui/form";
import { Page } from "../ui/page";
import { Async, Failure, Notice } from "../ui/state";
import { toast } from "../ui/toasts";
import { Meter, Time } from "../ui/value";
import { datasetLink } from "./datasets";
import { RegisterDialog, ResubmitDialog } from "./run_dialogs";
import { Artifacts, Facts, Parameters } from "./run_facts";
import { RunCurves, RunLog } from "./run_live";
import { MetricsCard } from "./run_metrics";
import { isOver, runName, took_ms } from "./run_parts";

export function RunPage({ id }: { id: string }) {
  const read = useQuery<Run>(url`/runs/${id}`);
  const run = read.data;
  return (
    <Page
      title={run ? runName(run) : t("run.run")}
      badge={run && <RunBadge status={run.status} />}
      lead={run && <Origin run={run} />}
      crumbs={[
        { text: t("nav.runs"), href: "/runs" },
        ...(run?.experiment
          ? [{ text: run.experiment.name, href: `/experiments/${run.experiment.id}` }]
          : []),
      ]}
      actions={run && <Actions run={run} />}
    >
      <Async query={read} lines={8}>
        {(data) => <Content run={data} />}
      </Async>
    </Page>
  );
}

function Origin({ run }: { run: Run }) {
  return (
    <>
      <a href={`/catalogue/${encodeURIComponent(run.module)}`}>{run.module}</a>
      {" · "}
      <a href={datasetLink(run.dataset.name, run.dataset.version)}>
        {run.dataset.name} {t("version.short", { version: run.dataset.version })}
      </a>
      {" · "}
      {run.user}
      {" · "}
      <Time at={run.created} />
    </>
  );
}

function Actions({ run }: { run: Run }) {
  const developer = useRole("developer");
  const [dialog, setDialog] = useState<"register" | "resubmit" | null>(null);
  const sender = useSender();
  if (!developer) return null;
  const cancel = async () => {
    const done = await sender.run(() => api.post<Run>(url`/runs/${run.id}/cancel`));
    if (done) toast(t("run.cancelAsked"), "good");
    invalidate("/runs");
  };
  return (
    <>
      {!isOver(run.status) && (
        <Button look="danger-plain" icon="stop" busy={sender.busy} onClick={cancel}>
          {t("run.cancel")}
        </Button>
      )}
      <Button icon="again" onClick={() => setDialog("resubmit")}>
        {t("run.resubmit")}
      </Button>
      {run.status === "done" && (
        <Button look="primary" icon="models" onClick={() => setDialog("register")}>
          {t("run.register")}
        </Button>
      )}
      {sender.error && <Failure error={sender.error} />}
      {dialog === "register" && <RegisterDialog run={run} onClose={() => setDialog(null)} />}
      {dialog === "resubmit" && <ResubmitDialog run={run} onClose={() => setDialog(null)} />}
    </>
  );
}

function Content({ run }: { run: Run }) {
  return (
    <div class="stack">
      {run.error && (
        <Notice kind="bad" icon="alert">
          {run.error}
        </Notice>
      )}
      {!isOver(run.status) && <Progress run={run} />}
      {run.versions?.length > 0 && <Registered run={run} />}
      <div class="wide-left">
        <div class="stack">
          {run.metrics && <MetricsCard run={run} />}
          <RunCurves run={run} />
          <RunLog key={run.id} run={run} />
        </div>
        <div class="stack">
          <Facts run={run} />
          <Parameters run={run} />
          <Artifacts run={run} />
        </div>
      </div>
    </div>
  );
}

function Progress({ run }: { run: Run }) {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const fraction = run.progress?.fraction ?? 0;
  const took = took_ms(run);
  return (
    <Card>
      <div class="stack-sm">
        <div class="d-flex justify-content-between gap-2">
          <span>{run.progress?.message || t(`status.${run.status}` as Key)}</span>
          <span class="num muted">
            {percent(fraction)}
            {took !== null && ` · ${duration(took)}`}
          </span>
        </div>
        <Meter share={fraction} label={t("run.progress")} />
      </div>
    </Card>
  );
}

function Registered({ run }: { run: Run }) {
  return (
    <Notice kind="good" icon="models">
      {t("run.registeredAs")}{" "}
      {run.versions.map((one, index) => (
        <span key={`${one.model}/${one.version}`}>
          {index > 0 && ", "}
          <a href={`/models/${encodeURIComponent(one.model)}/versions`}>
            {one.model} {t("version.short", { version: one.version })}
          </a>
        </span>
      ))}
    </Notice>
  );
}
