// One model: its tabs.

import type { ComponentChild } from "preact";
import { useState } from "preact/hooks";
import { api, url } from "../lib/api";
import { type Key, t } from "../lib/i18n";
import { invalidate, useQuery } from "../lib/query";
import { navigate } from "../lib/router";
import { useRole } from "../lib/session";
import type { List, Model, Version } from "../lib/types";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { AreaField } from "../ui/fields";
import { useSender } from "../ui/form";
import { Page, Tabs } from "../ui/page";
import { RemoveDialog } from "../ui/remove_dialog";
import { Async, Empty } from "../ui/state";
import { DecisionsTab } from "./model_decisions";
import { PerformanceTab } from "./model_performance";
import { PredictionsTab } from "./model_predictions";
import { TrafficTab } from "./model_traffic";
import { TryTab } from "./model_try";
import { VersionsTab } from "./model_versions";
import { modelLink } from "./models";

export interface TabProps {
  model: Model;
  versions: Version[];
}

const tabs: { id: string; key: Key; show: (props: TabProps) => ComponentChild }[] = [
  { id: "performance", key: "model.performance", show: (props) => <PerformanceTab {...props} /> },
  { id: "versions", key: "model.versions", show: (props) => <VersionsTab {...props} /> },
  { id: "traffic", key: "model.traffic", show: (props) => <TrafficTab {...props} /> },
  { id: "try", key: "model.try", show: (props) => <TryTab {...props} /> },
  { id: "predictions", key: "model.predictions", show: (props) => <PredictionsTab {...props} /> },
  { id: "decisions", key: "model.decisions", show: (props) => <DecisionsTab {...props} /> },
];

export function ModelPage({ name, tab }: { name: string; tab: string }) {
  const model = useQuery<Model>(url`/models/${name}`);
  const versions = useQuery<List<Version>>(`${url`/models/${name}/versions`}?limit=200`);
  const current = tabs.find((one) => one.id === tab);
  const items = versions.data?.items;
  const both = {
    data: model.data && items ? { model: model.data, versions: items } : undefined,
    error: model.error ?? versions.error,
    loading: model.loading || versions.loading,
    reload: () => {
      model.reload();
      versions.reload();
    },
  };
  return (
    <Page
      title={name}
      lead={model.data?.description}
      badge={model.data && <Badges model={model.data} />}
      crumbs={[{ text: t("nav.models"), href: "/models" }]}
      actions={model.data && <ModelActions model={model.data} />}
    >
      <Tabs
        label={t("model.tabs")}
        items={tabs.map((one) => ({
          href: modelLink(name, one.id),
          text: t(one.key),
          current: one.id === tab,
        }))}
      />
      <Async query={both} lines={8}>
        {(props) => current?.show(props) ?? <Empty icon="info" title={t("app.notFound")} />}
      </Async>
    </Page>
  );
}

function Badges({ model }: { model: Model }) {
  return (
    <span class="row-wrap">
      <Badge>{t(`task.${model.task}` as Key)}</Badge>
      {model.champion ? (
        <Badge tone="accent" icon="crown">
          {t("version.short", { version: model.champion })}
        </Badge>
      ) : (
        <Badge tone="warn">{t("models.noChampion")}</Badge>
      )}
    </span>
  );
}

function ModelActions({ model }: { model: Model }) {
  const developer = useRole("developer");
  const [dialog, setDialog] = useState<"edit" | "remove" | null>(null);
  if (!developer) return null;
  return (
    <>
      <Button icon="edit" label={t("model.edit")} onClick={() => setDialog("edit")} />
      <Button
        look="danger-plain"
        icon="trash"
        label={t("model.remove")}
        onClick={() => setDialog("remove")}
      />
      {dialog === "edit" && <EditDialog model={model} onClose={() => setDialog(null)} />}
      {dialog === "remove" && (
        <RemoveDialog
          title={t("model.removeTitle", { name: model.name })}
          lead={t("model.removeLead")}
          confirm={t("model.remove")}
          path={url`/models/${model.name}`}
          old={["/models", "/overview"]}
          onDone={() => navigate("/models")}
          onClose={() => setDialog(null)}
        />
      )}
    </>
  );
}

function EditDialog({ model, onClose }: { model: Model; onClose: () => void }) {
  const [description, setDescription] = useState(model.description ?? "");
  const sender = useSender();
  const save = async () => {
    const done = await sender.run(() =>
      api.patch<Model>(url`/models/${model.name}`, { description: description.trim() }),
    );
    if (!done) return;
    invalidate("/models");
    onClose();
  };
  return (
    <Dialog
      title={t("model.edit")}
      busy={sender.busy}
      error={sender.error}
      onSubmit={save}
      onClose={onClose}
    >
      <AreaField label={t("datasets.description")} value={description} onInput={setDescription} />
    </Dialog>
  );
}
