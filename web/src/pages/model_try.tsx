// Ask the model by hand, see which version answered, and tell what was true in the end.

import { useState } from "preact/hooks";
import { url } from "../lib/api";
import { plain } from "../lib/format";
import { t } from "../lib/i18n";
import { useQuery } from "../lib/query";
import type { DatasetVersion, Run } from "../lib/types";
import { LinkButton } from "../ui/button";
import { Card } from "../ui/card";
import { Empty } from "../ui/state";
import { CsvButton, ScrollBox } from "../ui/table";
import type { TabProps } from "./model";

import { modelLink } from "./models";
import { AnswerView, answerText, type Told } from "./try_answer";
import { type Feature, RowForm } from "./try_form";

export function TryTab({ model, versions }: TabProps) {
  const version = versions.find((one) => one.version === model.champion);
  const features = version?.signature.features ?? [];
  const run = useQuery<Run>(version?.run ? url`/runs/${version.run}` : null);
  const dataset = run.data?.dataset;
  const profile = useQuery<DatasetVersion>(
    dataset ? url`/datasets/${dataset.name}/versions/${dataset.version}` : null,
  );
  const [told, setTold] = useState<Told[]>([]);
  if (!version) {
    return (
      <Card flush>
        <Empty
          icon="models"
          title={t("try.noChampion")}
          action={
            <LinkButton href={modelLink(model.name, "versions")} look="primary">
              {t("model.versions")}
            </LinkButton>
          }
        >
          {t("versions.emptyLead")}
        </Empty>
      </Card>
    );
  }
  if (features.length === 0) {
    return (
      <Card flush>
        <Empty icon="info" title={t("try.noFeatures")}>
          {t("try.noFeaturesLead")}
        </Empty>
      </Card>
    );
  }
  const [last] = told;
  const setTruth = (id: string, truth: string | number) =>
    setTold((all) => all.map((one) => (one.answer.id === id ? { ...one, truth } : one)));
  return (
    <div class="stack">
      <div class="wide-left">
        <RowForm
          model={model.name}
          features={features}
          profile={profile.data}
          onAnswer={(answer, row) => setTold((all) => [{ answer, row, truth: null }, ...all])}
        />
        <Card title={t("try.answer")}>
          <div aria-live="polite">
            {last ? (
              <AnswerView
                key={last.answer.id}
                model={model.name}
                told={last}
                classes={version.signature.classes}
                regression={model.task === "regression"}
                onTruth={(truth) => setTruth(last.answer.id, truth)}
              />
            ) : (
              <Empty icon="play" title={t("try.waiting")}>
                {t("try.waitingLead")}
              </Empty>
            )}
          </div>
        </Card>
      </div>
      {told.length > 0 && <History model={model.name} told={told} features={features} />}
    </div>
  );
}

function History({ model, told, features }: { model: string; told: Told[]; features: Feature[] }) {
  return (
    <Card
      title={t("try.history")}
      flush
      actions={
        <CsvButton
          name={`${model}-tries`}
          header={["id", "version", "answer", "truth", ...features.map((one) => one.name)]}
          rows={() =>
            told.map((one) => [
              one.answer.id,
              one.answer.version,
              one.answer.label ?? one.answer.value,
              one.truth,
              ...features.map((feature) => one.row[feature.name] as string | number),
            ])
          }
        />
      }
    >
      <ScrollBox label={t("try.history")}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t("try.answer")}</th>
              <th scope="col">{t("predictions.truth")}</th>
              <th scope="col">{t("version.version")}</th>
              {features.map((one) => (
                <th key={one.name} scope="col" class="is-num">
                  {one.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {told.map((one) => (
              <tr key={one.answer.id}>
                <th scope="row">{answerText(one.answer)}</th>
                <td>{plain(one.truth)}</td>
                <td class="num">{one.answer.version}</td>
                {features.map((feature) => (
                  <td key={feature.name} class="is-num">
                    {plain(one.row[feature.name])}
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
