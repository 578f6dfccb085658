// The table of runs: filter, sort, choose columns, pick two or more to compare.

import { useEffect, useMemo, useState } from "preact/hooks";
import { query } from "../lib/api";
import { figure, fixed, plain } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { figuresOf } from "../lib/metrics";
import { useList } from "../lib/query";
import { navigate } from "../lib/router";
import { useRole } from "../lib/session";
import type { Run, RunStatus } from "../lib/types";
import { RunBadge } from "../ui/badge";
import { Button, LinkButton } from "../ui/button";
import { Card } from "../ui/card";
import { Check, Pick } from "../ui/fields";
import { Icon } from "../ui/icon";
import { Async, Empty } from "../ui/state";
import { More, Table, type TableColumn, TableCsv } from "../ui/table";
import { Time } from "../ui/value";
import { datasetName, flatMetrics, runName, took_ms, tookText } from "./run_parts";

const statuses: RunStatus[] = ["queued", "preparing", "running", "done", "failed", "cancelled"];
const storageKey = "crisol.runs.columns";
const shownFirst = [
  "status",
  "module",
  "dataset",
  "holdout.accuracy",
  "holdout.r2",
  "holdout.rmse",
  "took",
  "created",
];

function keptColumns(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(storageKey) ?? "null");
    if (Array.isArray(kept)) return kept.filter((one) => typeof one === "string");
  } catch {
    // What was kept cannot be read: the first choice serves.
  }
  return shownFirst;
}

export function RunsTable({ experiment }: { experiment: string | null }) {
  const [text, setText] = useState("");
  const [asked, setAsked] = useState("");
  const [status, setStatus] = useState("");
  const [picked, setPicked] = useState<string[]>([]);
  const [shown, setShown] = useState(keptColumns);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), 250);
    return () => clearTimeout(timer);
  }, [text]);
  const read = useList<Run>(`/runs${query({ experiment, status, q: asked, order: "-created" })}`);
  const all = useMemo(() => columnsOf(read.data ?? []), [read.data]);
  const show = (next: string[]) => {
    setShown(next);
    localStorage.setItem(storageKey, JSON.stringify(next));
  };
  const toggle = (id: string) =>
    setPicked(picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id]);
  const columns = [
    pickColumn(picked, toggle),
    ...all.filter((one) => one.rowHead || shown.includes(one.id)),
  ];
  const filtered = Boolean(asked || text || status);
  if (read.data?.length === 0 && !filtered) {
    return (
      <Card flush>
        <NoRuns />
      </Card>
    );
  }
  return (
    <Card flush>
      <div class="table-tools">
        <input
          type="search"
          class="form-control search"
          placeholder={t("runs.filter")}
          aria-label={t("runs.filter")}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <Pick
          label={t("run.status")}
          value={status}
          onChange={setStatus}
          options={[
            { value: "", text: t("runs.anyStatus") },
            ...statuses.map((one) => ({ value: one, text: t(`status.${one}` as Key) })),
          ]}
        />
        <span class="push" />
        <CompareButton picked={picked} />
        <ColumnPicker all={all} shown={shown} onChange={show} />
        <TableCsv name="runs" columns={columns} rows={read.data ?? []} />
      </div>
      <Async query={read}>
        {(runs) =>
          runs.length === 0 ? (
            <Empty icon="runs" title={t("runs.noMatch")} />
          ) : (
            <>
              <Table
                label={t("nav.runs")}
                columns={columns}
                rows={runs}
                rowKey={(run) => run.id}
                picked={(run) => picked.includes(run.id)}
              />
              <More more={read.more} />
            </>
          )
        }
      </Async>
    </Card>
  );
}

function NoRuns() {
  const developer = useRole("developer");
  return (
    <Empty
      icon="runs"
      title={t("runs.empty")}
      action={
        developer && (
          <LinkButton href="/catalogue" look="primary" icon="play">
            {t("runs.new")}
          </LinkButton>
        )
      }
    >
      {t("runs.emptyLead")}
    </Empty>
  );
}

function CompareButton({ picked }: { picked: string[] }) {
  return (
    <Button
      icon="compare"
      disabled={picked.length < 2}
      title={t("runs.compareHint")}
      onClick={() => navigate(`/runs/compare?ids=${picked.map(encodeURIComponent).join(",")}`)}
    >
      {picked.length > 0 ? t("runs.compareSome", { n: picked.length }) : t("runs.compare")}
    </Button>
  );
}

function pickColumn(picked: string[], toggle: (id: string) => void): TableColumn<Run> {
  return {
    id: "pick",
    title: t("runs.pick"),
    actions: true,
    tight: true,
    value: () => "",
    render: (run) => (
      <input
        type="checkbox"
        class="form-check-input"
        aria-label={t("runs.pickOne", { name: runName(run) })}
        checked={picked.includes(run.id)}
        onChange={() => toggle(run.id)}
      />
    ),
  };
}

function ColumnPicker(props: {
  all: TableColumn<Run>[];
  shown: string[];
  onChange: (shown: string[]) => void;
}) {
  const offered = props.all.filter((one) => !one.rowHead);
  const toggle = (id: string, on: boolean) =>
    props.onChange(on ? [...props.shown, id] : props.shown.filter((one) => one !== id));
  return (
    <details class="picker">
      <summary class="btn btn-plain">
        <Icon name="columns" />
        {t("runs.columns")}
      </summary>
      <div>
        {offered.map((one) => (
          <Check
            key={one.id}
            label={one.title}
            checked={props.shown.includes(one.id)}
            onChange={(on) => toggle(one.id, on)}
          />
        ))}
      </div>
    </details>
  );
}

const figureOrder = (["classification", "regression"] as const).flatMap((task) =>
  figuresOf(task).map((one) => one.id),
);

/** Hold-out before training, metrics as everywhere; what programs report last, as it came. */
function inOrder(figures: Set<string>): string[] {
  const rank = (id: string) => {
    const [source = "", name = ""] = id.split(".");
    const place = figureOrder.indexOf(name);
    return ["holdout", "training"].indexOf(source) * 100 + place;
  };
  const computed = [...figures].filter((id) => !id.startsWith("reported."));
  const reported = [...figures].filter((id) => id.startsWith("reported."));
  return [...computed.sort((a, b) => rank(a) - rank(b)), ...reported];
}

/** What can be shown: the facts of a run, every parameter and every figure that occurs. */
export function columnsOf(runs: Run[]): TableColumn<Run>[] {
  const parameters = new Set<string>();
  const figures = new Set<string>();
  for (const run of runs) {
    for (const name of Object.keys(run.parameters ?? {})) parameters.add(name);
    for (const [name, value] of Object.entries(flatMetrics(run)))
      if (value !== null) figures.add(name);
  }
  const facts = factColumns();
  const first = facts.findIndex((one) => one.id === "experiment");
  // What a run is, how good it is, then everything else.
  return [
    ...facts.slice(0, first),
    ...inOrder(figures).map(figureColumn),
    ...facts.slice(first),
    ...[...parameters].sort().map(parameterColumn),
  ];
}

function factColumns(): TableColumn<Run>[] {
  const text = (id: string, title: string, value: (run: Run) => string): TableColumn<Run> => ({
    id,
    title,
    value,
  });
  return [
    {
      id: "name",
      title: t("run.run"),
      rowHead: true,
      value: runName,
      render: (run) => <a href={`/runs/${encodeURIComponent(run.id)}`}>{runName(run)}</a>,
    },
    {
      id: "status",
      title: t("run.status"),
      value: (run) => run.status,
      render: (run) => <RunBadge status={run.status} />,
    },
    text("module", t("run.module"), (run) => run.module),
    { ...text("dataset", t("run.dataset"), datasetName), clip: true },
    { ...text("experiment", t("run.experiment"), (run) => run.experiment?.name ?? ""), clip: true },
    text("user", t("run.user"), (run) => run.user),
    { id: "seed", title: t("run.seed"), numeric: true, value: (run) => run.seed },
    {
      id: "took",
      title: t("run.took"),
      numeric: true,
      value: (run) => took_ms(run),
      render: tookText,
    },
    {
      id: "created",
      title: t("run.created"),
      value: (run) => run.created,
      render: (run) => <Time at={run.created} />,
    },
  ];
}

/** "holdout.f1" → "F1, hold-out"; what a program reported keeps its own name. */
export function figureTitle(id: string): string {
  const dot = id.indexOf(".");
  const source = id.slice(0, dot);
  const name = id.slice(dot + 1);
  if (source === "reported") return name;
  return t("metric.of", {
    metric: t(`metric.${name}` as Key),
    source: t(`source.${source}` as Key),
  });
}

function figureColumn(id: string): TableColumn<Run> {
  return {
    id,
    title: figureTitle(id),
    numeric: true,
    value: (run) => flatMetrics(run)[id],
    render: (run) => {
      const value = flatMetrics(run)[id];
      return id.startsWith("reported.") ? figure(value) : fixed(value);
    },
  };
}

function parameterColumn(name: string): TableColumn<Run> {
  const cell = (run: Run) => {
    const value = run.parameters?.[name];
    return typeof value === "number" ? value : plain(value);
  };
  return {
    id: `parameter.${name}`,
    title: name,
    numeric: true,
    value: cell,
    render: (run) => plain(run.parameters?.[name]),
  };
}
