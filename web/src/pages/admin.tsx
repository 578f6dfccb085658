// For administrators: users, everybody's tokens, the audit log, the settings.

import { integer, nothing, plain } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { useList, useQuery } from "../lib/query";
import type { AuditEntry, Setting } from "../lib/types";
import { Badge } from "../ui/badge";
import { Card } from "../ui/card";
import { ListCard } from "../ui/list_card";
import { Page, Tabs } from "../ui/page";
import { Async, Empty } from "../ui/state";
import { Table, type TableColumn, TableCsv } from "../ui/table";
import { Time } from "../ui/value";
import { TokensCard } from "./tokens";
import { UsersCard } from "./users";

const tabs: { id: string; key: Key }[] = [
  { id: "users", key: "admin.users" },
  { id: "tokens", key: "tokens.tokens" },
  { id: "audit", key: "admin.audit" },
  { id: "settings", key: "admin.settings" },
];

export function AdminPage({ tab }: { tab: string }) {
  return (
    <Page title={t("nav.admin")} lead={t("admin.lead")}>
      <Tabs
        label={t("admin.tabs")}
        items={tabs.map((one) => ({
          href: `/admin/${one.id}`,
          text: t(one.key),
          current: one.id === tab,
        }))}
      />
      {tab === "users" && <UsersCard />}
      {tab === "tokens" && <TokensCard everybody />}
      {tab === "audit" && <Audit />}
      {tab === "settings" && <Settings />}
      {!tabs.some((one) => one.id === tab) && <Empty icon="info" title={t("app.notFound")} />}
    </Page>
  );
}

function Audit() {
  const read = useList<AuditEntry>("/audit");
  const columns: TableColumn<AuditEntry>[] = [
    {
      id: "time",
      title: t("predictions.time"),
      value: (one) => one.time,
      render: (one) => <Time at={one.time} />,
    },
    { id: "actor", title: t("audit.actor"), rowHead: true, value: (one) => one.actor },
    {
      id: "action",
      title: t("audit.action"),
      value: (one) => one.action,
      render: (one) => <span class="mono">{one.action}</span>,
    },
    { id: "object", title: t("audit.object"), value: (one) => one.object },
    {
      id: "detail",
      title: t("audit.detail"),
      value: (one) => (one.detail ? plain(one.detail) : ""),
      render: (one) => <span class="muted break">{one.detail ? plain(one.detail) : ""}</span>,
    },
    {
      id: "address",
      title: t("audit.address"),
      value: (one) => one.address,
      render: (one) => <span class="mono">{one.address}</span>,
    },
  ];
  return (
    <ListCard
      title={t("admin.audit")}
      note={t("audit.lead")}
      name="audit"
      read={read}
      columns={columns}
      rowKey={(one) => one.id}
      empty={<Empty icon="admin" title={t("audit.empty")} />}
    />
  );
}

/** Limits in bytes are exact: no exponent. A unit that lists the choices says nothing here. */
function settingText({ value, unit }: Setting): string {
  const text = typeof value === "number" ? integer(value) : plain(value);
  return unit && !unit.includes("|") && text !== nothing ? `${text} ${unit}` : text;
}

function Settings() {
  const read = useQuery<{ items: Setting[] }>("/settings");
  const columns: TableColumn<Setting>[] = [
    {
      id: "name",
      title: t("settings.name"),
      rowHead: true,
      value: (one) => one.name,
      render: (one) => <code>{one.name}</code>,
    },
    {
      id: "value",
      title: t("settings.value"),
      value: (one) => plain(one.value),
      render: (one) => <span class="mono break setting-value">{settingText(one)}</span>,
    },
    {
      id: "default",
      title: t("module.default"),
      value: (one) => plain(one.default),
      render: (one) =>
        JSON.stringify(one.default) === JSON.stringify(one.value) ? (
          <span class="muted">{t("settings.same")}</span>
        ) : (
          <span class="mono muted">
            {typeof one.default === "number" ? integer(one.default) : plain(one.default)}
          </span>
        ),
    },
    {
      id: "reloadable",
      title: t("settings.change"),
      value: (one) => String(one.reloadable),
      render: (one) => (
        <Badge tone={one.reloadable ? "good" : ""}>
          {one.reloadable ? t("settings.reload") : t("settings.restart")}
        </Badge>
      ),
    },
    {
      id: "description",
      title: t("module.meaning"),
      value: (one) => one.description,
      render: (one) => <span class="muted break cell-text">{one.description}</span>,
    },
  ];
  return (
    <Card
      title={t("admin.settings")}
      note={t("settings.lead")}
      flush
      actions={<TableCsv name="settings" columns={columns} rows={read.data?.items ?? []} />}
    >
      <Async query={read}>
        {(data) => (
          <Table
            label={t("admin.settings")}
            columns={columns}
            rows={data.items}
            rowKey={(one) => one.name}
          />
        )}
      </Async>
    </Card>
  );
}
