// What can be done with a run: make a model version of it, or train again with other parameters.

import { useState } from "preact/hooks";
import { api, url } from "../lib/api";
import { t } from "../lib/i18n";
import { invalidate, useQuery } from "../lib/query";
import { navigate } from "../lib/router";
import { checkAll } from "../lib/schema";
import type { List, Model, Module, Run, Version } from "../lib/types";
import { Dialog } from "../ui/dialog";
import { TextField } from "../ui/fields";
import { useSender } from "../ui/form";
import { faultText, SchemaForm } from "../ui/schema_form";
import { Notice, Skeleton } from "../ui/state";
import { toast } from "../ui/toasts";
import { runName } from "./run_parts";

export function RegisterDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const models = useQuery<List<Model>>("/models?limit=200");
  const fitting = (models.data?.items ?? []).filter((one) => one.task === run.dataset.task);
  const [name, setName] = useState(run.dataset.name);
  const sender = useSender();
  const known = models.data?.items.find((one) => one.name === name.trim());
  const submit = async () => {
    const made = await sender.run(async () => {
      if (!known) {
        await api.post<Model>("/models", { name: name.trim(), task: run.dataset.task });
        invalidate("/models");
      }
      return api.post<Version>(url`/models/${name.trim()}/versions`, { run: run.id });
    });
    if (!made) return;
    invalidate("/models", "/runs", "/overview");
    toast(t("register.done", { model: made.model, version: made.version }), "good");
    navigate(`/models/${encodeURIComponent(made.model)}/versions`);
  };
  return (
    <Dialog
      title={t("run.register")}
      confirm={t("run.registerConfirm")}
      busy={sender.busy}
      disabled={!name.trim() || !models.data}
      error={sender.rest("/name")}
      onSubmit={submit}
      onClose={onClose}
    >
      <p class="muted mb-0">{t("run.registerLead", { name: runName(run) })}</p>
      <TextField
        label={t("models.model")}
        value={name}
        error={sender.at("/name")}
        list={fitting.map((one) => one.name)}
        onInput={setName}
      />
      <Notice>
        {known ? t("run.registerNext", { version: known.versions + 1 }) : t("run.registerFirst")}
      </Notice>
    </Dialog>
  );
}

export function ResubmitDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const module = useQuery<Module>(url`/modules/${run.module}`);
  const [values, setValues] = useState<Record<string, unknown>>(run.parameters ?? {});
  const [name, setName] = useState(run.name ?? "");
  const sender = useSender();
  const parameters = module.data?.train?.parameters ?? {};
  const faults = checkAll(parameters, values);
  const submit = async () => {
    if (Object.keys(faults).length > 0) return;
    const made = await sender.run(() =>
      api.post<Run>(url`/runs/${run.id}/resubmit`, { parameters: values }),
    );
    if (!made) return;
    // The run has begun: a name that is refused must not look as if it had not.
    if (name.trim() !== (run.name ?? ""))
      await api.patch<Run>(url`/runs/${made.id}`, { name: name.trim() }).catch(() => {});
    invalidate("/runs", "/overview", "/experiments");
    onClose();
    navigate(`/runs/${encodeURIComponent(made.id)}`);
  };
  return (
    <Dialog
      title={t("run.resubmit")}
      confirm={t("train.submit")}
      busy={sender.busy}
      disabled={!module.data && !module.error}
      error={sender.rest(...Object.keys(parameters).map((one) => `/parameters/${one}`))}
      onSubmit={submit}
      onClose={onClose}
    >
      <p class="muted mb-0">
        {t("run.resubmitLead")}{" "}
        <a
          href={`/catalogue/${encodeURIComponent(run.module)}/train?from=${encodeURIComponent(run.id)}`}
        >
          {t("run.trainLike")}
        </a>
      </p>
      <TextField
        label={t("run.name")}
        optional={t("form.optional")}
        value={name}
        onInput={setName}
      />
      {module.loading && <Skeleton lines={4} />}
      <SchemaForm
        parameters={parameters}
        values={values}
        onChange={setValues}
        faultOf={(name) => faultText(faults[name]) ?? sender.at(`/parameters/${name}`)}
      />
    </Dialog>
  );
}
