// Curves of a version: ROC, precision and recall, calibration, lift; for regression what was
// predicted against what was true, and the residuals.

import { useState } from "preact/hooks";
import { ChartCard, Legend } from "../charts/chart";
import { axis, base, colour, type Palette, tooltip } from "../charts/palette";
import { query, url } from "../lib/api";
import { figure, fixed } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { useQuery, useSteady } from "../lib/query";
import type { Curve } from "../lib/types";
import { Segments } from "../ui/button";
import { Pick } from "../ui/fields";
import type { Chosen } from "./model_scores";

const kinds = {
  classification: ["roc", "pr", "calibration", "lift"],
  regression: ["scatter", "residuals"],
};

export function CurvesCard({ model, version, beside, window }: Chosen) {
  const offered = model.task === "regression" ? kinds.regression : kinds.classification;
  const [kind, setKind] = useState(offered[0] ?? "roc");
  const [source, setSource] = useState<"live" | "holdout">("holdout");
  const [chosen, setChosen] = useState("");
  const shown = chosen === beside && beside !== null ? beside : version;
  const search = query({ version: shown, kind, source, window: source === "live" ? window : null });
  const path = url`/models/${model.name}/curves` + search;
  const read = useSteady(useQuery<Curve>(path), `${model.name} ${kind}`);
  const curve = read.data;
  const title = t(`curve.${kind}` as Key);
  const lines = curve?.classes ?? [];
  const legend = lines.map((one, series) => ({
    text:
      one.auc === undefined || one.auc === null
        ? one.class
        : t("curve.withAuc", { name: one.class, auc: fixed(one.auc, 3) }),
    series,
  }));
  const reasons = Object.values(curve?.reasons ?? {});
  return (
    <ChartCard
      title={t("performance.curves")}
      note={t("performance.side", { version: shown, source: t(`source.${source}` as Key) })}
      name={`${model.name}-${shown}-${kind}-${source}`}
      tall
      option={(palette) => curveOption(palette, kind, curve)}
      legend={legend.length > 0 && <Legend items={legend} />}
      table={tableOf(kind, curve)}
      summary={t("curve.summary", { name: title, version: shown })}
      loading={read.loading}
      empty={read.error?.message ?? reasons[0] ?? t("curve.empty")}
      actions={
        <>
          <Pick
            label={t("curve.kind")}
            value={kind}
            onChange={setKind}
            options={offered.map((one) => ({ value: one, text: t(`curve.${one}` as Key) }))}
          />
          {beside !== null && (
            <Pick
              label={t("version.version")}
              value={shown}
              onChange={setChosen}
              options={[version, beside].map((one) => ({
                value: one,
                text: t("version.long", { version: one }),
              }))}
            />
          )}
          <Segments
            label={t("curve.source")}
            value={source}
            onChange={setSource}
            options={[
              { id: "holdout", text: t("source.holdout") },
              { id: "live", text: t("source.live") },
            ]}
          />
        </>
      }
    />
  );
}

function axisNames(kind: string): [string, string] {
  return [t(`curve.${kind}.x` as Key), t(`curve.${kind}.y` as Key)];
}

function lastName(kind: string): string {
  return t(kind === "calibration" ? "curve.n" : "curve.threshold");
}

function tableOf(kind: string, curve: Curve | undefined) {
  const [x, y] = axisNames(kind);
  if (curve?.points) return { header: [x, y], rows: curve.points.map((one) => [one[0], one[1]]) };
  return {
    header: [t("curve.class"), x, y, lastName(kind)],
    rows: (curve?.classes ?? []).flatMap((one) =>
      one.points.map((point) => [one.class, point[0], point[1], point[2]]),
    ),
  };
}

/** The line that a useless (ROC) or a perfect (calibration, scatter) model would draw. */
function guide(palette: Palette, kind: string, curve: Curve | undefined) {
  const line = (data: number[][]) => ({
    type: "line",
    data,
    silent: true,
    symbol: "none",
    tooltip: { show: false },
    lineStyle: { color: palette.muted, type: "dotted", width: 1 },
  });
  if (kind === "roc" || kind === "calibration")
    return [
      line([
        [0, 0],
        [1, 1],
      ]),
    ];
  const xs = (curve?.points ?? []).flatMap((one) => (one[0] === undefined ? [] : [one[0]]));
  if (xs.length === 0) return [];
  const low = xs.reduce((a, b) => Math.min(a, b));
  const high = xs.reduce((a, b) => Math.max(a, b));
  if (kind === "scatter")
    return [
      line([
        [low, low],
        [high, high],
      ]),
    ];
  return kind === "residuals"
    ? [
        line([
          [low, 0],
          [high, 0],
        ]),
      ]
    : [];
}

interface CurvePoint {
  seriesName: string;
  value: number[];
}

/** A class and its point: both coordinates, and the threshold or the rows behind them. */
function pointText({ seriesName, value }: CurvePoint, names: string[]): string {
  const lines = names
    .slice(0, value.length)
    .map((name, index) => `${name}  ${figure(value[index])}`);
  const named = seriesName && !/^\W*series\W*\d/.test(seriesName);
  return (named ? [seriesName, ...lines] : lines).join("\n");
}

function curveOption(palette: Palette, kind: string, curve: Curve | undefined) {
  const [x, y] = axisNames(kind);
  const unit = ["roc", "pr", "calibration"].includes(kind);
  const range = unit ? { min: 0, max: 1 } : { scale: true };
  const series = curve?.points
    ? [
        {
          type: "scatter",
          symbolSize: 7,
          itemStyle: { color: colour(palette, 1), opacity: 0.65 },
          data: curve.points.map((one) => [one[0], one[1]]),
        },
      ]
    : (curve?.classes ?? []).map((one, index) => ({
        type: "line",
        name: one.class,
        data: one.points,
        // A line alone cannot be pointed at: its points are there, and seen when they are hit.
        symbol: "circle",
        showAllSymbol: true,
        symbolSize: 7,
        step: kind === "roc" ? "end" : undefined,
        lineStyle: { width: 2, color: colour(palette, index) },
        itemStyle: { color: colour(palette, index), opacity: kind === "calibration" ? 1 : 0 },
        emphasis: { itemStyle: { opacity: 1 } },
      }));
  return {
    ...base(palette),
    grid: { left: 60, right: 24, top: 16, bottom: 48 },
    tooltip: tooltip(palette, {
      formatter: (hit: CurvePoint) => pointText(hit, [x, y, lastName(kind)]),
    }),
    xAxis: axis(palette, { type: "value", name: x, nameLocation: "middle", nameGap: 28, ...range }),
    yAxis: axis(palette, { type: "value", name: y, nameLocation: "middle", nameGap: 42, ...range }),
    series: [...guide(palette, kind, curve), ...series],
  };
}
