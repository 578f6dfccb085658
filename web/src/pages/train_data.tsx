// The data half of the train form: dataset, version, target, features, and how rows are held out.

import { useEffect } from "preact/hooks";
import { integer, percent } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { type Query, useQuery } from "../lib/query";
import type { Column, Dataset, DatasetVersion, List, Run, Task } from "../lib/types";
import { Badge } from "../ui/badge";
import { Button, LinkButton } from "../ui/button";
import { Check, FieldError, SelectField } from "../ui/fields";
import { NumberField } from "../ui/schema_form";
import { Empty, Skeleton } from "../ui/state";

export interface DataForm {
  name: string;
  version: string;
  target: string;
  task: Task | "";
  features: string[];
  split: string;
  holdout: number | undefined;
  column: string;
}

export const emptyData: DataForm = {
  name: "",
  version: "",
  target: "",
  task: "",
  features: [],
  split: "stratified",
  holdout: 0.25,
  column: "",
};

const splits = ["random", "stratified", "time", "group", "column"];
const needsColumn = (split: string) => ["time", "group", "column"].includes(split);

/** Text targets mean classification, numbers regression, unless somebody says otherwise. */
export function taskOf(column: Column | undefined, tasks: Task[]): Task | "" {
  const guess: Task =
    column && (column.type === "number" || column.type === "integer")
      ? "regression"
      : "classification";
  return tasks.includes(guess) ? guess : (tasks[0] ?? "");
}

/** A first choice: the last column is the target, all the others are features. */
export function dataFromVersion(data: DataForm, version: DatasetVersion, tasks: Task[]): DataForm {
  const target = version.columns[version.columns.length - 1];
  const task = taskOf(target, tasks);
  return {
    ...data,
    target: target?.name ?? "",
    task,
    features: version.columns.filter((one) => one !== target).map((one) => one.name),
    split: task === "regression" ? "random" : "stratified",
  };
}

export function dataFromRun(run: Run): DataForm {
  const split = run.dataset.split ?? {};
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    name: run.dataset.name,
    version: run.dataset.version,
    target: run.dataset.target,
    task: run.dataset.task,
    features: run.dataset.features ?? [],
    split: text(split.kind) || "random",
    holdout: typeof split.holdout === "number" ? split.holdout : 0.25,
    column: text(split.column),
  };
}

export function dataBody(data: DataForm): Record<string, unknown> {
  const split: Record<string, unknown> = { kind: data.split };
  if (data.split !== "column") split.holdout = data.holdout;
  if (needsColumn(data.split)) split.column = data.column;
  return {
    name: data.name,
    version: data.version,
    target: data.target,
    ...(data.task ? { task: data.task } : {}),
    features: data.features,
    split,
  };
}

export function checkData(data: DataForm): Record<string, Key> {
  const faults: Record<string, Key> = {};
  if (!data.name) faults.name = "train.needDataset";
  if (!data.target) faults.target = "train.needTarget";
  if (data.features.length === 0) faults.features = "train.needFeatures";
  const share = data.holdout;
  if (data.split !== "column" && !(share !== undefined && share > 0 && share < 1))
    faults["split/holdout"] = "train.needHoldout";
  if (needsColumn(data.split) && !data.column) faults["split/column"] = "train.needColumn";
  return faults;
}

interface DataProps {
  data: DataForm;
  set: (data: DataForm) => void;
  version: Query<DatasetVersion>;
  tasks: Task[];
  faultOf: (name: string) => string | undefined;
}

export function DataFields(props: DataProps) {
  const read = useQuery<List<Dataset>>("/datasets?limit=200");
  const { data, set } = props;
  const items = read.data?.items;
  useEffect(() => {
    const only = items?.length === 1 ? items[0] : undefined;
    const chosen = items?.find((one) => one.name === data.name) ?? (data.name ? undefined : only);
    if (chosen && (!data.name || !data.version))
      set({ ...data, name: chosen.name, version: chosen.latest.version });
  }, [items]);
  if (!items) return <Skeleton lines={3} />;
  if (items.length === 0) {
    return (
      <Empty
        icon="datasets"
        title={t("datasets.empty")}
        action={
          <LinkButton href="/datasets/new" look="primary" icon="upload">
            {t("datasets.upload")}
          </LinkButton>
        }
      >
        {t("train.noDatasets")}
      </Empty>
    );
  }
  return (
    <div class="stack">
      <DatasetChoice {...props} items={items} />
      {props.version.data && <ColumnChoice {...props} columns={props.version.data.columns} />}
      {props.version.data && (
        <SplitFields
          {...props}
          rows={props.version.data.rows}
          columns={props.version.data.columns}
        />
      )}
    </div>
  );
}

function DatasetChoice(props: DataProps & { items: Dataset[] }) {
  const { data, set, items } = props;
  const chosen = items.find((one) => one.name === data.name);
  const choose = (name: string) => {
    const next = items.find((one) => one.name === name);
    set({ ...emptyData, name, version: next?.latest.version ?? "" });
  };
  const count = Math.max(chosen?.versions ?? 1, Number(data.version) || 1);
  const versions = Array.from({ length: count }, (_, index) => String(count - index));
  return (
    <div class="fields">
      <SelectField
        label={t("run.dataset")}
        value={data.name}
        error={props.faultOf("name")}
        onChange={choose}
        options={[
          { value: "", text: t("train.chooseDataset"), disabled: true },
          ...items.map((one) => ({ value: one.name, text: one.name })),
        ]}
      />
      {data.name && (
        <SelectField
          label={t("datasets.version")}
          value={data.version}
          error={props.faultOf("version")}
          onChange={(version) => set({ ...emptyData, name: data.name, version })}
          options={versions.map((one) => ({
            value: one,
            text: t("version.long", { version: one }),
          }))}
        />
      )}
    </div>
  );
}

function ColumnChoice(props: DataProps & { columns: Column[] }) {
  const { data, set, columns } = props;
  const choose = (target: string) => {
    const column = columns.find((one) => one.name === target);
    const features = columns
      .map((one) => one.name)
      .filter((one) => one !== target && (data.features.includes(one) || one === data.target));
    const task = taskOf(column, props.tasks);
    const split = task === "regression" && data.split === "stratified" ? "random" : data.split;
    set({ ...data, target, features, task, split });
  };
  return (
    <>
      <div class="fields">
        <SelectField
          label={t("run.target")}
          hint={t("train.targetHint")}
          value={data.target}
          error={props.faultOf("target")}
          onChange={choose}
          options={columns.map((one) => ({ value: one.name, text: one.name }))}
        />
        <SelectField
          label={t("run.task")}
          value={data.task}
          error={props.faultOf("task")}
          onChange={(task) => set({ ...data, task: task as Task })}
          options={props.tasks.map((one) => ({ value: one, text: t(`task.${one}` as Key) }))}
        />
      </div>
      <FeatureChoice {...props} />
    </>
  );
}

function FeatureChoice(props: DataProps & { columns: Column[] }) {
  const { data, set } = props;
  const offered = props.columns.filter((one) => one.name !== data.target);
  const toggle = (name: string, on: boolean) => {
    const chosen = new Set(data.features);
    if (on) chosen.add(name);
    else chosen.delete(name);
    set({ ...data, features: offered.map((one) => one.name).filter((one) => chosen.has(one)) });
  };
  const all = () => set({ ...data, features: offered.map((one) => one.name) });
  return (
    <fieldset>
      <div class="d-flex flex-wrap align-items-center gap-2 mb-1">
        <legend class="w-auto mb-0">
          {t("run.features")}{" "}
          <span class="muted fw-normal num">
            {t("train.chosen", { n: data.features.length, of: offered.length })}
          </span>
        </legend>
        <Button look="ghost" small onClick={all}>
          {t("train.all")}
        </Button>
        <Button look="ghost" small onClick={() => set({ ...data, features: [] })}>
          {t("train.none")}
        </Button>
      </div>
      <div class="checks">
        {offered.map((one) => (
          <Check
            key={one.name}
            label={
              <>
                {one.name} <Badge>{t(`type.${one.type}` as Key)}</Badge>
              </>
            }
            checked={data.features.includes(one.name)}
            onChange={(on) => toggle(one.name, on)}
          />
        ))}
      </div>
      <FieldError error={props.faultOf("features")} />
    </fieldset>
  );
}

function SplitFields(props: DataProps & { rows: number; columns: Column[] }) {
  const { data, set } = props;
  const held = Math.round(props.rows * (data.holdout ?? 0));
  const offered = splits.filter((one) => one !== "stratified" || data.task !== "regression");
  return (
    <div class="fields">
      <SelectField
        label={t("train.split")}
        hint={t(`split.${data.split}.hint` as Key)}
        value={data.split}
        error={props.faultOf("split")}
        onChange={(split) => set({ ...data, split })}
        options={offered.map((one) => ({ value: one, text: t(`split.${one}` as Key) }))}
      />
      {needsColumn(data.split) && (
        <SelectField
          label={t("train.splitColumn")}
          value={data.column}
          error={props.faultOf("split/column")}
          onChange={(column) => set({ ...data, column })}
          options={[
            { value: "", text: t("train.chooseColumn"), disabled: true },
            ...props.columns.map((one) => ({ value: one.name, text: one.name })),
          ]}
        />
      )}
      {data.split !== "column" && (
        <NumberField
          label={t("train.holdout")}
          hint={t("train.holdoutHint", {
            share: percent(data.holdout),
            rows: integer(held),
          })}
          value={data.holdout}
          error={props.faultOf("split/holdout")}
          onChange={(holdout) => set({ ...data, holdout })}
        />
      )}
    </div>
  );
}
