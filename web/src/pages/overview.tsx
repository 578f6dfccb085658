// The first page: how each model does, what is being trained, whether the server is well; on an
// empty installation the four steps to a first prediction.

import { Spark } from "../charts/sparks";
import { brief, duration, fixed, integer } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { mainFigure } from "../lib/metrics";
import { useQuery } from "../lib/query";
import { useRole } from "../lib/session";
import type { Overview, Run } from "../lib/types";
import { Badge, RunBadge } from "../ui/badge";
import { LinkButton } from "../ui/button";
import { Card, Stat } from "../ui/card";
import { Icon } from "../ui/icon";
import { Page } from "../ui/page";
import { Async, Empty } from "../ui/state";
import { Table, type TableColumn, TableCsv } from "../ui/table";
import { Time } from "../ui/value";
import { datasetName, runName } from "./run_parts";

export function OverviewPage() {
  const read = useQuery<Overview>("/overview");
  return (
    <Page title={t("nav.overview")} lead={t("overview.lead")}>
      <Async query={read} lines={8}>
        {(data) => <Content data={data} />}
      </Async>
    </Page>
  );
}

function Content({ data }: { data: Overview }) {
  const developer = useRole("developer");
  const started = data.models.some((one) => one.rows_24h > 0) || data.models.length > 1;
  return (
    <div class="stack">
      <Figures data={data} />
      {developer && !started && <FirstSteps data={data} />}
      {data.models.length > 0 && (
        <>
          <h2 class="mb-0">{t("nav.models")}</h2>
          <div class="cards">
            {data.models.map((one) => (
              <ModelCard key={one.name} model={one} />
            ))}
          </div>
        </>
      )}
      <RecentRuns runs={data.runs.recent} />
    </div>
  );
}

function Figures({ data }: { data: Overview }) {
  const well = data.health.status === "ok";
  const rows = data.models.reduce((sum, one) => sum + one.rows_24h, 0);
  const labelled = data.models.reduce((sum, one) => sum + one.labelled_24h, 0);
  return (
    <dl class="stats mb-0">
      <Stat
        label={t("overview.health")}
        value={
          <span class={well ? "good" : "warn"}>{t(`health.${data.health.status}` as Key)}</span>
        }
        note={t("overview.up", { time: duration(data.health.uptime_s * 1000) })}
      />
      <Stat
        label={t("overview.predictions")}
        value={integer(rows)}
        note={t("overview.labelled", { count: labelled, n: integer(labelled) })}
      />
      <Stat
        label={t("overview.runsNow")}
        value={integer(data.runs.running)}
        note={t("overview.queued", { count: data.runs.queued, n: integer(data.runs.queued) })}
      />
      <Stat
        label={t("overview.runsDone")}
        value={integer(data.runs.done_24h)}
        note={t("overview.failed", {
          count: data.runs.failed_24h,
          n: integer(data.runs.failed_24h),
        })}
      />
      <Stat
        label={t("overview.store")}
        value={storeName(data.health.store)}
        note={t("overview.logQueue", { n: integer(data.health.log_queue) })}
      />
    </dl>
  );
}

function storeName(store: string): string {
  if (store === "sqlite") return "SQLite";
  return store === "postgresql" ? "PostgreSQL" : store;
}

function FirstSteps({ data }: { data: Overview }) {
  const anyRun = data.runs.recent.length > 0;
  const steps: { key: Key; lead: Key; href: string; action: Key; done: boolean }[] = [
    {
      key: "steps.data",
      lead: "steps.dataLead",
      href: "/datasets/new",
      action: "datasets.upload",
      done: data.datasets > 0,
    },
    {
      key: "steps.train",
      lead: "steps.trainLead",
      href: "/catalogue",
      action: "nav.catalogue",
      done: anyRun,
    },
    {
      key: "steps.register",
      lead: "steps.registerLead",
      href: "/runs",
      action: "nav.runs",
      done: data.models.length > 0,
    },
    {
      key: "steps.predict",
      lead: "steps.predictLead",
      href: "/models",
      action: "nav.models",
      done: data.models.some((one) => one.rows_24h > 0),
    },
  ];
  const next = steps.findIndex((one) => !one.done);
  return (
    <Card title={t("steps.title")} flush>
      <ol class="steps">
        {steps.map((one, index) => (
          <li key={one.key} class={one.done ? "is-done" : ""}>
            <span class="step-mark" aria-hidden="true">
              {one.done ? <Icon name="check" /> : index + 1}
            </span>
            <div>
              <strong>{t(one.key)}</strong>
              {one.done && <span class="visually-hidden">{t("steps.done")}</span>}
              <p>{t(one.lead)}</p>
            </div>
            {index === next && (
              <LinkButton href={one.href} look="primary">
                {t(one.action)}
              </LinkButton>
            )}
          </li>
        ))}
      </ol>
    </Card>
  );
}

function ModelCard({ model }: { model: Overview["models"][number] }) {
  const metric = model.metric;
  return (
    <a class="card card-link model-card" href={`/models/${encodeURIComponent(model.name)}`}>
      <div class="d-flex justify-content-between gap-2 align-items-center">
        <h3 class="break">{model.name}</h3>
        {model.champion ? (
          <Badge tone="accent" icon="crown">
            {t("version.short", { version: model.champion })}
          </Badge>
        ) : (
          <Badge>{t("models.noChampion")}</Badge>
        )}
      </div>
      <Spark
        values={model.spark.map((one) => one.rows)}
        label={t("overview.spark", { n: integer(model.rows_24h) })}
      />
      <dl class="figures">
        {metric && (
          <>
            <div>
              <dt>{t("overview.metricLive", { metric: metricName(metric.name) })}</dt>
              <dd>{brief(metric.live)}</dd>
            </div>
            <div>
              <dt>{t("source.holdout")}</dt>
              <dd>{brief(metric.holdout)}</dd>
            </div>
          </>
        )}
        <div>
          <dt>{t("overview.rows24")}</dt>
          <dd>{integer(model.rows_24h)}</dd>
        </div>
      </dl>
      <div class="foot">
        <Badge>{t(`task.${model.task}` as Key)}</Badge>
        {model.challengers > 0 && (
          <Badge tone="info">{t("overview.challengers", { count: model.challengers })}</Badge>
        )}
        {model.rows_24h > 0 && (
          <Badge>
            {t("overview.labelled", { count: model.labelled_24h, n: integer(model.labelled_24h) })}
          </Badge>
        )}
      </div>
    </a>
  );
}

export function metricName(id: string): string {
  return t(`metric.${id}` as Key);
}

function RecentRuns({ runs }: { runs: Run[] }) {
  const columns: TableColumn<Run>[] = [
    {
      id: "name",
      title: t("run.run"),
      rowHead: true,
      value: runName,
      render: (run) => <a href={`/runs/${run.id}`}>{runName(run)}</a>,
    },
    {
      id: "status",
      title: t("run.status"),
      value: (run) => run.status,
      render: (run) => <RunBadge status={run.status} />,
    },
    { id: "module", title: t("run.module"), value: (run) => run.module },
    {
      id: "dataset",
      title: t("run.dataset"),
      clip: true,
      value: (run) => (run.dataset ? datasetName(run) : ""),
    },
    {
      id: "metric",
      title: t("source.holdout"),
      numeric: true,
      value: holdoutFigure,
      render: (run) => <HoldoutFigure run={run} />,
    },
    {
      id: "created",
      title: t("run.created"),
      value: (run) => run.created,
      render: (run) => <Time at={run.created} />,
    },
  ];
  return (
    <Card
      title={t("overview.recent")}
      flush
      actions={runs.length > 0 && <TableCsv name="runs" columns={columns} rows={runs} />}
    >
      {runs.length === 0 ? (
        <Empty icon="runs" title={t("runs.empty")}>
          {t("runs.emptyLead")}
        </Empty>
      ) : (
        <Table
          label={t("overview.recent")}
          columns={columns}
          rows={runs}
          rowKey={(run) => run.id}
          sortable={false}
        />
      )}
    </Card>
  );
}

function holdoutFigure(run: Run): number | null {
  const value = run.metrics?.holdout?.[mainFigure(run.dataset.task)];
  return typeof value === "number" ? value : null;
}

/** Runs of both tasks stand below each other: each figure says which one it is. */
function HoldoutFigure({ run }: { run: Run }) {
  const value = holdoutFigure(run);
  if (value === null) return <>–</>;
  return (
    <>
      <span class="muted">{metricName(mainFigure(run.dataset.task))}</span> {fixed(value)}
    </>
  );
}
