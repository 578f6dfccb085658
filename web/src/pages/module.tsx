// One module: what it does, its parameters, its latest runs.

import { url } from "../lib/api";
import { plain } from "../lib/format";
import { type Key, pick, t } from "../lib/i18n";
import { useQuery } from "../lib/query";
import { usePlace } from "../lib/router";
import { useRole } from "../lib/session";
import type { JsonSchema, List, Module, Run } from "../lib/types";
import { Badge, RunBadge } from "../ui/badge";
import { LinkButton } from "../ui/button";
import { Card } from "../ui/card";
import { Page } from "../ui/page";
import { Async, Empty, Notice } from "../ui/state";
import { Table, type TableColumn, TableCsv } from "../ui/table";
import { Time } from "../ui/value";
import { runName } from "./run_parts";

export function ModulePage({ name }: { name: string }) {
  const read = useQuery<Module>(url`/modules/${name}`);
  const search = usePlace().query.toString();
  const developer = useRole("developer");
  const trainable = developer && read.data?.train && !read.data.error;
  return (
    <Page
      title={pick(read.data?.title, name)}
      lead={pick(read.data?.summary)}
      crumbs={[{ text: t("nav.catalogue"), href: "/catalogue" }]}
      actions={
        trainable && (
          <LinkButton
            href={`/catalogue/${encodeURIComponent(name)}/train${search ? `?${search}` : ""}`}
            look="primary"
            icon="play"
          >
            {t("module.train")}
          </LinkButton>
        )
      }
    >
      <Async query={read}>{(module) => <Content module={module} />}</Async>
    </Page>
  );
}

function Content({ module }: { module: Module }) {
  return (
    <div class="stack">
      {module.error && (
        <Notice kind="bad" icon="alert">
          {module.error}
        </Notice>
      )}
      <div class="wide-left">
        <div class="stack">
          {pick(module.description) && (
            <Card title={t("module.about")}>
              <p class="mb-0 break">{pick(module.description)}</p>
            </Card>
          )}
          {module.train && <Parameters module={module} />}
        </div>
        <Facts module={module} />
      </div>
      <LatestRuns module={module.name} />
    </div>
  );
}

/** The range of a parameter in words: "> 0, ≤ 10", "radial | linear". */
export function rangeText(schema: JsonSchema): string {
  const branches = schema.oneOf ?? schema.anyOf;
  if (branches) return branches.map(rangeText).join(" | ");
  if (schema.const !== undefined) return plain(schema.const);
  if (schema.enum) return schema.enum.map(plain).join(" | ");
  const parts: string[] = [];
  if (schema.exclusiveMinimum !== undefined) parts.push(`> ${schema.exclusiveMinimum}`);
  if (schema.minimum !== undefined) parts.push(`≥ ${schema.minimum}`);
  if (schema.exclusiveMaximum !== undefined) parts.push(`< ${schema.exclusiveMaximum}`);
  if (schema.maximum !== undefined) parts.push(`≤ ${schema.maximum}`);
  const type = Array.isArray(schema.type) ? schema.type.join(" | ") : (schema.type ?? "");
  return [type, parts.join(", ")].filter(Boolean).join(" ");
}

function meaningOf(schema: JsonSchema): string {
  return pick(schema["x-description"], schema.description ?? pick(schema["x-title"], schema.title));
}

function Parameters({ module }: { module: Module }) {
  const rows = Object.entries(module.train?.parameters ?? {});
  type Row = (typeof rows)[number];
  const columns: TableColumn<Row>[] = [
    {
      id: "name",
      title: t("module.parameter"),
      rowHead: true,
      value: ([name]) => name,
      render: ([name]) => <code>{name}</code>,
    },
    {
      id: "meaning",
      title: t("module.meaning"),
      value: ([, schema]) => meaningOf(schema),
      render: ([, schema]) => <span class="cell-text">{meaningOf(schema)}</span>,
    },
    {
      id: "range",
      title: t("module.values"),
      value: ([, schema]) => rangeText(schema),
      render: ([, schema]) => <span class="mono muted">{rangeText(schema)}</span>,
    },
    {
      id: "default",
      title: t("module.default"),
      value: ([, schema]) => plain(schema.default),
      render: ([, schema]) => <span class="mono">{plain(schema.default)}</span>,
    },
  ];
  return (
    <Card
      title={t("module.parameters")}
      flush
      actions={<TableCsv name={`${module.name}-parameters`} columns={columns} rows={rows} />}
    >
      <Table
        label={t("module.parameters")}
        columns={columns}
        rows={rows}
        rowKey={([name]) => name}
        sortable={false}
      />
    </Card>
  );
}

function Facts({ module }: { module: Module }) {
  const links = Object.entries(module.links ?? {});
  return (
    <Card title={t("module.facts")}>
      <dl class="defs">
        <dt>{t("module.name")}</dt>
        <dd class="mono">{module.name}</dd>
        <dt>{t("module.version")}</dt>
        <dd class="num">{module.version}</dd>
        <dt>{t("module.tasks")}</dt>
        <dd class="row-wrap">
          {module.tasks?.map((task) => (
            <Badge key={task} tone="accent">
              {t(`task.${task}` as Key)}
            </Badge>
          ))}
        </dd>
        <dt>{t("module.libraries")}</dt>
        <dd>{module.libraries?.join(", ") || "–"}</dd>
        <dt>{t("module.license")}</dt>
        <dd>{module.license || "–"}</dd>
        <dt>{t("module.tags")}</dt>
        <dd>{module.tags?.join(", ") || "–"}</dd>
        {links.map(([name, href]) => (
          <>
            <dt>{name}</dt>
            <dd>
              {/^https?:/.test(href) ? (
                <a href={href} rel="noreferrer noopener" target="_blank">
                  {href}
                </a>
              ) : (
                href
              )}
            </dd>
          </>
        ))}
      </dl>
    </Card>
  );
}

function LatestRuns({ module }: { module: string }) {
  const read = useQuery<List<Run>>(`/runs?module=${encodeURIComponent(module)}&limit=5`);
  const columns: TableColumn<Run>[] = [
    {
      id: "name",
      title: t("run.run"),
      rowHead: true,
      value: runName,
      render: (run) => <a href={`/runs/${run.id}`}>{runName(run)}</a>,
    },
    {
      id: "status",
      title: t("run.status"),
      value: (run) => run.status,
      render: (run) => <RunBadge status={run.status} />,
    },
    {
      id: "dataset",
      title: t("run.dataset"),
      value: (run) => `${run.dataset.name} ${run.dataset.version}`,
    },
    { id: "user", title: t("run.user"), value: (run) => run.user },
    {
      id: "created",
      title: t("run.created"),
      value: (run) => run.created,
      render: (run) => <Time at={run.created} />,
    },
  ];
  return (
    <Card title={t("module.latestRuns")} flush>
      <Async query={read} lines={3}>
        {(data) =>
          data.items.length === 0 ? (
            <Empty icon="runs" title={t("module.noRuns")} />
          ) : (
            <Table
              label={t("module.latestRuns")}
              columns={columns}
              rows={data.items}
              rowKey={(run) => run.id}
              sortable={false}
            />
          )
        }
      </Async>
    </Card>
  );
}
