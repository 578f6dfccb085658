// What can be trained here: the modules, filtered by words and task.

import { useState } from "preact/hooks";
import { type Key, pick, t } from "../lib/i18n";
import { useQuery } from "../lib/query";
import { usePlace } from "../lib/router";
import type { List, Module } from "../lib/types";
import { Badge } from "../ui/badge";
import { Card } from "../ui/card";
import { Pick } from "../ui/fields";
import { Page } from "../ui/page";
import { Async, Empty, Notice } from "../ui/state";

function fits(module: Module, words: string, task: string): boolean {
  if (task && !module.tasks?.includes(task as Module["tasks"][number])) return false;
  const text = [
    module.name,
    pick(module.title),
    pick(module.summary),
    ...(module.tags ?? []),
    ...(module.libraries ?? []),
  ]
    .join(" ")
    .toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

export function CataloguePage() {
  const read = useQuery<List<Module>>("/modules");
  const dataset = usePlace().query.get("dataset");
  const [words, setWords] = useState("");
  const [task, setTask] = useState("");
  return (
    <Page title={t("nav.catalogue")} lead={t("catalogue.lead")}>
      <div class="stack">
        {dataset && <Notice>{t("catalogue.forDataset", { name: dataset })}</Notice>}
        <div class="row-wrap">
          <input
            type="search"
            class="form-control w-auto"
            placeholder={t("catalogue.search")}
            aria-label={t("catalogue.search")}
            value={words}
            onInput={(event) => setWords(event.currentTarget.value)}
          />
          <Pick
            label={t("catalogue.task")}
            value={task}
            onChange={setTask}
            options={[
              { value: "", text: t("catalogue.allTasks") },
              { value: "classification", text: t("task.classification") },
              { value: "regression", text: t("task.regression") },
            ]}
          />
        </div>
        <Async query={read}>
          {(data) => <Modules items={data.items.filter((one) => fits(one, words, task))} />}
        </Async>
      </div>
    </Page>
  );
}

function Modules({ items }: { items: Module[] }) {
  const search = usePlace().query.toString();
  if (items.length === 0) {
    return (
      <Card flush>
        <Empty icon="catalogue" title={t("catalogue.empty")}>
          {t("catalogue.emptyLead")}
        </Empty>
      </Card>
    );
  }
  return (
    <div class="cards">
      {items.map((one) => (
        <a
          key={one.name}
          class="card card-link"
          href={`/catalogue/${encodeURIComponent(one.name)}${search ? `?${search}` : ""}`}
        >
          <div class="d-flex justify-content-between gap-2">
            <h2 class="break">{pick(one.title, one.name)}</h2>
            <span class="muted mono">{one.version}</span>
          </div>
          {one.error ? <p class="bad break">{one.error}</p> : <p>{pick(one.summary)}</p>}
          <div class="foot">
            {one.error && (
              <Badge tone="bad" icon="alert">
                {t("catalogue.broken")}
              </Badge>
            )}
            {one.tasks?.map((task) => (
              <Badge key={task} tone="accent">
                {t(`task.${task}` as Key)}
              </Badge>
            ))}
            {one.libraries?.map((library) => (
              <Badge key={library}>{library}</Badge>
            ))}
          </div>
        </a>
      ))}
    </div>
  );
}
