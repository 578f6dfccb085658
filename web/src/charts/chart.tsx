// A chart with its frame: title, download as CSV, and the same figures as a table for those who
// read rather than look. ECharts itself is loaded with the first chart.

import type { EChartsCoreOption } from "echarts/core";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Cell } from "../lib/csv";
import { figure } from "../lib/format";
import { t, useLanguage } from "../lib/i18n";
import { useStore } from "../lib/store";
import { shade } from "../lib/theme";
import { Button } from "../ui/button";
import { Card } from "../ui/card";
import { Empty } from "../ui/state";
import { CsvButton, ScrollBox } from "../ui/table";
import type { ChartHandle } from "./engine";
import { type Palette, readPalette } from "./palette";

export interface ChartTable {
  header: string[];
  rows: Cell[][];
}

interface ChartCardProps {
  title: string;
  note?: ComponentChildren;
  name: string;
  /** Made anew for the colours of the theme. */
  option: (palette: Palette) => EChartsCoreOption;
  table: ChartTable;
  /** What a screen reader says instead of the picture. */
  summary: string;
  legend?: ComponentChildren;
  actions?: ComponentChildren;
  empty?: string;
  tall?: boolean;
  /** The figures are under way: a place is kept for them. */
  loading?: boolean;
}

export function ChartCard(props: ChartCardProps) {
  const [asTable, setAsTable] = useState(false);
  const empty = props.table.rows.length === 0;
  const actions = (
    <>
      {props.actions}
      <Button
        look="ghost"
        small
        icon={asTable ? "chart" : "table"}
        disabled={empty}
        onClick={() => setAsTable(!asTable)}
      >
        {asTable ? t("chart.asChart") : t("chart.asTable")}
      </Button>
      <CsvButton name={props.name} header={props.table.header} rows={() => props.table.rows} />
    </>
  );
  return (
    <Card title={props.title} note={props.note} actions={actions} flush>
      {empty && props.loading ? (
        <div class="card-body">
          <div class={`chart is-loading ${props.tall ? "is-tall" : ""}`} role="status">
            <span class="visually-hidden">{t("app.loading")}</span>
          </div>
        </div>
      ) : empty ? (
        <Empty icon="chart" title={props.empty ?? t("chart.empty")} />
      ) : asTable ? (
        <FigureTable label={props.title} table={props.table} />
      ) : (
        <div class="card-body">
          {props.legend}
          <Canvas
            key={props.name}
            option={props.option}
            summary={props.summary}
            tall={props.tall}
          />
        </div>
      )}
    </Card>
  );
}

function FigureTable({ label, table }: { label: string; table: ChartTable }) {
  const rowsMax = 500;
  return (
    <div class="chart-table">
      <ScrollBox label={label}>
        <table class="table">
          <thead>
            <tr>
              {table.header.map((one) => (
                <th key={one} scope="col">
                  {one}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.slice(0, rowsMax).map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={column} class="num">
                    {typeof cell === "number" ? figure(cell) : String(cell ?? "")}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </div>
  );
}

function Canvas(props: {
  option: (palette: Palette) => EChartsCoreOption;
  summary: string;
  tall: boolean | undefined;
}) {
  const place = useRef<HTMLDivElement>(null);
  const handle = useRef<ChartHandle | null>(null);
  const latest = useRef(props.option);
  latest.current = props.option;
  const shown = useStore(shade);
  const language = useLanguage();
  useEffect(() => {
    let gone = false;
    import("./engine").then(({ openChart }) => {
      if (gone || !place.current) return;
      handle.current = openChart(place.current);
      handle.current.show(latest.current(readPalette()));
    });
    return () => {
      gone = true;
      handle.current?.close();
      handle.current = null;
    };
  }, []);
  useEffect(() => {
    handle.current?.show(latest.current(readPalette()));
  }, [props.option, shown, language]);
  return (
    <div
      ref={place}
      class={`chart ${props.tall ? "is-tall" : ""}`}
      role="img"
      aria-label={props.summary}
    />
  );
}

export function Legend({ items }: { items: { text: string; series: number }[] }) {
  return (
    <ul class="legend">
      {items.map((one) => (
        <li key={one.text} style={{ "--swatch": `var(--v${(one.series % 6) + 1})` }}>
          {one.text}
        </li>
      ))}
    </ul>
  );
}
