// Upload of a CSV file: drop it, see its first rows as they will be read, name it.

import { useEffect, useState } from "preact/hooks";
import { upload } from "../lib/api";
import { guessSeparator, parseCsv } from "../lib/csv";
import { bytes, percent } from "../lib/format";
import { t } from "../lib/i18n";
import { invalidate } from "../lib/query";
import { navigate, usePlace } from "../lib/router";
import type { DatasetVersion } from "../lib/types";
import { Button } from "../ui/button";
import { Card } from "../ui/card";
import { SelectField, TextField } from "../ui/fields";
import { FileDrop } from "../ui/file_drop";
import { useSender } from "../ui/form";
import { Page } from "../ui/page";
import { Failure } from "../ui/state";
import { ScrollBox } from "../ui/table";
import { toast } from "../ui/toasts";
import { Meter } from "../ui/value";
import { datasetLink } from "./datasets";

interface Options {
  name: string;
  description: string;
  separator: string;
  header: string;
}

const headBytes = 64 * 1024;
const previewRows = 6;

export function DatasetNewPage() {
  const given = usePlace().query.get("name") ?? "";
  const [file, setFile] = useState<File | null>(null);
  const [options, setOptions] = useState<Options>({
    name: given,
    description: "",
    separator: "",
    header: "",
  });
  const [progress, setProgress] = useState(0);
  const sender = useSender();
  const set = (change: Partial<Options>) => setOptions({ ...options, ...change });
  const choose = (next: File) => {
    setFile(next);
    sender.clear();
    if (!options.name) set({ name: nameFrom(next.name) });
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!file) return;
    setProgress(0);
    const made = await sender.run(() =>
      upload<DatasetVersion>("/datasets", formOf(file, options), setProgress),
    );
    if (!made) return;
    invalidate("/datasets", "/overview");
    toast(t("upload.done", { name: made.dataset, version: made.version }), "good");
    navigate(datasetLink(made.dataset, made.version));
  };
  const rest = sender.rest("/name", "/separator", "/header");
  return (
    <Page
      title={t("upload.title")}
      lead={t("upload.lead")}
      crumbs={[{ text: t("nav.datasets"), href: "/datasets" }]}
    >
      <form class="stack" onSubmit={submit} noValidate>
        <FileDrop
          accept=".csv,.tsv,.txt,text/csv"
          title={file ? file.name : t("upload.drop")}
          hint={file ? bytes(file.size) : t("upload.dropHint")}
          onFile={choose}
        />
        <Card title={t("upload.options")}>
          <OptionFields options={options} set={set} at={sender.at} />
        </Card>
        {file && <Preview file={file} options={options} />}
        {rest && <Failure error={rest} />}
        {sender.busy && <Meter share={progress} label={t("upload.progress")} />}
        <div class="sticky-foot">
          {sender.busy && (
            <span class="muted num" role="status">
              {progress < 1 ? percent(progress) : t("upload.reading")}
            </span>
          )}
          <Button
            type="submit"
            look="primary"
            icon="upload"
            busy={sender.busy}
            disabled={!file || !options.name}
          >
            {t("upload.submit")}
          </Button>
        </div>
      </form>
    </Page>
  );
}

function OptionFields(props: {
  options: Options;
  set: (change: Partial<Options>) => void;
  at: (pointer: string) => string | undefined;
}) {
  const { options, set, at } = props;
  return (
    <div class="fields">
      <TextField
        label={t("datasets.name")}
        hint={t("upload.nameHint")}
        value={options.name}
        error={at("/name")}
        onInput={(name) => set({ name })}
      />
      <TextField
        label={t("datasets.description")}
        optional={t("form.optional")}
        value={options.description}
        onInput={(description) => set({ description })}
      />
      <SelectField
        label={t("upload.separator")}
        value={options.separator}
        error={at("/separator")}
        onChange={(separator) => set({ separator })}
        options={[
          { value: "", text: t("upload.detect") },
          { value: ",", text: t("upload.comma") },
          { value: ";", text: t("upload.semicolon") },
          { value: "tab", text: t("upload.tab") },
          { value: "|", text: t("upload.pipe") },
          { value: " ", text: t("upload.space") },
        ]}
      />
      <SelectField
        label={t("upload.header")}
        value={options.header}
        error={at("/header")}
        onChange={(header) => set({ header })}
        options={[
          { value: "", text: t("upload.detect") },
          { value: "true", text: t("upload.headerYes") },
          { value: "false", text: t("upload.headerNo") },
        ]}
      />
    </div>
  );
}

/** "Iris (2).csv" → "Iris-2": a name that can stand in an address and in a shell. */
export function nameFrom(fileName: string): string {
  return fileName
    .replace(/\.[^.]*$/, "")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 64);
}

function formOf(file: File, options: Options): FormData {
  const form = new FormData();
  form.set("name", options.name.trim());
  if (options.description.trim()) form.set("description", options.description.trim());
  if (options.separator) form.set("separator", options.separator);
  if (options.header) form.set("header", options.header);
  form.set("file", file, file.name);
  return form;
}

function Preview({ file, options }: { file: File; options: Options }) {
  const [text, setText] = useState<string | null>(null);
  useEffect(() => {
    let gone = false;
    file
      .slice(0, headBytes)
      .text()
      .then((read) => {
        if (!gone) setText(read);
      });
    return () => {
      gone = true;
    };
  }, [file]);
  if (text === null) return null;
  const chosen = options.separator === "tab" ? "\t" : options.separator;
  const rows = parseCsv(text, chosen || guessSeparator(text), previewRows);
  const hasHeader = options.header !== "false";
  const head = hasHeader ? rows[0] : rows[0]?.map((_, index) => String(index + 1));
  return (
    <Card title={t("upload.preview")} note={t("upload.previewNote")} flush>
      <ScrollBox label={t("upload.preview")}>
        <table class="table">
          <thead>
            <tr>
              {head?.map((one, index) => (
                <th key={index} scope="col">
                  {one}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(hasHeader ? 1 : 0).map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={column} class="num">
                    {cell}
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
