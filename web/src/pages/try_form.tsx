// One row for the model by hand: a field for each feature, checked before it is sent.

import { useState } from "preact/hooks";
import { api, url } from "../lib/api";
import { figure, typing } from "../lib/format";
import { t } from "../lib/i18n";
import { invalidate } from "../lib/query";
import { parseNumber } from "../lib/schema";
import type { Answer, Column, DatasetVersion, Signature } from "../lib/types";
import { Button } from "../ui/button";
import { Card } from "../ui/card";
import { SelectField, TextField } from "../ui/fields";
import { useSender } from "../ui/form";
import { Failure } from "../ui/state";
import { CopyButton } from "../ui/value";

export type Feature = NonNullable<Signature["features"]>[number];

function median(column: Column | undefined): string {
  const value = column?.quantiles?.[2] ?? column?.top?.[0]?.value;
  if (value === undefined || value === null) return "";
  return typeof value === "number" ? typing(value) : value;
}

/** A cell of the data as the page writes it. */
function cellText(feature: Feature, cell = ""): string {
  const value = Number(cell);
  const numeric = feature.type === "number" || feature.type === "integer";
  return numeric && cell !== "" && !Number.isNaN(value) ? typing(value) : cell;
}

/** What was typed as the signature wants it; NaN marks a number that is none. */
export function typed(feature: Feature, text: string): unknown {
  if (feature.type === "text") return text;
  if (feature.type === "boolean") return text === "true";
  return parseNumber(text) ?? null;
}

export function RowForm(props: {
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
    const cells = profile.preview.columns.map((name, index) => [name, picked[index] ?? ""]);
    const given = Object.fromEntries(cells) as Record<string, string>;
    setValues(
      Object.fromEntries(features.map((one) => [one.name, cellText(one, given[one.name])])),
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
          <CopyButton text={curlOf(props.model, row)}>{t("try.curl")}</CopyButton>
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
