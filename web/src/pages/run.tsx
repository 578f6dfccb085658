// One run: how it goes, what it measured, what it left, and what to do with it.

import { useEffect, useState } from "preact/hooks";
import { ConfusionCard } from "../charts/confusion";
import { api, url } from "../lib/api";
import { bytes, duration, figure, fixed, percent, plain } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { figuresOf, figureValue, reasonOf } from "../lib/metrics";
import { invalidate, useQuery } from "../lib/query";
import { useRole } from "../lib/session";
import type { Artifact, List, Metrics, Run } from "../lib/types";
import { Badge, RunBadge } from "../ui/badge";
import { Button, LinkButton } from "../ui/button";
import { Card } from "../ui/card";
import { useSender } from "../ui/form";
import { Icon } from "../ui/icon";
import { Page } from "../ui/page";
import { Async, Empty, Failure, Notice } from "../ui/state";
import { CsvButton, ScrollBox, Table, type TableColumn, TableCsv } from "../ui/table";
import { toast } from "../ui/toasts";
import { Copy, Meter, ShortId, Time } from "../ui/value";
import { datasetLink } from "./datasets";
import { RegisterDialog, ResubmitDialog } from "./run_dialogs";
import { RunCurves, RunLog } from "./run_live";
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

interface Row {
  id: string;
  title: string;
  holdout: number | null;
  training: number | null;
  reason: string | undefined;
}

function metricRows(run: Run): Row[] {
  const { holdout, training } = run.metrics ?? {};
  return figuresOf(run.dataset.task).map((one) => ({
    id: one.id,
    title: t(`metric.${one.id}` as Key),
    holdout: figureValue(holdout, one),
    training: figureValue(training, one),
    reason: reasonOf(holdout, one) ?? reasonOf(training, one),
  }));
}

function MetricsCard({ run }: { run: Run }) {
  const rows = metricRows(run);
  const reported = Object.entries(run.metrics?.reported ?? {});
  const number = (id: "holdout" | "training", title: string): TableColumn<Row> => ({
    id,
    title,
    numeric: true,
    value: (row) => row[id],
    render: (row) =>
      row[id] === null && row.reason ? (
        <span title={row.reason}>
          – <Icon name="info" />
        </span>
      ) : (
        fixed(row[id])
      ),
  });
  const columns: TableColumn<Row>[] = [
    { id: "metric", title: t("metric.metric"), rowHead: true, value: (row) => row.title },
    number("holdout", t("source.holdout")),
    number("training", t("source.training")),
  ];
  const any = run.metrics?.holdout || run.metrics?.training;
  return (
    <>
      {any && (
        <Card
          title={t("run.metrics")}
          note={t("run.metricsNote")}
          flush
          actions={<TableCsv name={`${run.id}-metrics`} columns={columns} rows={rows} />}
        >
          <Table
            label={t("run.metrics")}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            sortable={false}
          />
        </Card>
      )}
      {run.dataset.task === "classification" && any && (
        <div class="cards matrices">
          <ConfusionOf run={run} source="holdout" />
          <ConfusionOf run={run} source="training" />
        </div>
      )}
      {reported.length > 0 && (
        <Card title={t("run.reported")} note={t("run.reportedNote")}>
          <dl class="defs">
            {reported.map(([name, value]) => (
              <>
                <dt class="mono">{name}</dt>
                <dd class="num">{figure(value)}</dd>
              </>
            ))}
          </dl>
        </Card>
      )}
    </>
  );
}

function ConfusionOf({ run, source }: { run: Run; source: "holdout" | "training" }) {
  const metrics: Metrics | null | undefined = run.metrics?.[source];
  return (
    <ConfusionCard
      title={t("confusion.titleOf", { source: t(`source.${source}` as Key) })}
      name={`${run.id}-confusion-${source}`}
      metrics={metrics ?? undefined}
    />
  );
}

function Facts({ run }: { run: Run }) {
  const split = Object.entries(run.dataset.split ?? {});
  return (
    <Card title={t("run.facts")}>
      <dl class="defs">
        <dt>{t("run.id")}</dt>
        <dd>
          <ShortId id={run.id} length={14} />
        </dd>
        <dt>{t("run.module")}</dt>
        <dd>
          {run.module} <span class="muted num">{run.module_version}</span>
        </dd>
        <dt>{t("run.target")}</dt>
        <dd>
          {run.dataset.target} <Badge>{t(`task.${run.dataset.task}` as Key)}</Badge>
        </dd>
        <dt>{t("run.features")}</dt>
        <dd>{run.dataset.features?.join(", ")}</dd>
        <dt>{t("train.split")}</dt>
        <dd>{split.map(([, value]) => plain(value)).join(" · ") || "–"}</dd>
        <dt>{t("run.seed")}</dt>
        <dd>
          <Copy text={String(run.seed)} />
        </dd>
        <dt>{t("run.took")}</dt>
        <dd class="num">{took_ms(run) === null ? "–" : duration(took_ms(run) ?? 0)}</dd>
        {run.digest && (
          <>
            <dt>{t("run.digest")}</dt>
            <dd>
              <ShortId id={run.digest} />
            </dd>
          </>
        )}
        {run.resubmitted_from && (
          <>
            <dt>{t("run.from")}</dt>
            <dd>
              <a href={`/runs/${encodeURIComponent(run.resubmitted_from)}`} class="mono">
                {run.resubmitted_from.slice(0, 14)}
              </a>
            </dd>
          </>
        )}
      </dl>
    </Card>
  );
}

function Parameters({ run }: { run: Run }) {
  const rows = Object.entries(run.parameters ?? {});
  return (
    <Card
      title={t("train.parameters")}
      actions={
        <CsvButton
          name={`${run.id}-parameters`}
          header={[t("module.parameter"), t("module.values")]}
          rows={() => rows.map(([name, value]) => [name, plain(value)])}
        />
      }
    >
      <dl class="defs">
        {rows.map(([name, value]) => (
          <>
            <dt class="mono">{name}</dt>
            <dd class="num">{plain(value)}</dd>
          </>
        ))}
      </dl>
    </Card>
  );
}

function Artifacts({ run }: { run: Run }) {
  const read = useQuery<List<Artifact>>(url`/runs/${run.id}/artifacts`);
  const address = (path: string) =>
    `/api/v1/runs/${encodeURIComponent(run.id)}/artifacts/${path.split("/").map(encodeURIComponent).join("/")}`;
  return (
    <Card title={t("run.artifacts")} flush>
      <Async query={read} lines={3}>
        {(data) =>
          data.items.length === 0 ? (
            <Empty icon="file" title={t("run.noArtifacts")} />
          ) : (
            <ScrollBox label={t("run.artifacts")}>
              <table class="table">
                <tbody>
                  {data.items.map((one) => (
                    <tr key={one.path}>
                      <th scope="row" class="mono break">
                        <a href={address(one.path)} download>
                          {one.path}
                        </a>
                      </th>
                      <td class="is-num muted">{bytes(one.bytes)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </ScrollBox>
          )
        }
      </Async>
      {run.status === "done" && (
        <div class="card-body">
          <LinkButton
            href={`/catalogue/${encodeURIComponent(run.module)}/train?from=${encodeURIComponent(run.id)}`}
            icon="edit"
          >
            {t("run.trainLike")}
          </LinkButton>
        </div>
      )}
    </Card>
  );
}
