// One figure over time for one or two versions, with the rows and their truth below as bars.

import { useState } from "preact/hooks";
import { ChartCard, Legend } from "../charts/chart";
import { axis, base, colour, type Palette, tooltip } from "../charts/palette";
import { clock, fixed, integer } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { bucketValue, figuresOf, figureValue, mainFigure } from "../lib/metrics";
import type { Steady } from "../lib/query";
import type { Bucket, Metrics } from "../lib/types";
import { Pick } from "../ui/fields";
import { sentenceOf } from "../ui/state";
import type { Chosen } from "./model_scores";

const minute_ms = 60_000;
const day_ms = 86_400_000;

interface OverTime extends Chosen {
  live: Steady<Metrics>;
  other: Steady<Metrics> | undefined;
  holdout: Steady<Metrics> | undefined;
}

export function MetricOverTime(props: OverTime) {
  const { model, version, beside, live } = props;
  const [id, setId] = useState(
    figuresOf(model.task).some((one) => one.id === model.primary_metric)
      ? model.primary_metric
      : mainFigure(model.task),
  );
  const own = live.data?.buckets ?? [];
  const other = props.other?.data?.buckets ?? [];
  const title = t(`metric.${id}` as Key);
  const lines = [
    { name: t("version.long", { version }), buckets: own },
    ...(beside === null ? [] : [{ name: t("version.long", { version: beside }), buckets: other }]),
  ];
  const chosenFigure = figuresOf(model.task).find((one) => one.id === id);
  const past = chosenFigure ? figureValue(props.holdout?.data, chosenFigure) : null;
  const used = own.filter((one) => one.rows > 0).length > 0;
  return (
    <ChartCard
      title={t("performance.overTime")}
      note={t("performance.overTimeNote")}
      name={`${model.name}-${id}-over-time`}
      tall
      option={(palette) => timeOption(palette, { id, title, lines, past, bars: own })}
      legend={<Legend items={lines.map((one, series) => ({ text: one.name, series }))} />}
      table={{
        header: ["from", "to", "version", title, t("performance.rows"), t("performance.labelled")],
        rows: used
          ? lines.flatMap((line) =>
              line.buckets.map((one) => [
                one.from,
                one.to,
                line.name,
                bucketValue(one, id),
                one.rows,
                one.labelled,
              ]),
            )
          : [],
      }}
      summary={t("performance.overTimeSummary", { metric: title, count: own.length })}
      empty={live.error ? sentenceOf(live.error) : t("performance.noRows")}
      loading={live.loading}
      actions={
        <Pick
          label={t("metric.metric")}
          value={id}
          onChange={setId}
          options={figuresOf(model.task).map((one) => ({
            value: one.id,
            text: t(`metric.${one.id}` as Key),
          }))}
        />
      }
    />
  );
}

interface TimeOption {
  id: string;
  title: string;
  lines: { name: string; buckets: Bucket[] }[];
  past: number | null;
  bars: Bucket[];
}

/** The name of an axis above it, beginning where its figures begin. */
function atTop(palette: Palette, name: string) {
  const nameTextStyle = {
    color: palette.muted,
    fontSize: 11,
    align: "left",
    padding: [0, 0, 0, -52],
  };
  return { name, nameLocation: "end", nameGap: 10, nameTextStyle };
}

function middle(bucket: Bucket): number {
  return (Date.parse(bucket.from) + Date.parse(bucket.to)) / 2;
}

function timeOption(palette: Palette, given: TimeOption) {
  const { bars, lines, past } = given;
  const first = bars[0];
  const last = bars[bars.length - 1];
  const long = first && last ? Date.parse(last.to) - Date.parse(first.from) > day_ms : false;
  const time = {
    type: "time",
    // Else the axis of the bars is longer, and they stand beside the points that they belong to.
    containShape: false,
    min: first ? Date.parse(first.from) : undefined,
    max: last ? Date.parse(last.to) : undefined,
  };
  const label = {
    color: palette.muted,
    fontSize: 11,
    hideOverlap: true,
    // Ticks between full minutes, and at the cut ends of a window, would repeat their neighbours.
    formatter: (at: number) => (at % minute_ms === 0 ? clock(at, long) : ""),
  };
  return {
    ...base(palette),
    grid: [
      { left: 56, right: 20, top: 28, height: "50%" },
      { left: 56, right: 20, top: "74%", bottom: 28 },
    ],
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    tooltip: tooltip(palette, {
      trigger: "axis",
      formatter: (some: TooltipItem[]) => tooltipText(some, long),
    }),
    xAxis: [
      axis(palette, {
        ...time,
        gridIndex: 0,
        axisLabel: { show: false },
        splitLine: { show: false },
      }),
      axis(palette, { ...time, gridIndex: 1, axisLabel: label, splitLine: { show: false } }),
    ],
    yAxis: [
      axis(palette, {
        type: "value",
        scale: true,
        gridIndex: 0,
        splitNumber: 4,
        ...atTop(palette, given.title),
      }),
      axis(palette, {
        type: "value",
        gridIndex: 1,
        splitNumber: 2,
        minInterval: 1,
        ...atTop(palette, t("performance.rows")),
      }),
    ],
    series: [
      ...lines.map((line, index) =>
        lineSeries(palette, line, given.id, index, index === 0 ? past : null),
      ),
      barSeries(palette, t("performance.labelled"), bars, (one) => one.labelled, 1),
      barSeries(palette, t("performance.unlabelled"), bars, (one) => one.rows - one.labelled, 0.3),
    ],
  };
}

function lineSeries(
  palette: Palette,
  line: TimeOption["lines"][number],
  id: string,
  index: number,
  past: number | null,
) {
  const tint = colour(palette, index);
  return {
    type: "line",
    name: line.name,
    data: line.buckets
      .filter((one) => one.labelled > 0)
      .map((one) => [middle(one), bucketValue(one, id)]),
    symbolSize: 6,
    lineStyle: { width: 2, color: tint, type: index === 0 ? "solid" : "dashed" },
    itemStyle: { color: tint },
    markLine:
      past === null
        ? undefined
        : {
            silent: true,
            symbol: "none",
            lineStyle: { color: tint, type: "dotted" },
            label: {
              formatter: t("source.holdout"),
              position: "insideEndTop",
              color: palette.muted,
              fontSize: 11,
            },
            data: [{ yAxis: past }],
          },
  };
}

function barSeries(
  palette: Palette,
  name: string,
  bars: Bucket[],
  read: (bucket: Bucket) => number,
  opacity: number,
) {
  return {
    type: "bar",
    name,
    stack: "rows",
    xAxisIndex: 1,
    yAxisIndex: 1,
    barMaxWidth: 14,
    itemStyle: { color: colour(palette, 2), opacity },
    data: bars.map((one) => [middle(one), read(one)]),
  };
}

interface TooltipItem {
  seriesName: string;
  seriesType: string;
  value: [number, number];
}

function tooltipText(some: TooltipItem[], long: boolean): string {
  const [first] = some;
  if (!first) return "";
  const lines = some.map(
    (one) =>
      `${one.seriesName}  ${one.seriesType === "bar" ? integer(one.value[1]) : fixed(one.value[1])}`,
  );
  return [clock(first.value[0], long), ...lines].join("\n");
}
