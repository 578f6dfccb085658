// How a version does now beside how it did on the data it was trained with, and beside another
// version: figures, figures over time with their coverage, confusion matrices, curves.

import { useMemo } from "preact/hooks";
import { ConfusionCard } from "../charts/confusion";
import { query, url } from "../lib/api";
import { fixed, integer, percent } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { type Figure, figuresOf, figureValue, judge, reasonOf } from "../lib/metrics";
import { type Query, useQuery } from "../lib/query";
import { setQuery, usePlace } from "../lib/router";
import type { Metrics, Model } from "../lib/types";
import { LinkButton } from "../ui/button";
import { Card, Stat } from "../ui/card";
import { Pick } from "../ui/fields";
import { Icon } from "../ui/icon";
import { Empty, Failure, Notice, Skeleton } from "../ui/state";
import { CsvButton, ScrollBox } from "../ui/table";
import type { TabProps } from "./model";
import { CurvesCard } from "./model_curves";
import { MetricOverTime } from "./model_time";
import { modelLink } from "./models";

export const windows: { id: string; bucket: string; key: Key }[] = [
  { id: "30m", bucket: "1h", key: "window.30m" },
  { id: "24h", bucket: "1h", key: "window.24h" },
  { id: "7d", bucket: "6h", key: "window.7d" },
  { id: "30d", bucket: "1d", key: "window.30d" },
  { id: "", bucket: "", key: "window.all" },
];

const day_ms = 86_400_000;

/** Everything since the model was made, in at most some hundred buckets; they are full hours. */
export function bucketForAge(age_ms: number): string {
  if (age_ms < 3 * day_ms) return "1h";
  return age_ms < 120 * day_ms ? "1d" : "7d";
}

type Source = "live" | "holdout" | "training";

function useMetrics(model: string, version: string | null, source: Source, window: string) {
  const search = query({
    version,
    source,
    window: source === "live" ? window : null,
  });
  return useQuery<Metrics>(version === null ? null : url`/models/${model}/metrics` + search);
}

export function PerformanceTab({ model, versions }: TabProps) {
  const asked = usePlace().query;
  const names = versions.map((one) => one.version);
  const version = asked.get("version") ?? model.champion ?? names[names.length - 1] ?? null;
  const challenger = model.arms?.find((arm) => arm.version !== version)?.version;
  const beside = asked.get("beside") ?? challenger ?? "";
  const window = asked.get("window") ?? "";
  if (model.task === "other") {
    return (
      <Card flush>
        <Empty icon="info" title={t("performance.other")} />
      </Card>
    );
  }
  if (version === null) {
    return (
      <Card flush>
        <Empty icon="models" title={t("versions.empty")}>
          {t("versions.emptyLead")}
        </Empty>
      </Card>
    );
  }
  const option = (one: string) => ({ value: one, text: t("version.long", { version: one }) });
  return (
    <div class="stack">
      <div class="row-wrap">
        <Pick
          label={t("version.version")}
          value={version}
          onChange={(next) => setQuery({ version: next, beside: next === beside ? "-" : beside })}
          options={names.map(option)}
        />
        <span class="muted">{t("performance.beside")}</span>
        <Pick
          label={t("performance.besideLabel")}
          value={beside === version ? "-" : beside || "-"}
          onChange={(next) => setQuery({ beside: next })}
          options={[
            { value: "-", text: t("performance.nothing") },
            ...names.filter((one) => one !== version).map(option),
          ]}
        />
        <span class="flex-grow-1" />
        <Pick
          label={t("window.window")}
          value={window}
          onChange={(next) => setQuery({ window: next })}
          options={windows.map((one) => ({ value: one.id, text: t(one.key) }))}
        />
      </div>
      <Content
        model={model}
        version={version}
        beside={beside === "-" || beside === version || !names.includes(beside) ? null : beside}
        window={window}
      />
    </div>
  );
}

export interface Chosen {
  model: Model;
  version: string;
  beside: string | null;
  window: string;
}

function Content(props: Chosen) {
  const { model, version, beside, window } = props;
  const live = useMetrics(model.name, version, "live", window);
  const holdout = useMetrics(model.name, version, "holdout", window);
  const training = useMetrics(model.name, version, "training", window);
  const otherLive = useMetrics(model.name, beside, "live", window);
  const otherHoldout = useMetrics(model.name, beside, "holdout", window);
  if (live.error && !live.data) return <Failure error={live.error} retry={live.reload} />;
  if (!live.data) return <Skeleton lines={8} />;
  const sides: Side[] = [
    { id: "training", version, source: "training", read: training },
    { id: "holdout", version, source: "holdout", read: holdout },
    { id: "live", version, source: "live", read: live },
    ...(beside === null
      ? []
      : [
          { id: "otherHoldout", version: beside, source: "holdout" as const, read: otherHoldout },
          { id: "otherLive", version: beside, source: "live" as const, read: otherLive },
        ]),
  ];
  return (
    <>
      <Coverage live={live.data} />
      {live.data.labelled === 0 && <NoTruth model={model.name} rows={live.data.rows} />}
      <FigureTable model={model} sides={sides} />
      <MetricOverTime {...props} holdout={holdout.data} />
      {model.task === "classification" && (
        <div class="two">
          {sides
            .filter((side) => side.source !== "training")
            .map((side) => (
              <ConfusionCard
                key={side.id}
                title={sideTitle(side)}
                name={`${model.name}-${side.version}-confusion-${side.source}`}
                metrics={side.read.data}
              />
            ))}
        </div>
      )}
      <CurvesCard {...props} />
    </>
  );
}

function Coverage({ live }: { live: Metrics }) {
  return (
    <dl class="stats mb-0">
      <Stat label={t("performance.rows")} value={integer(live.rows)} />
      <Stat
        label={t("performance.labelled")}
        value={integer(live.labelled)}
        note={t("performance.waiting", {
          count: live.rows - live.labelled,
          n: integer(live.rows - live.labelled),
        })}
      />
      <Stat label={t("performance.coverage")} value={percent(live.coverage, 1)} />
    </dl>
  );
}

function NoTruth({ model, rows }: { model: string; rows: number }) {
  return (
    <Notice>
      <p class="mb-2">{rows === 0 ? t("performance.noRows") : t("performance.noTruth")}</p>
      <LinkButton href={modelLink(model, "try")} small icon="play">
        {t("model.try")}
      </LinkButton>
    </Notice>
  );
}

interface Side {
  id: string;
  version: string;
  source: Source;
  read: Query<Metrics>;
}

function sideTitle(side: Side): string {
  return t("performance.side", {
    version: side.version,
    source: t(`source.${side.source}` as Key),
  });
}

function FigureTable({ model, sides }: { model: Model; sides: Side[] }) {
  const figures = figuresOf(model.task);
  const perClass = useMemo(() => classRows(sides), [sides]);
  return (
    <Card
      title={t("performance.figures")}
      note={t("performance.figuresNote")}
      flush
      actions={
        <CsvButton
          name={`${model.name}-performance`}
          header={[t("metric.metric"), ...sides.map(sideTitle)]}
          rows={() => [
            ...figures.map((one) => [
              t(`metric.${one.id}` as Key),
              ...sides.map((side) => figureValue(side.read.data, one)),
            ]),
            ...perClass.map((row) => [row.title, ...row.values]),
          ]}
        />
      }
    >
      <ScrollBox label={t("performance.figures")}>
        <table class="table">
          <FigureHead sides={sides} />
          <tbody>
            {figures.map((one) => (
              <FigureRow key={one.id} figure={one} sides={sides} />
            ))}
            <tr>
              <th scope="row">{t("performance.labelled")}</th>
              {sides.map((side) => (
                <td key={side.id} class="is-num">
                  {integer(side.read.data?.labelled)}
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </ScrollBox>
      {perClass.length > 0 && (
        <details class="fold flat-fold">
          <summary>{t("performance.perClass")}</summary>
          <ScrollBox label={t("performance.perClass")}>
            <table class="table">
              <FigureHead sides={sides} />
              <tbody>
                {perClass.map((row) => (
                  <tr key={row.title}>
                    <th scope="row">{row.title}</th>
                    {row.values.map((value, index) => (
                      <td key={index} class="is-num">
                        {fixed(value)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollBox>
        </details>
      )}
    </Card>
  );
}

function FigureHead({ sides }: { sides: Side[] }) {
  return (
    <thead>
      <tr>
        <th scope="col">{t("metric.metric")}</th>
        {sides.map((side) => (
          <th key={side.id} scope="col" class="is-num">
            {sideTitle(side)}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function FigureRow({ figure, sides }: { figure: Figure; sides: Side[] }) {
  const average = figure.averaged ? ` · ${t(`average.${figure.averaged}` as Key)}` : "";
  return (
    <tr>
      <th scope="row">
        {t(`metric.${figure.id}` as Key)}
        <span class="muted fw-normal">{average}</span>
      </th>
      {sides.map((side) => (
        <td key={side.id} class="is-num">
          <FigureCell figure={figure} side={side} sides={sides} />
        </td>
      ))}
    </tr>
  );
}

/** A live figure carries its distance to the same version's hold-out. */
function FigureCell({ figure, side, sides }: { figure: Figure; side: Side; sides: Side[] }) {
  const value = figureValue(side.read.data, figure);
  const reason = reasonOf(side.read.data, figure);
  if (value === null) {
    return reason ? (
      <span title={reason}>
        – <Icon name="info" />
        <span class="visually-hidden">{reason}</span>
      </span>
    ) : (
      <>–</>
    );
  }
  const history = sides.find((one) => one.version === side.version && one.source === "holdout");
  const past = side.source === "live" ? figureValue(history?.read.data, figure) : null;
  return (
    <>
      {fixed(value)}
      {past !== null && <Delta figure={figure} from={past} to={value} />}
    </>
  );
}

function Delta({ figure, from, to }: { figure: Figure; from: number; to: number }) {
  const verdict = judge(figure, from, to);
  const change = to - from;
  const sign = change > 0 ? "+" : change < 0 ? "−" : "±";
  return (
    <span
      class={`delta ${verdict === "same" ? "muted" : verdict}`}
      title={t("performance.toHoldout")}
    >
      {sign}
      {fixed(Math.abs(change), 3)}
    </span>
  );
}

function classRows(sides: Side[]): { title: string; values: (number | null)[] }[] {
  const classes = [...new Set(sides.flatMap((side) => side.read.data?.classes ?? []))];
  const rows: { title: string; values: (number | null)[] }[] = [];
  for (const id of ["precision", "recall", "f1", "auc"] as const) {
    for (const name of classes) {
      const values = sides.map((side) => side.read.data?.[id]?.per_class?.[name] ?? null);
      rows.push({ title: `${t(`metric.${id}` as Key)} · ${name}`, values });
    }
  }
  return rows;
}
