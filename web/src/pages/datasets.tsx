// The list of datasets.

import { bytes, integer } from "../lib/format";
import { t } from "../lib/i18n";
import { useList } from "../lib/query";
import { useRole } from "../lib/session";
import type { Dataset } from "../lib/types";
import { LinkButton } from "../ui/button";
import { ListCard } from "../ui/list_card";
import { Page } from "../ui/page";
import { Empty } from "../ui/state";
import type { TableColumn } from "../ui/table";
import { Time } from "../ui/value";

export function datasetLink(name: string, version?: string): string {
  const base = `/datasets/${encodeURIComponent(name)}`;
  return version ? `${base}/versions/${encodeURIComponent(version)}` : base;
}

export function DatasetsPage() {
  const read = useList<Dataset>("/datasets");
  const developer = useRole("developer");
  const upload = developer && (
    <LinkButton href="/datasets/new" look="primary" icon="upload">
      {t("datasets.upload")}
    </LinkButton>
  );
  const columns: TableColumn<Dataset>[] = [
    {
      id: "name",
      title: t("datasets.name"),
      rowHead: true,
      value: (one) => one.name,
      render: (one) => <a href={datasetLink(one.name)}>{one.name}</a>,
    },
    {
      id: "description",
      title: t("datasets.description"),
      value: (one) => one.description,
      render: (one) => <span class="muted">{one.description}</span>,
    },
    { id: "versions", title: t("datasets.versions"), numeric: true, value: (one) => one.versions },
    {
      id: "rows",
      title: t("datasets.rows"),
      numeric: true,
      value: (one) => one.latest?.rows,
      render: (one) => integer(one.latest?.rows),
    },
    {
      id: "bytes",
      title: t("datasets.size"),
      numeric: true,
      value: (one) => one.latest?.bytes,
      render: (one) => bytes(one.latest?.bytes),
    },
    {
      id: "created",
      title: t("datasets.latest"),
      value: (one) => one.latest?.created ?? one.created,
      render: (one) => <Time at={one.latest?.created ?? one.created} />,
    },
  ];
  return (
    <Page title={t("nav.datasets")} lead={t("datasets.lead")} actions={upload}>
      <ListCard
        title={t("datasets.all")}
        name="datasets"
        read={read}
        columns={columns}
        rowKey={(one) => one.name}
        empty={
          <Empty icon="datasets" title={t("datasets.empty")} action={upload}>
            {developer ? t("datasets.emptyLead") : t("datasets.emptyViewer")}
          </Empty>
        }
      />
    </Page>
  );
}
