// The list of models, and the dialog that makes one out of an ONNX file.

import { useState } from "preact/hooks";
import { type Key, t } from "../lib/i18n";
import { useList } from "../lib/query";
import { useRole } from "../lib/session";
import type { Model } from "../lib/types";
import { Badge } from "../ui/badge";
import { Button, LinkButton } from "../ui/button";
import { ListCard } from "../ui/list_card";
import { Page } from "../ui/page";
import { Empty } from "../ui/state";
import type { TableColumn } from "../ui/table";
import { Time } from "../ui/value";
import { UploadDialog } from "./model_upload";

export function modelLink(name: string, tab?: string): string {
  const base = `/models/${encodeURIComponent(name)}`;
  return tab ? `${base}/${tab}` : base;
}

export function ModelsPage() {
  const read = useList<Model>("/models");
  const developer = useRole("developer");
  const [uploading, setUploading] = useState(false);
  const add = developer && (
    <Button look="primary" icon="upload" onClick={() => setUploading(true)}>
      {t("models.upload")}
    </Button>
  );
  const columns = modelColumns();
  return (
    <Page title={t("nav.models")} lead={t("models.lead")} actions={add}>
      <ListCard
        title={t("models.all")}
        name="models"
        read={read}
        columns={columns}
        rowKey={(one) => one.name}
        empty={
          <Empty
            icon="models"
            title={t("models.empty")}
            action={<LinkButton href="/runs">{t("models.toRuns")}</LinkButton>}
          >
            {t("models.emptyLead")}
          </Empty>
        }
      />
      {uploading && <UploadDialog model={null} onClose={() => setUploading(false)} />}
    </Page>
  );
}

function modelColumns(): TableColumn<Model>[] {
  return [
    {
      id: "name",
      title: t("models.model"),
      rowHead: true,
      value: (one) => one.name,
      render: (one) => <a href={modelLink(one.name)}>{one.name}</a>,
    },
    {
      id: "task",
      title: t("run.task"),
      value: (one) => one.task,
      render: (one) => <Badge>{t(`task.${one.task}` as Key)}</Badge>,
    },
    {
      id: "champion",
      title: t("models.champion"),
      value: (one) => one.champion,
      render: (one) =>
        one.champion ? (
          <Badge tone="accent" icon="crown">
            {t("version.short", { version: one.champion })}
          </Badge>
        ) : (
          <span class="muted nowrap">{t("models.noChampion")}</span>
        ),
    },
    {
      id: "challengers",
      title: t("models.challengers"),
      numeric: true,
      value: (one) => (one.arms ?? []).filter((arm) => arm.mode !== "champion").length,
    },
    { id: "versions", title: t("datasets.versions"), numeric: true, value: (one) => one.versions },
    { id: "user", title: t("run.user"), value: (one) => one.user },
    {
      id: "created",
      title: t("run.created"),
      value: (one) => one.created,
      render: (one) => <Time at={one.created} />,
    },
  ];
}
