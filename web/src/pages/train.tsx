// The form that starts a run: data on the one side, the module's parameters on the other, both
// checked here before the server checks them again.

import { useEffect, useState } from "preact/hooks";
import { api, url } from "../lib/api";
import { pick, t } from "../lib/i18n";
import { invalidate, useQuery } from "../lib/query";
import { navigate, usePlace } from "../lib/router";
import { checkAll, defaultsOf } from "../lib/schema";
import type { DatasetVersion, Experiment, Module, Run } from "../lib/types";
import { Button } from "../ui/button";
import { Card } from "../ui/card";
import { TextField } from "../ui/fields";
import { useSender } from "../ui/form";
import { Page } from "../ui/page";
import { faultText, NumberField, SchemaForm } from "../ui/schema_form";
import { Async, Failure } from "../ui/state";
import { toast } from "../ui/toasts";
import { CopyButton, Json } from "../ui/value";
import {
  checkData,
  DataFields,
  type DataForm,
  dataBody,
  dataFromRun,
  dataFromVersion,
  emptyData,
} from "./train_data";
import { ExperimentField, newExperiment } from "./train_experiment";

export function TrainPage({ module: name }: { module: string }) {
  const read = useQuery<Module>(url`/modules/${name}`);
  const from = usePlace().query.get("from");
  const source = useQuery<Run>(from ? url`/runs/${from}` : null);
  return (
    <Page
      title={t("train.title", { module: pick(read.data?.title, name) })}
      lead={t("train.lead")}
      crumbs={[
        { text: t("nav.catalogue"), href: "/catalogue" },
        { text: pick(read.data?.title, name), href: `/catalogue/${encodeURIComponent(name)}` },
      ]}
    >
      <Async query={read} lines={8}>
        {(module) =>
          from && !source.data && !source.error ? null : (
            <TrainForm module={module} from={source.data ?? null} />
          )
        }
      </Async>
    </Page>
  );
}

interface Details {
  name: string;
  seed: number | undefined;
  experiment: string;
  experimentName: string;
}

function firstDetails(from: Run | null): Details {
  return {
    name: "",
    seed: from?.seed,
    experiment: from?.experiment?.id ?? "",
    experimentName: "",
  };
}

function TrainForm({ module, from }: { module: Module; from: Run | null }) {
  const here = usePlace().query;
  const parameters = module.train?.parameters ?? {};
  const [values, setValues] = useState<Record<string, unknown>>(() => ({
    ...defaultsOf(parameters),
    ...from?.parameters,
  }));
  const [data, setData] = useState<DataForm>(() =>
    from
      ? dataFromRun(from)
      : { ...emptyData, name: here.get("dataset") ?? "", version: here.get("version") ?? "" },
  );
  const [details, setDetails] = useState<Details>(() => firstDetails(from));
  const [tried, setTried] = useState(false);
  const sender = useSender();
  const version = useQuery<DatasetVersion>(
    data.name && data.version ? url`/datasets/${data.name}/versions/${data.version}` : null,
  );
  useEffect(() => {
    if (version.data && !data.target) setData(dataFromVersion(data, version.data, module.tasks));
  }, [version.data]);

  const faults = checkAll(parameters, values);
  const dataFaults = checkData(data);
  const body = runBody(module.name, values, data, details);
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(faults).length > 0 || Object.keys(dataFaults).length > 0) {
      focusFirstFault();
      return;
    }
    const run = await sender.run(() => start(body, details));
    if (!run) {
      focusFirstFault();
      return;
    }
    invalidate("/runs", "/overview", "/experiments");
    toast(t("train.started"), "good");
    navigate(`/runs/${encodeURIComponent(run.id)}`);
  };
  const known = [
    ...Object.keys(parameters).map((one) => `/parameters/${one}`),
    ...["name", "version", "target", "features", "split", "split/holdout"].map(
      (one) => `/dataset/${one}`,
    ),
    "/seed",
    "/name",
  ];
  const rest = sender.rest(...known);
  return (
    <form class="wide-left" onSubmit={submit} noValidate>
      <div class="stack">
        <Card title={t("train.data")}>
          <DataFields
            data={data}
            set={setData}
            version={version}
            tasks={module.tasks}
            faultOf={(name) =>
              (tried && dataFaults[name] ? t(dataFaults[name]) : undefined) ??
              sender.at(`/dataset/${name}`)
            }
          />
        </Card>
        <Card title={t("train.parameters")}>
          <SchemaForm
            parameters={parameters}
            values={values}
            onChange={setValues}
            faultOf={(name) => faultText(faults[name]) ?? sender.at(`/parameters/${name}`)}
          />
        </Card>
      </div>
      <div class="stack">
        <Card title={t("train.run")}>
          <DetailFields details={details} set={setDetails} at={sender.at} />
        </Card>
        <RequestCard body={body} />
        {rest && <Failure error={rest} />}
        <div class="sticky-foot">
          <Button type="submit" look="primary" icon="play" busy={sender.busy}>
            {t("train.submit")}
          </Button>
        </div>
      </div>
    </form>
  );
}

function focusFirstFault(): void {
  setTimeout(() => {
    const faulty = "main .is-invalid, main [aria-invalid], main .form-error";
    const first = document.querySelector<HTMLElement>(faulty);
    first?.focus();
    first?.scrollIntoView({ block: "center" });
  }, 50);
}

function runBody(
  module: string,
  values: Record<string, unknown>,
  data: DataForm,
  details: Details,
): Record<string, unknown> {
  const body: Record<string, unknown> = { module, dataset: dataBody(data), parameters: values };
  if (details.seed !== undefined) body.seed = details.seed;
  if (details.name.trim()) body.name = details.name.trim();
  if (details.experiment && details.experiment !== newExperiment)
    body.experiment = details.experiment;
  return body;
}

async function start(body: Record<string, unknown>, details: Details): Promise<Run> {
  if (details.experiment !== newExperiment) return api.post<Run>("/runs", body);
  const made = await api.post<Experiment>("/experiments", { name: details.experimentName.trim() });
  return api.post<Run>("/runs", { ...body, experiment: made.id });
}

function DetailFields(props: {
  details: Details;
  set: (details: Details) => void;
  at: (pointer: string) => string | undefined;
}) {
  const { details, set, at } = props;
  return (
    <div class="stack">
      <TextField
        label={t("run.name")}
        optional={t("form.optional")}
        value={details.name}
        error={at("/name")}
        onInput={(name) => set({ ...details, name })}
      />
      <ExperimentField
        value={details.experiment}
        name={details.experimentName}
        error={at("/experiment")}
        onChange={(experiment) => set({ ...details, experiment })}
        onName={(experimentName) => set({ ...details, experimentName })}
      />
      <NumberField
        label={t("run.seed")}
        hint={t("train.seedHint")}
        optional={t("form.optional")}
        value={details.seed}
        error={at("/seed")}
        onChange={(seed) => set({ ...details, seed })}
      />
    </div>
  );
}

/** The same request for a program. */
function RequestCard({ body }: { body: Record<string, unknown> }) {
  return (
    <details class="fold">
      <summary>{t("train.asRequest")}</summary>
      <div class="stack-sm">
        <div class="d-flex justify-content-between align-items-center">
          <code>POST /api/v1/runs</code>
          <CopyButton text={JSON.stringify(body, null, 2)} />
        </div>
        <Json value={body} label={t("train.asRequest")} />
      </div>
    </details>
  );
}
