// A version out of an ONNX file, with a signature file beside it where names are to be given.

import { useState } from "preact/hooks";
import { api, upload, url } from "../lib/api";
import { bytes, percent } from "../lib/format";
import { t } from "../lib/i18n";
import { invalidate } from "../lib/query";
import { navigate } from "../lib/router";
import { BadJson, parseJson } from "../lib/schema";
import type { Model, Task, Version } from "../lib/types";
import { Dialog } from "../ui/dialog";
import { AreaField, SelectField, TextField } from "../ui/fields";
import { FileDrop } from "../ui/file_drop";
import { useSender } from "../ui/form";
import { toast } from "../ui/toasts";
import { Meter } from "../ui/value";

export function UploadDialog({ model, onClose }: { model: Model | null; onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState(model?.name ?? "");
  const [task, setTask] = useState<Task>(model?.task ?? "classification");
  const [signature, setSignature] = useState("");
  const [progress, setProgress] = useState(0);
  const sender = useSender();
  const badSignature = parseJson(signature) instanceof BadJson;
  const choose = (next: File) => {
    setFile(next);
    if (!name) setName(next.name.replace(/\.onnx$/i, "").replace(/[^A-Za-z0-9._-]+/g, "-"));
  };
  const send = async () => {
    if (!file || badSignature) return;
    const made = await sender.run(async () => {
      if (!model) await makeModel(name.trim(), task);
      return upload<Version>(
        url`/models/${name.trim()}/versions`,
        formOf(file, signature),
        setProgress,
      );
    });
    if (!made) return;
    invalidate("/models", "/overview");
    toast(t("register.done", { model: made.model, version: made.version }), "good");
    onClose();
    navigate(`/models/${encodeURIComponent(made.model)}/versions`);
  };
  return (
    <Dialog
      title={model ? t("versions.upload") : t("models.upload")}
      confirm={t("upload.submit")}
      busy={sender.busy}
      disabled={!file || !name.trim() || badSignature}
      error={sender.rest("/name", "/signature")}
      onSubmit={send}
      onClose={onClose}
    >
      <FileDrop
        accept=".onnx"
        title={file ? file.name : t("models.drop")}
        hint={file ? bytes(file.size) : t("models.dropHint")}
        onFile={choose}
      />
      {!model && (
        <div class="fields">
          <TextField
            label={t("models.model")}
            value={name}
            error={sender.at("/name")}
            onInput={setName}
          />
          <SelectField
            label={t("run.task")}
            value={task}
            onChange={(next) => setTask(next as Task)}
            options={[
              { value: "classification", text: t("task.classification") },
              { value: "regression", text: t("task.regression") },
              { value: "other", text: t("task.other") },
            ]}
          />
        </div>
      )}
      <AreaField
        label={t("models.signature")}
        optional={t("form.optional")}
        hint={t("models.signatureHint")}
        mono
        value={signature}
        error={badSignature ? t("form.json") : sender.at("/signature")}
        onInput={setSignature}
      />
      {sender.busy && (
        <Meter share={progress} label={`${t("upload.progress")} ${percent(progress)}`} />
      )}
    </Dialog>
  );
}

/** A model whose first file was refused is there already: the second try goes on with it. */
async function makeModel(name: string, task: Task): Promise<void> {
  try {
    await api.post("/models", { name, task });
  } catch (cause) {
    const status = (cause as { status?: number }).status;
    if (status !== 409) throw cause;
  }
}

function formOf(file: File, signature: string): FormData {
  const form = new FormData();
  if (signature.trim()) {
    const blob = new Blob([signature], { type: "application/json" });
    form.set("signature", blob, "signature.json");
  }
  form.set("file", file, file.name);
  return form;
}
