// A list in its card: what to do while it is empty, its table, its CSV, more of it on demand.
//
//     <ListCard title={t("models.all")} name="models" read={read} columns={columns}
//       rowKey={(one) => one.name} empty={<Empty icon="models" title={t("models.empty")} />} />

import type { ComponentChildren } from "preact";
import type { Pages } from "../lib/query";
import { Card } from "./card";
import { Async } from "./state";
import { More, Table, type TableColumn, TableCsv } from "./table";

interface ListCardProps<Row> {
  title: string;
  note?: string;
  /** The CSV file's name. */
  name: string;
  read: Pages<Row>;
  columns: TableColumn<Row>[];
  rowKey: (row: Row) => string;
  empty?: ComponentChildren;
  actions?: ComponentChildren;
  sortable?: boolean;
  lines?: number;
  /** Dialogs that belong to the list. */
  children?: ComponentChildren;
}

export function ListCard<Row>(props: ListCardProps<Row>) {
  const { read, columns } = props;
  const rows = read.data ?? [];
  // An empty list says itself what it is the list of.
  const bare = read.data?.length === 0 && props.empty && !props.actions;
  return (
    <Card
      title={bare ? undefined : props.title}
      note={bare ? undefined : props.note}
      flush
      actions={
        !bare && (
          <>
            {rows.length > 0 && <TableCsv name={props.name} columns={columns} rows={rows} />}
            {props.actions}
          </>
        )
      }
    >
      <Async query={read} lines={props.lines}>
        {(items) =>
          items.length === 0 && props.empty ? (
            props.empty
          ) : (
            <>
              <Table
                label={props.title}
                columns={columns}
                rows={items}
                rowKey={props.rowKey}
                sortable={props.sortable}
              />
              <More more={read.more} />
            </>
          )
        }
      </Async>
      {props.children}
    </Card>
  );
}
