// One version of a dataset: its schema with a profile of each column, and its first rows.

import { useMemo, useState } from "preact/hooks";
import { Spark } from "../charts/sparks";
import { url } from "../lib/api";
import { bytes, figure, integer, percent, plain } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { useQuery } from "../lib/query";
import { navigate } from "../lib/router";
import { useRole } from "../lib/session";
import type { Column, DatasetDetail, DatasetVersion } from "../lib/types";
import { Badge } from "../ui/badge";
import { Button, LinkButton } from "../ui/button";
import { Card, Stat } from "../ui/card";
import { Pick } from "../ui/fields";
import { Page } from "../ui/page";
import { RemoveDialog } from "../ui/remove_dialog";
import { Async, Notice } from "../ui/state";
import { ScrollBox, Table, type TableColumn, TableCsv } from "../ui/table";
import { ShortId, Time } from "../ui/value";
import { datasetLink } from "./datasets";

export function DatasetPage({ name, version }: { name: string; version: string | null }) {
  const detail = useQuery<DatasetDetail>(url`/datasets/${name}`);
  const newest = detail.data?.versions.reduce(
    (best, one) => (Number(one.version) > Number(best) ? one.version : best),
    "0",
  );
  const shown = version ?? (newest === "0" ? null : (newest ?? null));
  const read = useQuery<DatasetVersion>(
    shown === null ? null : url`/datasets/${name}/versions/${shown}`,
  );
  return (
    <Page
      title={name}
      lead={detail.data?.description}
      crumbs={[{ text: t("nav.datasets"), href: "/datasets" }]}
      actions={<Actions name={name} version={shown} detail={detail.data} />}
    >
      <Async query={detail.error ? { ...read, error: detail.error } : read} lines={8}>
        {(data) => <Content data={data} />}
      </Async>
    </Page>
  );
}

function Actions(props: {
  name: string;
  version: string | null;
  detail: DatasetDetail | undefined;
}) {
  const { name, version, detail } = props;
  const developer = useRole("developer");
  const [removing, setRemoving] = useState(false);
  if (!detail || version === null) return null;
  return (
    <>
      <Pick
        label={t("datasets.version")}
        value={version}
        onChange={(next) => navigate(datasetLink(name, next))}
        options={detail.versions.map((one) => ({
          value: one.version,
          text: t("version.long", { version: one.version }),
        }))}
      />
      <LinkButton
        href={`/api/v1${url`/datasets/${name}/versions/${version}/file`}`}
        icon="download"
        download
      >
        {t("app.download")}
      </LinkButton>
      {developer && (
        <>
          <LinkButton href={`/datasets/new?name=${encodeURIComponent(name)}`} icon="upload">
            {t("datasets.newVersion")}
          </LinkButton>
          <Button
            look="danger-plain"
            icon="trash"
            label={t("datasets.remove")}
            onClick={() => setRemoving(true)}
          />
          <LinkButton
            href={`/catalogue?dataset=${encodeURIComponent(name)}&version=${version}`}
            look="primary"
            icon="play"
          >
            {t("datasets.train")}
          </LinkButton>
        </>
      )}
      {removing && (
        <RemoveDialog
          title={t("datasets.removeTitle", { name })}
          lead={t("datasets.removeLead")}
          confirm={t("datasets.remove")}
          path={url`/datasets/${name}`}
          old={["/datasets", "/overview"]}
          onDone={() => navigate("/datasets")}
          onClose={() => setRemoving(false)}
        />
      )}
    </>
  );
}

function Content({ data }: { data: DatasetVersion }) {
  return (
    <div class="stack">
      {data.warnings?.length > 0 && (
        <Notice kind="warn" icon="alert">
          <ul class="mb-0">
            {data.warnings.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </Notice>
      )}
      <dl class="stats mb-0">
        <Stat label={t("datasets.rows")} value={integer(data.rows)} />
        <Stat label={t("datasets.columns")} value={integer(data.columns.length)} />
        <Stat label={t("datasets.size")} value={bytes(data.bytes)} note={separatorName(data)} />
        <Stat
          label={t("datasets.added")}
          value={<Time at={data.created} />}
          small
          note={t("app.by", { user: data.user })}
        />
        <Stat label={t("datasets.digest")} value={<ShortId id={data.sha256} />} small />
      </dl>
      <Profile data={data} />
      <PreviewTable data={data} />
    </div>
  );
}

function separatorName(data: DatasetVersion): string {
  const names: Record<string, Key> = {
    ",": "upload.comma",
    ";": "upload.semicolon",
    tab: "upload.tab",
    "\t": "upload.tab",
    "|": "upload.pipe",
    " ": "upload.space",
  };
  const key = names[data.separator];
  return key ? t(key) : data.separator;
}

function Profile({ data }: { data: DatasetVersion }) {
  const columns = useMemo(() => profileColumns(data.rows), [data]);
  return (
    <Card
      title={t("datasets.schema")}
      note={t("datasets.schemaNote")}
      flush
      actions={
        <TableCsv
          name={`${data.dataset}-${data.version}-profile`}
          columns={columns}
          rows={data.columns}
        />
      }
    >
      <Table
        label={t("datasets.schema")}
        columns={columns}
        rows={data.columns}
        rowKey={(one) => one.name}
      />
    </Card>
  );
}

function profileColumns(rows: number): TableColumn<Column>[] {
  const number = (id: "min" | "mean" | "max" | "sd", title: string): TableColumn<Column> => ({
    id,
    title,
    numeric: true,
    value: (one) => one[id],
    render: (one) => (typeof one[id] === "string" ? one[id] : figure(one[id])),
  });
  return [
    { id: "name", title: t("column.name"), rowHead: true, value: (one) => one.name },
    {
      id: "type",
      title: t("column.type"),
      value: (one) => one.type,
      render: (one) => <Badge>{t(`type.${one.type}` as Key)}</Badge>,
    },
    {
      id: "shape",
      title: t("column.distribution"),
      value: (one) => (one.top ?? []).map((top) => `${top.value}: ${top.count}`).join("; "),
      render: (one) => <Shape column={one} />,
    },
    {
      id: "missing",
      title: t("column.missing"),
      numeric: true,
      value: (one) => one.missing,
      render: (one) =>
        one.missing === 0 ? "0" : `${integer(one.missing)} (${percent(one.missing / rows, 1)})`,
    },
    {
      id: "distinct",
      title: t("column.distinct"),
      numeric: true,
      value: (one) => one.distinct,
      render: (one) => (one.distinct === null ? "> 1000" : integer(one.distinct)),
    },
    number("min", t("column.min")),
    {
      id: "median",
      title: t("column.median"),
      numeric: true,
      value: (one) => one.quantiles?.[2],
      render: (one) => figure(one.quantiles?.[2]),
    },
    number("mean", t("column.mean")),
    number("max", t("column.max")),
    number("sd", t("column.sd")),
  ];
}

function Shape({ column }: { column: Column }) {
  if (column.histogram) {
    const { edges, counts } = column.histogram;
    return (
      <Spark
        class="histogram"
        values={counts}
        label={t("column.histogram", {
          name: column.name,
          from: figure(edges[0]),
          to: figure(edges[edges.length - 1]),
        })}
      />
    );
  }
  const top = column.top?.slice(0, 3) ?? [];
  return (
    <span class="muted">
      {top.map((one) => `${plain(one.value)} ${integer(one.count)}`).join(" · ")}
      {(column.distinct ?? 0) > top.length && top.length > 0 ? " · …" : ""}
    </span>
  );
}

function PreviewTable({ data }: { data: DatasetVersion }) {
  const { columns, rows } = data.preview;
  const numeric = columns.map((name) => {
    const type = data.columns.find((one) => one.name === name)?.type;
    return type === "number" || type === "integer";
  });
  return (
    <Card
      title={t("datasets.preview")}
      note={t("datasets.previewNote", { count: rows.length })}
      flush
    >
      <ScrollBox label={t("datasets.preview")}>
        <table class="table table-hover">
          <thead>
            <tr>
              <th scope="col" class="is-num">
                {t("datasets.row")}
              </th>
              {columns.map((one, column) => (
                <th key={one} scope="col" class={numeric[column] ? "is-num" : ""}>
                  {one}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                <td class="is-num muted">{index}</td>
                {row.map((cell, column) => (
                  <td key={column} class={numeric[column] ? "is-num" : "nowrap"}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </Card>
  );
}
