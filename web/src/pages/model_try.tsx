// Ask the model by hand, see which version answered, and tell what was true in the end.

import { useState } from "preact/hooks";
import { api, url } from "../lib/api";
import { figure, percent, plain } from "../lib/format";
import { t } from "../lib/i18n";
import { invalidate, useQuery } from "../lib/query";
import { parseNumber } from "../lib/schema";
import type { Answer, Column, DatasetVersion, FeedbackResult, Run, Signature } from "../lib/types";
import { SelectField, TextField } from "../ui/fields";
import { useSender } from "../ui/form";
import { Badge, Button, Card, Copy, Empty, Failure, Json, Meter, Notice } from "../ui/parts";
import { CsvButton, ScrollBox } from "../ui/table";
import type { TabProps } from "./model";

type Feature = NonNullable<Signature["features"]>[number];

interface Told {
  answer: Answer;
  row: Record<string, unknown>;
  truth: string | number | null;
}

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
        <Empty icon="models" title={t("try.noChampion")}>
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

function median(column: Column | undefined): string {
  const value = column?.quantiles?.[2] ?? column?.top?.[0]?.value;
  return value === undefined || value === null ? "" : String(value);
}

/** What was typed as the signature wants it; NaN marks a number that is none. */
export function typed(feature: Feature, text: string): unknown {
  if (feature.type === "text") return text;
  if (feature.type === "boolean") return text === "true";
  return parseNumber(text) ?? null;
}

function RowForm(props: {
  model: string;
  features: Feature[];
  profile: DatasetVersion | undefined;
  onAnswer: (answer: Answer, row: Record<string, unknown>) => void;
}) {
  const { features, profile } = props;
  const [values, setValues] = useState<Record<string, string>>({});
  const [unit, setUnit] = useState("");
  const [tried, setTried] = useState(false);
  const sender = useSender();
  const columnOf = (name: string) => profile?.columns.find((one) => one.name === name);
  const textOf = (name: string) => values[name] ?? median(columnOf(name));
  const row = Object.fromEntries(features.map((one) => [one.name, typed(one, textOf(one.name))]));
  const bad = (name: string) => row[name] === null || Number.isNaN(row[name]);
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (features.some((one) => bad(one.name))) return;
    const body = { rows: [row], ...(unit.trim() ? { unit: unit.trim() } : {}) };
    const made = await sender.run(() =>
      api.post<{ predictions: Answer[] }>(url`/models/${props.model}/predict`, body),
    );
    const answer = made?.predictions[0];
    if (!answer) return;
    props.onAnswer(answer, row);
    invalidate(url`/models/${props.model}/predictions`);
  };
  const example = () => {
    const rows = profile?.preview.rows ?? [];
    const picked = rows[Math.floor(Math.random() * rows.length)];
    if (!picked || !profile) return;
    setValues(
      Object.fromEntries(profile.preview.columns.map((name, index) => [name, picked[index] ?? ""])),
    );
  };
  const fault = (name: string) =>
    (tried && bad(name) ? t("form.number") : undefined) ?? sender.at(`/rows/0/${name}`);
  return (
    <Card
      title={t("try.title")}
      note={t("try.lead")}
      actions={
        profile &&
        profile.preview.rows.length > 0 && (
          <Button small icon="datasets" onClick={example}>
            {t("try.example")}
          </Button>
        )
      }
    >
      <form class="stack" onSubmit={submit} noValidate>
        <div class="fields">
          {features.map((one) => (
            <FeatureField
              key={one.name}
              feature={one}
              column={columnOf(one.name)}
              value={textOf(one.name)}
              error={fault(one.name)}
              onInput={(text) => setValues({ ...values, [one.name]: text })}
            />
          ))}
        </div>
        <TextField
          label={t("try.unit")}
          optional={t("form.optional")}
          hint={t("try.unitHint")}
          value={unit}
          onInput={setUnit}
        />
        {sender.rest(...features.map((one) => `/rows/0/${one.name}`)) && sender.error && (
          <Failure error={sender.error} />
        )}
        <div class="row-wrap">
          <Button type="submit" look="primary" icon="play" busy={sender.busy}>
            {t("try.submit")}
          </Button>
          <Copy text={curlOf(props.model, row)}>{t("try.curl")}</Copy>
        </div>
      </form>
    </Card>
  );
}

function curlOf(model: string, row: Record<string, unknown>): string {
  const address = `${location.origin}/api/v1${url`/models/${model}/predict`}`;
  const body = JSON.stringify({ rows: [row] }).replaceAll("'", "'\\''");
  return `curl -H "Authorization: Bearer $CRISOL_TOKEN" -H 'Content-Type: application/json' \\\n  -d '${body}' ${address}`;
}

function FeatureField(props: {
  feature: Feature;
  column: Column | undefined;
  value: string;
  error: string | undefined;
  onInput: (text: string) => void;
}) {
  const { feature, column, value, error, onInput } = props;
  if (feature.type === "boolean") {
    return (
      <SelectField
        label={feature.name}
        value={value === "true" ? "true" : "false"}
        error={error}
        onChange={onInput}
        options={[
          { value: "true", text: t("app.yes") },
          { value: "false", text: t("app.no") },
        ]}
      />
    );
  }
  const range =
    typeof column?.min === "number" && typeof column.max === "number"
      ? t("try.range", { min: figure(column.min), max: figure(column.max) })
      : undefined;
  return (
    <TextField
      label={feature.name}
      hint={range}
      inputMode={feature.type === "text" ? "text" : "decimal"}
      value={value}
      error={error}
      list={feature.type === "text" ? column?.top?.map((one) => one.value) : undefined}
      onInput={onInput}
    />
  );
}

function answerText(answer: Answer): string {
  if (answer.label !== undefined && answer.label !== null) return answer.label;
  if (answer.value !== undefined && answer.value !== null) return figure(answer.value);
  return "–";
}

function AnswerView(props: {
  model: string;
  told: Told;
  classes: string[] | null;
  regression: boolean;
  onTruth: (truth: string | number) => void;
}) {
  const { answer } = props.told;
  const shares = Object.entries(answer.probabilities ?? {}).sort((a, b) => b[1] - a[1]);
  return (
    <div class="answer">
      <div>
        <div class="verdict">{answerText(answer)}</div>
        <div class="row-wrap muted">
          <Badge tone="accent">{t("version.long", { version: answer.version })}</Badge>
          <Copy text={answer.id} />
        </div>
      </div>
      {answer.outputs && <Json value={answer.outputs} label={t("try.outputs")} />}
      {shares.length > 0 && (
        <dl class="bars">
          {shares.map(([name, share], index) => (
            <>
              <dt>{name}</dt>
              <dd>
                <Meter
                  share={share}
                  label={`${name} ${percent(share, 1)}`}
                  colour={index === 0 ? "var(--v1)" : "var(--line-strong)"}
                />
                <span class="num">{percent(share, 1)}</span>
              </dd>
            </>
          ))}
        </dl>
      )}
      <TruthForm {...props} />
    </div>
  );
}

function TruthForm(props: {
  model: string;
  told: Told;
  classes: string[] | null;
  regression: boolean;
  onTruth: (truth: string | number) => void;
}) {
  const { told, classes } = props;
  const [text, setText] = useState("");
  const sender = useSender();
  const tell = async (truth: string | number) => {
    const done = await sender.run(() =>
      api.post<FeedbackResult>(url`/models/${props.model}/feedback`, {
        items: [{ id: told.answer.id, truth }],
      }),
    );
    if (!done) return;
    if (done.rejected > 0) return;
    props.onTruth(truth);
    invalidate(url`/models/${props.model}`);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const truth = props.regression ? parseNumber(text) : text.trim();
    if (truth === undefined || truth === "" || Number.isNaN(truth)) return;
    void tell(truth);
  };
  return (
    <div class="stack-sm">
      <strong>{t("try.truth")}</strong>
      {classes && !props.regression ? (
        <div class="row-wrap">
          {classes.map((one) => (
            <Button
              key={one}
              small
              look={told.truth === one ? "primary" : "plain"}
              disabled={sender.busy}
              onClick={() => tell(one)}
            >
              {one}
            </Button>
          ))}
        </div>
      ) : (
        <form class="row-end" onSubmit={submit} noValidate>
          <TextField
            label={t("try.truthValue")}
            inputMode={props.regression ? "decimal" : "text"}
            value={text}
            onInput={setText}
          />
          <Button type="submit" busy={sender.busy}>
            {t("try.tell")}
          </Button>
        </form>
      )}
      {sender.error && <Failure error={sender.error} />}
      {told.truth !== null && (
        <Notice kind="good" icon="check">
          {t("try.told", { truth: plain(told.truth) })}
        </Notice>
      )}
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
