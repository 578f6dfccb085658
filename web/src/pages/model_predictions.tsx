// The latest predictions of a model, what every arm said, and what was true; all of them to save.

import { useState } from "preact/hooks";
import { api, query, url } from "../lib/api";
import { save } from "../lib/csv";
import { figure, plain } from "../lib/format";
import { t } from "../lib/i18n";
import { useList } from "../lib/query";
import type { Prediction } from "../lib/types";
import { Button, LinkButton } from "../ui/button";
import { Card } from "../ui/card";
import { Pick } from "../ui/fields";
import { useSender } from "../ui/form";
import { Icon } from "../ui/icon";
import { Async, Empty, Failure } from "../ui/state";
import { More, Table, type TableColumn } from "../ui/table";
import { ShortId, Time } from "../ui/value";
import type { TabProps } from "./model";
import { modelLink } from "./models";

export function PredictionsTab({ model, versions }: TabProps) {
  const [version, setVersion] = useState("");
  const [labelled, setLabelled] = useState("");
  const search = query({ version, labelled });
  const read = useList<Prediction>(url`/models/${model.name}/predictions` + search);
  const columns = predictionColumns(model.task === "regression");
  return (
    <Card flush>
      <div class="table-tools">
        <Pick
          label={t("version.version")}
          value={version}
          onChange={setVersion}
          options={[
            { value: "", text: t("predictions.anyVersion") },
            ...versions.map((one) => ({
              value: one.version,
              text: t("version.long", { version: one.version }),
            })),
          ]}
        />
        <Pick
          label={t("predictions.truth")}
          value={labelled}
          onChange={setLabelled}
          options={[
            { value: "", text: t("predictions.all") },
            { value: "true", text: t("predictions.labelled") },
            { value: "false", text: t("predictions.unlabelled") },
          ]}
        />
        <span class="push" />
        <Export model={model.name} search={search} />
      </div>
      <Async query={read}>
        {(items) =>
          items.length === 0 ? (
            <Empty
              icon="play"
              title={t("predictions.empty")}
              action={
                <LinkButton href={modelLink(model.name, "try")} look="primary" icon="play">
                  {t("model.try")}
                </LinkButton>
              }
            >
              {t("predictions.emptyLead")}
            </Empty>
          ) : (
            <>
              <Table
                label={t("model.predictions")}
                columns={columns}
                rows={items}
                rowKey={(one) => one.id}
              />
              <More more={read.more} />
            </>
          )
        }
      </Async>
    </Card>
  );
}

const formats = [
  { extension: "csv", type: "text/csv" },
  { extension: "ndjson", type: "application/x-ndjson" },
];

function Export({ model, search }: { model: string; search: string }) {
  const sender = useSender();
  const fetchAll = (type: string, extension: string) =>
    sender.run(async () => {
      const blob = await api.blob(url`/models/${model}/predictions` + search, type);
      save(`${model}-predictions.${extension}`, blob);
    });
  return (
    <>
      {sender.error && <Failure error={sender.error} />}
      {formats.map((one) => (
        <Button
          key={one.type}
          look="ghost"
          small
          icon="download"
          busy={sender.busy}
          title={t("predictions.export", { format: one.extension.toUpperCase() })}
          onClick={() => fetchAll(one.type, one.extension)}
        >
          {one.extension.toUpperCase()}
        </Button>
      ))}
    </>
  );
}

function said(one: { label?: string | null; value?: number | null }): string | number | null {
  return one.label ?? one.value ?? null;
}

function shown(value: string | number | null | undefined): string {
  return typeof value === "number" ? figure(value) : plain(value);
}

function predictionColumns(regression: boolean): TableColumn<Prediction>[] {
  return [
    {
      id: "time",
      title: t("predictions.time"),
      value: (one) => one.time,
      render: (one) => <Time at={one.time} />,
    },
    {
      id: "answer",
      title: t("try.answer"),
      rowHead: true,
      numeric: regression,
      value: said,
      render: (one) => shown(said(one)),
    },
    {
      id: "truth",
      title: t("predictions.truth"),
      numeric: regression,
      value: (one) => one.truth,
      render: (one) => <Truth prediction={one} regression={regression} />,
    },
    { id: "version", title: t("version.version"), numeric: true, value: (one) => one.version },
    {
      id: "others",
      title: t("predictions.others"),
      value: otherScores,
      render: (one) => <span class="muted">{otherScores(one)}</span>,
    },
    {
      id: "features",
      title: t("run.features"),
      value: featureText,
      clip: true,
      render: (one) => <span class="mono muted">{featureText(one)}</span>,
    },
    {
      id: "id",
      title: t("predictions.id"),
      value: (one) => one.id,
      render: (one) => <ShortId id={one.id} length={12} />,
    },
  ];
}

function otherScores(one: Prediction): string {
  return (one.scores ?? [])
    .filter((score) => score.version !== one.version)
    .map((score) => `${t("version.short", { version: score.version })} ${shown(said(score))}`)
    .join(", ");
}

function featureText(one: Prediction): string {
  return Object.entries(one.features ?? {})
    .map(([name, value]) => `${name} ${plain(value)}`)
    .join(", ");
}

function Truth({ prediction, regression }: { prediction: Prediction; regression: boolean }) {
  const truth = prediction.truth;
  if (truth === null || truth === undefined)
    return <span class="muted nowrap">{t("predictions.notYet")}</span>;
  if (regression) return <>{shown(truth)}</>;
  const right = String(truth) === String(said(prediction));
  return (
    <span class={`nowrap ${right ? "good" : "bad"}`}>
      <Icon name={right ? "check" : "close"} /> {shown(truth)}
      <span class="visually-hidden">
        {" "}
        {right ? t("predictions.right") : t("predictions.wrong")}
      </span>
    </span>
  );
}
