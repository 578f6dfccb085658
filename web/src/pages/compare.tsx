// Runs side by side: only what differs, a figure against a parameter, and all of them at once.

import { useEffect, useMemo, useState } from "preact/hooks";
import { ChartCard } from "../charts/chart";
import { axis, base, colour, type Palette, tooltip } from "../charts/palette";
import { ApiError, api, url } from "../lib/api";
import { figure, fixed, plain } from "../lib/format";
import { t } from "../lib/i18n";
import { usePlace } from "../lib/router";
import type { Run } from "../lib/types";
import { LinkButton } from "../ui/button";
import { Card } from "../ui/card";
import { Check, Pick } from "../ui/fields";
import { Page } from "../ui/page";
import { Empty, Failure, Skeleton } from "../ui/state";
import { CsvButton, ScrollBox } from "../ui/table";
import { datasetName, flatMetrics, runName, tookText } from "./run_parts";
import { figureTitle } from "./runs_table";

export function ComparePage() {
  const ids = usePlace().query.get("ids") ?? "";
  const [runs, setRuns] = useState<Run[] | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => {
    let gone = false;
    const wanted = ids.split(",").filter(Boolean).slice(0, 50);
    Promise.all(wanted.map((id) => api.get<Run>(url`/runs/${decodeURIComponent(id)}`))).then(
      (found) => !gone && setRuns(found),
      (cause) => !gone && cause instanceof ApiError && setError(cause),
    );
    return () => {
      gone = true;
    };
  }, [ids]);
  return (
    <Page
      title={t("compare.title")}
      lead={t("compare.lead")}
      crumbs={[{ text: t("nav.runs"), href: "/runs" }]}
    >
      {error ? (
        <Failure error={error} />
      ) : runs === null ? (
        <Skeleton lines={8} />
      ) : runs.length < 2 ? (
        <Card flush>
          <Empty
            icon="compare"
            title={t("compare.empty")}
            action={<LinkButton href="/runs">{t("nav.runs")}</LinkButton>}
          >
            {t("runs.compareHint")}
          </Empty>
        </Card>
      ) : (
        <Content runs={runs} />
      )}
    </Page>
  );
}

interface Line {
  group: string;
  name: string;
  cells: unknown[];
  measured: boolean;
}

function linesOf(runs: Run[]): Line[] {
  const lines: Line[] = [];
  const add = (group: string, name: string, read: (run: Run) => unknown, measured = false) =>
    lines.push({ group, name, cells: runs.map(read), measured });
  const facts = t("compare.facts");
  add(facts, t("run.module"), (run) => `${run.module} ${run.module_version ?? ""}`.trim());
  add(facts, t("run.dataset"), datasetName);
  add(facts, t("run.target"), (run) => run.dataset.target);
  add(facts, t("run.features"), (run) => (run.dataset.features ?? []).join(", "));
  add(facts, t("train.split"), (run) => run.dataset.split);
  add(facts, t("run.seed"), (run) => run.seed);
  add(facts, t("run.took"), tookText);
  const names = (read: (run: Run) => object) => [
    ...new Set(runs.flatMap((run) => Object.keys(read(run) ?? {}))),
  ];
  for (const name of names((run) => run.parameters))
    add(t("train.parameters"), name, (run) => run.parameters?.[name]);
  for (const name of names(flatMetrics))
    add(t("run.metrics"), figureTitle(name), (run) => flatMetrics(run)[name], true);
  return lines;
}

/** Figures keep their decimals so that they can be read down the column. */
function cellText(line: Line, cell: unknown): string {
  if (typeof cell !== "number") return plain(cell);
  return line.measured && !line.cells.every(Number.isInteger) ? fixed(cell) : figure(cell);
}

export function differs(cells: unknown[]): boolean {
  return new Set(cells.map((one) => JSON.stringify(one ?? null))).size > 1;
}

function Content({ runs }: { runs: Run[] }) {
  return (
    <div class="stack">
      <Differences runs={runs} />
      <Scatter runs={runs} />
      <Parallel runs={runs} />
    </div>
  );
}

function Differences({ runs }: { runs: Run[] }) {
  const [onlyDifferent, setOnlyDifferent] = useState(true);
  const all = linesOf(runs);
  const lines = onlyDifferent ? all.filter((one) => differs(one.cells)) : all;
  const groups = [...new Set(lines.map((one) => one.group))];
  return (
    <Card
      title={t("compare.differences")}
      flush
      actions={
        <>
          <Check
            label={t("compare.onlyDifferent")}
            checked={onlyDifferent}
            onChange={setOnlyDifferent}
          />
          <CsvButton
            name="compare"
            header={[t("compare.what"), ...runs.map(runName)]}
            rows={() =>
              lines.map((line) => [
                line.name,
                ...line.cells.map((one) => (typeof one === "number" ? one : plain(one))),
              ])
            }
          />
        </>
      }
    >
      <ScrollBox label={t("compare.differences")}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t("compare.what")}</th>
              {runs.map((run, index) => (
                <th key={run.id} scope="col">
                  <span class="swatch" style={{ "--swatch": `var(--v${(index % 6) + 1})` }} />
                  <a href={`/runs/${encodeURIComponent(run.id)}`}>{runName(run)}</a>
                </th>
              ))}
            </tr>
          </thead>
          {groups.map((group) => (
            <tbody key={group}>
              <tr>
                <th scope="rowgroup" colSpan={runs.length + 1} class="muted">
                  {group}
                </th>
              </tr>
              {lines
                .filter((line) => line.group === group)
                .map((line) => (
                  <tr key={line.name}>
                    <th scope="row">{line.name}</th>
                    {line.cells.map((cell, index) => (
                      <td key={index} class="num break">
                        {cellText(line, cell)}
                      </td>
                    ))}
                  </tr>
                ))}
            </tbody>
          ))}
        </table>
      </ScrollBox>
    </Card>
  );
}

function numericParameters(runs: Run[]): string[] {
  const names = new Set(runs.flatMap((run) => Object.keys(run.parameters ?? {})));
  return [...names].filter((name) =>
    runs.some((run) => typeof run.parameters?.[name] === "number"),
  );
}

function presentFigures(runs: Run[]): string[] {
  const names = new Set<string>();
  for (const run of runs)
    for (const [name, value] of Object.entries(flatMetrics(run)))
      if (value !== null) names.add(name);
  return [...names];
}

function useChoices(runs: Run[]) {
  const parameters = useMemo(() => numericParameters(runs), [runs]);
  const figures = useMemo(() => presentFigures(runs), [runs]);
  const varied = parameters.find((name) => differs(runs.map((run) => run.parameters?.[name])));
  const [x, setX] = useState(varied ?? parameters[0] ?? "");
  const [y, setY] = useState(figures[0] ?? "");
  return { parameters, figures, x, setX, y, setY };
}

function Scatter({ runs }: { runs: Run[] }) {
  const { parameters, figures, x, setX, y, setY } = useChoices(runs);
  const points = runs
    .map((run, index) => ({ run, index, x: run.parameters?.[x], y: flatMetrics(run)[y] }))
    .filter((one) => typeof one.x === "number" && typeof one.y === "number");
  const option = (palette: Palette) => ({
    ...base(palette),
    grid: { left: 64, right: 16, top: 16, bottom: 40 },
    tooltip: tooltip(palette, {
      formatter: (one: { name: string; value: number[] }) =>
        `${one.name}\n${x} ${figure(one.value[0])}\n${figureTitle(y)} ${figure(one.value[1])}`,
    }),
    xAxis: axis(palette, {
      type: "value",
      name: x,
      nameLocation: "middle",
      nameGap: 26,
      scale: true,
    }),
    yAxis: axis(palette, {
      type: "value",
      scale: true,
      name: y && figureTitle(y),
      nameLocation: "middle",
      nameGap: 44,
    }),
    series: [
      {
        type: "scatter",
        symbolSize: 12,
        data: points.map((one) => ({
          name: runName(one.run),
          value: [one.x, one.y],
          itemStyle: { color: colour(palette, one.index) },
        })),
      },
    ],
  });
  return (
    <ChartCard
      title={t("compare.scatter")}
      name="scatter"
      option={option}
      table={{
        header: [t("run.run"), x, figureTitle(y)],
        rows: points.map((one) => [runName(one.run), one.x as number, one.y as number]),
      }}
      summary={t("compare.scatterSummary", { x, y: figureTitle(y), count: points.length })}
      empty={t("compare.noPoints")}
      actions={
        <>
          <Pick
            label={t("compare.parameter")}
            value={x}
            onChange={setX}
            options={parameters.map((one) => ({ value: one, text: one }))}
          />
          <Pick
            label={t("compare.figure")}
            value={y}
            onChange={setY}
            options={figures.map((one) => ({ value: one, text: figureTitle(one) }))}
          />
        </>
      }
    />
  );
}

interface Dimension {
  name: string;
  values: (number | string | null)[];
  words: string[] | null;
}

const dimensionsMax = 9;

function dimensionsOf(runs: Run[]): Dimension[] {
  const made: Dimension[] = [];
  const add = (name: string, cells: unknown[]) => {
    if (!differs(cells) || made.length >= dimensionsMax) return;
    const numeric = cells.every(
      (one) => typeof one === "number" || one === null || one === undefined,
    );
    const values = cells.map((one) => (numeric ? ((one as number) ?? null) : plain(one)));
    made.push({ name, values, words: numeric ? null : [...new Set(values.map(String))] });
  };
  for (const name of new Set(runs.flatMap((run) => Object.keys(run.parameters ?? {}))))
    add(
      name,
      runs.map((run) => run.parameters?.[name]),
    );
  for (const name of presentFigures(runs).filter((one) => one.startsWith("holdout.")))
    add(
      figureTitle(name),
      runs.map((run) => flatMetrics(run)[name]),
    );
  return made;
}

function Parallel({ runs }: { runs: Run[] }) {
  const dimensions = dimensionsOf(runs);
  const option = (palette: Palette) => ({
    ...base(palette),
    parallel: { left: 40, right: 60, top: 40, bottom: 24 },
    parallelAxis: dimensions.map((one, dim) => ({
      dim,
      name: one.name,
      ...axis(palette, { type: "value" }),
      nameTextStyle: { color: palette.muted, fontSize: 11, width: 90, overflow: "truncate" },
      ...(one.words ? { type: "category", data: one.words } : { scale: true }),
    })),
    series: runs.map((run, index) => ({
      type: "parallel",
      name: runName(run),
      lineStyle: { width: 2.5, opacity: 0.9, color: colour(palette, index) },
      data: [dimensions.map((one) => one.values[index] ?? "-")],
    })),
  });
  return (
    <ChartCard
      title={t("compare.parallel")}
      name="parallel"
      option={option}
      table={{
        header: [t("run.run"), ...dimensions.map((one) => one.name)],
        rows:
          dimensions.length === 0
            ? []
            : runs.map((run, index) => [
                runName(run),
                ...dimensions.map((one) => one.values[index]),
              ]),
      }}
      summary={t("compare.parallelSummary", { count: runs.length })}
      empty={t("compare.same")}
    />
  );
}
