// Experiments: the list, and one with its runs.

import { useState } from "preact/hooks";
import { api, url } from "../lib/api";
import { t } from "../lib/i18n";
import { invalidate, useList, useQuery } from "../lib/query";
import { navigate } from "../lib/router";
import { useRole } from "../lib/session";
import type { Experiment } from "../lib/types";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { AreaField, TextField } from "../ui/fields";
import { useSender } from "../ui/form";
import { ListCard } from "../ui/list_card";
import { Page } from "../ui/page";
import { RemoveDialog } from "../ui/remove_dialog";
import { Async, Empty } from "../ui/state";
import type { TableColumn } from "../ui/table";
import { Time } from "../ui/value";
import { RunsTable } from "./runs_table";

function experimentColumns(): TableColumn<Experiment>[] {
  return [
    {
      id: "name",
      title: t("experiments.name"),
      rowHead: true,
      value: (one) => one.name,
      render: (one) => <a href={`/experiments/${encodeURIComponent(one.id)}`}>{one.name}</a>,
    },
    {
      id: "description",
      title: t("datasets.description"),
      value: (one) => one.description,
      render: (one) => <span class="muted">{one.description}</span>,
    },
    { id: "runs", title: t("nav.runs"), numeric: true, value: (one) => one.runs },
    {
      id: "status",
      title: t("run.status"),
      value: (one) => one.status,
      render: (one) => (
        <Badge tone={one.status === "active" ? "good" : ""}>
          {one.status === "active" ? t("experiments.active") : t("experiments.archived")}
        </Badge>
      ),
    },
    { id: "user", title: t("run.user"), value: (one) => one.user },
    {
      id: "created",
      title: t("run.created"),
      value: (one) => one.created,
      render: (one) => <Time at={one.created} />,
    },
  ];
}

export function ExperimentsPage() {
  const read = useList<Experiment>("/experiments");
  const developer = useRole("developer");
  const [making, setMaking] = useState(false);
  const add = developer && (
    <Button look="primary" icon="plus" onClick={() => setMaking(true)}>
      {t("experiments.new")}
    </Button>
  );
  const columns = experimentColumns();
  return (
    <Page title={t("nav.experiments")} lead={t("experiments.lead")} actions={add}>
      <ListCard
        title={t("experiments.all")}
        name="experiments"
        read={read}
        columns={columns}
        rowKey={(one) => one.id}
        empty={
          <Empty icon="experiments" title={t("experiments.empty")} action={add}>
            {t("experiments.emptyLead")}
          </Empty>
        }
      />
      {making && <ExperimentDialog experiment={null} onClose={() => setMaking(false)} />}
    </Page>
  );
}

function ExperimentDialog(props: { experiment: Experiment | null; onClose: () => void }) {
  const { experiment, onClose } = props;
  const [name, setName] = useState(experiment?.name ?? "");
  const [description, setDescription] = useState(experiment?.description ?? "");
  const sender = useSender();
  const submit = async () => {
    const body = { name: name.trim(), description: description.trim() };
    const made = await sender.run(() =>
      experiment
        ? api.patch<Experiment>(url`/experiments/${experiment.id}`, body)
        : api.post<Experiment>("/experiments", body),
    );
    if (!made) return;
    invalidate("/experiments", "/runs");
    onClose();
    if (!experiment) navigate(`/experiments/${encodeURIComponent(made.id)}`);
  };
  return (
    <Dialog
      title={experiment ? t("experiments.edit") : t("experiments.new")}
      busy={sender.busy}
      disabled={!name.trim()}
      error={sender.rest("/name", "/description")}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label={t("experiments.name")}
        value={name}
        error={sender.at("/name")}
        onInput={setName}
      />
      <AreaField
        label={t("datasets.description")}
        optional={t("form.optional")}
        value={description}
        error={sender.at("/description")}
        onInput={setDescription}
      />
    </Dialog>
  );
}

export function ExperimentPage({ id }: { id: string }) {
  const read = useQuery<Experiment>(url`/experiments/${id}`);
  return (
    <Page
      title={read.data?.name ?? t("run.experiment")}
      lead={read.data?.description}
      badge={read.data?.status === "archived" && <Badge>{t("experiments.archived")}</Badge>}
      crumbs={[{ text: t("nav.experiments"), href: "/experiments" }]}
      actions={read.data && <ExperimentActions experiment={read.data} />}
    >
      <Async query={read}>{() => <RunsTable experiment={id} />}</Async>
    </Page>
  );
}

function ExperimentActions({ experiment }: { experiment: Experiment }) {
  const developer = useRole("developer");
  const [dialog, setDialog] = useState<"edit" | "remove" | null>(null);
  const sender = useSender();
  if (!developer) return null;
  const archived = experiment.status === "archived";
  const toggle = async () => {
    await sender.run(() =>
      api.patch(url`/experiments/${experiment.id}`, { status: archived ? "active" : "archived" }),
    );
    invalidate("/experiments");
  };
  return (
    <>
      <Button icon="edit" onClick={() => setDialog("edit")}>
        {t("app.edit")}
      </Button>
      <Button icon="archive" busy={sender.busy} onClick={toggle}>
        {archived ? t("experiments.restore") : t("experiments.archive")}
      </Button>
      <Button
        look="danger-plain"
        icon="trash"
        label={t("experiments.remove")}
        onClick={() => setDialog("remove")}
      />
      {dialog === "edit" && (
        <ExperimentDialog experiment={experiment} onClose={() => setDialog(null)} />
      )}
      {dialog === "remove" && (
        <RemoveDialog
          title={t("experiments.removeTitle", { name: experiment.name })}
          lead={t("experiments.removeLead")}
          confirm={t("experiments.remove")}
          path={url`/experiments/${experiment.id}`}
          old={["/experiments", "/runs"]}
          onDone={() => navigate("/experiments")}
          onClose={() => setDialog(null)}
        />
      )}
    </>
  );
}
