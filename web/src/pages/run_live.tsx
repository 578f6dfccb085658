// What a run says while it works: the curves of its figures and its log, as they come.

import { useEffect, useRef, useState } from "preact/hooks";
import { ChartCard, Legend } from "../charts/chart";
import { axis, base, colour, type Palette, tooltip } from "../charts/palette";
import { api, url } from "../lib/api";
import { save } from "../lib/csv";
import { figure } from "../lib/format";
import { t } from "../lib/i18n";
import { useLive } from "../lib/live";
import type { List, MetricPoint, Run } from "../lib/types";
import { Button } from "../ui/button";
import { Card } from "../ui/card";
import { Empty } from "../ui/state";
import { CopyButton } from "../ui/value";
import { isOver } from "./run_parts";

type Live = MetricPoint & { run: string };

function addPoint(points: MetricPoint[], next: MetricPoint): MetricPoint[] {
  const same = (one: MetricPoint) =>
    one.key === next.key && one.step === next.step && one.time === next.time;
  return points.some(same) ? points : [...points, next];
}

export function RunCurves({ run }: { run: Run }) {
  const [points, setPoints] = useState<MetricPoint[]>([]);
  const over = isOver(run.status);
  useEffect(() => {
    let gone = false;
    api.get<List<MetricPoint>>(url`/runs/${run.id}/metrics`).then(
      (data) => !gone && setPoints((now) => now.reduce(addPoint, data.items)),
      () => {},
    );
    return () => {
      gone = true;
    };
  }, [run.id, over]);
  useLive<Live>("metric", (event) => {
    if (event.run === run.id) setPoints((now) => addPoint(now, event));
  });
  const keys = [...new Set(points.map((one) => one.key))];
  const curves = keys.filter((key) => points.filter((one) => one.key === key).length > 1);
  if (curves.length === 0) return null;
  const series = (key: string) =>
    points
      .filter((one) => one.key === key && one.value !== null)
      .map((one) => [one.step, one.value]);
  const option = (palette: Palette) => ({
    ...base(palette),
    grid: { left: 52, right: 16, top: 12, bottom: 40 },
    tooltip: tooltip(palette, { trigger: "axis", valueFormatter: figure }),
    xAxis: axis(palette, {
      type: "value",
      name: t("run.step"),
      nameLocation: "middle",
      nameGap: 26,
      minInterval: 1,
      scale: true,
      splitLine: { show: false },
    }),
    yAxis: axis(palette, { type: "value", scale: true }),
    series: curves.map((key, index) => ({
      type: "line",
      name: key,
      data: series(key),
      symbolSize: 6,
      lineStyle: { width: 2, color: colour(palette, index) },
      itemStyle: { color: colour(palette, index) },
    })),
  });
  return (
    <ChartCard
      title={t("run.curves")}
      name={`${run.id}-curves`}
      option={option}
      legend={<Legend items={curves.map((text, series) => ({ text, series }))} />}
      table={{
        header: ["key", "step", "value", "time"],
        rows: points.map((one) => [one.key, one.step, one.value, one.time]),
      }}
      summary={t("run.curvesSummary", { names: curves.join(", ") })}
    />
  );
}

const linesMax = 5000;

/** The log from its beginning; EventSource asks for the stream, and stops at its end. */
export function RunLog({ run }: { run: Run }) {
  const [lines, setLines] = useState<string[]>([]);
  const [follows, setFollows] = useState(true);
  const box = useRef<HTMLPreElement>(null);
  useEffect(() => {
    const source = new EventSource(`/api/v1${url`/runs/${run.id}/log`}`);
    let fresh: string[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const some = fresh;
      fresh = [];
      setLines((now) => [...now, ...some].slice(-linesMax));
    };
    source.onopen = () => {
      // A connection that was lost starts again from the first line.
      fresh = [];
      setLines([]);
    };
    source.addEventListener("log", (event) => {
      fresh.push(String(JSON.parse((event as MessageEvent<string>).data).line ?? ""));
      timer ??= setTimeout(flush, 100);
    });
    source.addEventListener("end", () => source.close());
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [run.id]);
  useEffect(() => {
    if (follows && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines, follows]);
  const scrolled = () => {
    const element = box.current;
    if (!element) return;
    setFollows(element.scrollHeight - element.scrollTop - element.clientHeight < 24);
  };
  const text = lines.join("\n");
  const actions = lines.length > 0 && (
    <>
      <CopyButton text={text} />
      <Button
        look="ghost"
        small
        icon="download"
        onClick={() => save(`${run.id}.log`, `${text}\n`, "text/plain")}
      >
        {t("app.download")}
      </Button>
    </>
  );
  return (
    <Card title={t("run.log")} actions={actions} flush>
      {lines.length === 0 ? (
        <Empty icon="file" title={isOver(run.status) ? t("run.logEmpty") : t("run.logWaiting")} />
      ) : (
        <pre
          class="log"
          ref={box}
          role="log"
          tabIndex={0}
          aria-label={t("run.log")}
          aria-live="off"
          onScroll={scrolled}
        >
          {text}
        </pre>
      )}
    </Card>
  );
}
