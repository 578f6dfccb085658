// Tables that sort, scroll inside their own box on a phone, and can be downloaded as CSV.

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Cell, save, toCsv } from "../lib/csv";
import { t } from "../lib/i18n";
import { Button } from "./button";
import { Icon } from "./icon";

export interface TableColumn<Row> {
  id: string;
  title: string;
  /** What is sorted by and written to CSV. */
  value: (row: Row) => Cell;
  render?: (row: Row) => ComponentChildren;
  numeric?: boolean;
  tight?: boolean;
  /** Long text ends in an ellipsis; the whole of it is its title. */
  clip?: boolean;
  /** A column that only holds buttons is neither sorted nor downloaded. */
  actions?: boolean;
  /** The cell that names its row. */
  rowHead?: boolean;
}

export interface Sort {
  id: string;
  down: boolean;
}

interface TableProps<Row> {
  label: string;
  columns: TableColumn<Row>[];
  rows: Row[];
  rowKey: (row: Row, index: number) => string;
  sort?: Sort | null;
  onSort?: (sort: Sort) => void;
  sortable?: boolean;
  picked?: (row: Row) => boolean;
}

function compareCells(a: Cell, b: Cell): number {
  const missingA = a === null || a === undefined || a === "";
  const missingB = b === null || b === undefined || b === "";
  if (missingA || missingB) return missingA === missingB ? 0 : missingA ? 1 : -1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}

/** Missing values stay last, whichever way one sorts. */
export function sortRows<Row>(rows: Row[], columns: TableColumn<Row>[], sort: Sort | null): Row[] {
  const column = sort && columns.find((one) => one.id === sort.id);
  if (!column || !sort) return rows;
  const missing = (cell: Cell) => cell === null || cell === undefined || cell === "";
  return [...rows].sort((a, b) => {
    const cellA = column.value(a);
    const cellB = column.value(b);
    const order = compareCells(cellA, cellB);
    return sort.down && !missing(cellA) && !missing(cellB) ? -order : order;
  });
}

export function Table<Row>(props: TableProps<Row>) {
  const [own, setOwn] = useState<Sort | null>(null);
  const sort = props.onSort ? (props.sort ?? null) : (own ?? props.sort ?? null);
  const rows = useMemo(
    () => (props.onSort ? props.rows : sortRows(props.rows, props.columns, sort)),
    [props.rows, props.columns, sort, props.onSort],
  );
  return (
    <ScrollBox label={props.label}>
      <table class="table table-hover">
        <thead>
          <tr>
            {props.columns.map((column) => (
              <Head
                key={column.id}
                column={column}
                sort={sort}
                onSort={props.sortable === false ? undefined : (props.onSort ?? setOwn)}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={props.rowKey(row, index)} class={props.picked?.(row) ? "is-picked" : ""}>
              {props.columns.map((column) => (
                <Body key={column.id} column={column} row={row} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

function classOf<Row>(column: TableColumn<Row>): string {
  return `${column.numeric ? "is-num" : ""} ${column.tight ? "is-tight" : ""}`.trim();
}

/** The title above the names of the rows stays where they stay. */
function headClassOf<Row>(column: TableColumn<Row>): string {
  return `${classOf(column)} ${column.rowHead ? "is-row-head" : ""}`.trim();
}

function Head<Row>(props: {
  column: TableColumn<Row>;
  sort: Sort | null;
  onSort: ((sort: Sort) => void) | undefined;
}) {
  const { column, sort, onSort } = props;
  if (column.actions || !onSort) {
    return (
      <th scope="col" class={headClassOf(column)}>
        {column.actions ? <span class="visually-hidden">{column.title}</span> : column.title}
      </th>
    );
  }
  const active = sort?.id === column.id ? sort : null;
  const next = { id: column.id, down: active ? !active.down : Boolean(column.numeric) };
  return (
    <th
      scope="col"
      class={headClassOf(column)}
      aria-sort={active ? (active.down ? "descending" : "ascending") : undefined}
    >
      <button type="button" class="sorter" onClick={() => onSort(next)}>
        {column.title}
        {active ? <Icon name={active.down ? "down" : "up"} /> : null}
      </button>
    </th>
  );
}

function Body<Row>({ column, row }: { column: TableColumn<Row>; row: Row }) {
  const text = String(column.value(row) ?? "");
  const shown = column.render ? column.render(row) : text;
  const content = column.clip ? (
    <span class="clip cell-clip" title={text}>
      {shown}
    </span>
  ) : (
    shown
  );
  if (column.rowHead) {
    return (
      <th scope="row" class={classOf(column)}>
        {content}
      </th>
    );
  }
  return <td class={classOf(column)}>{content}</td>;
}

/** A box that scrolls by itself; it takes the focus only where there is something to scroll. */
export function ScrollBox({ label, children }: { label: string; children: ComponentChildren }) {
  const box = useRef<HTMLElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element || typeof ResizeObserver === "undefined") return;
    const look = () => setScrolls(element.scrollWidth > element.clientWidth + 1);
    const observer = new ResizeObserver(look);
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    look();
    return () => observer.disconnect();
  }, []);
  return (
    <section class="table-wrap" ref={box} aria-label={label} tabIndex={scrolls ? 0 : undefined}>
      {children}
    </section>
  );
}

export function CsvButton(props: { name: string; header: string[]; rows: () => Cell[][] }) {
  return (
    <Button
      look="ghost"
      small
      icon="download"
      title={t("app.downloadCsv")}
      onClick={() => save(`${props.name}.csv`, toCsv(props.header, props.rows()))}
    >
      {t("app.csv")}
    </Button>
  );
}

/** The CSV button of a table: what it shows, in the order of its columns. */
export function TableCsv<Row>(props: { name: string; columns: TableColumn<Row>[]; rows: Row[] }) {
  const columns = props.columns.filter((one) => !one.actions);
  return (
    <CsvButton
      name={props.name}
      header={columns.map((one) => one.title)}
      rows={() => props.rows.map((row) => columns.map((one) => one.value(row)))}
    />
  );
}

export function More({ more }: { more: (() => void) | null }) {
  if (!more) return null;
  return (
    <div class="pager">
      <Button onClick={more}>{t("app.more")}</Button>
    </div>
  );
}
