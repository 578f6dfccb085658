// The figures of a run: what Crisol computed with its model, and what its program reported.

import { ConfusionCard } from "../charts/confusion";
import { figure, fixed } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { figuresOf, figureValue, reasonOf } from "../lib/metrics";
import type { Metrics, Run } from "../lib/types";
import { Card } from "../ui/card";
import { Icon } from "../ui/icon";
import { CsvButton, Table, type TableColumn, TableCsv } from "../ui/table";

interface Row {
  id: string;
  title: string;
  average: string;
  holdout: number | null;
  training: number | null;
  reason: string | undefined;
}

function metricRows(run: Run): Row[] {
  const { holdout, training } = run.metrics ?? {};
  return figuresOf(run.dataset.task).map((one) => ({
    id: one.id,
    title: t(`metric.${one.id}` as Key),
    average: one.averaged ? ` · ${t(`average.${one.averaged}` as Key)}` : "",
    holdout: figureValue(holdout, one),
    training: figureValue(training, one),
    reason: reasonOf(holdout, one) ?? reasonOf(training, one),
  }));
}

export function MetricsCard({ run }: { run: Run }) {
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
          <span class="visually-hidden">{row.reason}</span>
        </span>
      ) : (
        fixed(row[id])
      ),
  });
  const columns: TableColumn<Row>[] = [
    {
      id: "metric",
      title: t("metric.metric"),
      rowHead: true,
      value: (row) => row.title + row.average,
      render: (row) => (
        <>
          {row.title}
          <span class="muted fw-normal">{row.average}</span>
        </>
      ),
    },
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
        <Card
          title={t("run.reported")}
          note={t("run.reportedNote")}
          actions={
            <CsvButton
              name={`${run.id}-reported`}
              header={[t("metric.metric"), t("settings.value")]}
              rows={() => reported}
            />
          }
        >
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
