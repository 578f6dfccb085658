// What a run was made of and what it left: its data, its parameters, its artifacts.

import { url } from "../lib/api";
import { bytes, duration, percent, plain } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { useQuery } from "../lib/query";
import type { Artifact, List, Run } from "../lib/types";
import { Badge } from "../ui/badge";
import { Card } from "../ui/card";
import { Async, Empty } from "../ui/state";
import { CsvButton, ScrollBox } from "../ui/table";
import { Copy, ShortId } from "../ui/value";
import { took_ms } from "./run_parts";

const splits = ["random", "stratified", "time", "group", "column"];

/** How rows were held out: "Stratified · 25% · seed 0". */
function splitText(split: Record<string, unknown>): string {
  const { kind, holdout, ...rest } = split;
  const name = splits.includes(String(kind)) ? t(`split.${kind}` as Key) : plain(kind);
  const others = Object.entries(rest)
    .filter(([, value]) => value !== null && value !== "")
    .map(([key, value]) => `${key === "seed" ? t("run.seed") : key} ${plain(value)}`);
  const share = typeof holdout === "number" ? [percent(holdout, 1)] : [];
  return [name, ...share, ...others].join(" · ");
}

export function Facts({ run }: { run: Run }) {
  return (
    <Card title={t("run.facts")}>
      <dl class="defs">
        <dt>{t("run.id")}</dt>
        <dd>
          <ShortId id={run.id} length={14} />
        </dd>
        <dt>{t("run.module")}</dt>
        <dd>
          {run.module} <span class="muted num">{run.module_version}</span>
        </dd>
        <dt>{t("run.target")}</dt>
        <dd>
          {run.dataset.target} <Badge>{t(`task.${run.dataset.task}` as Key)}</Badge>
        </dd>
        <dt>{t("run.features")}</dt>
        <dd>{run.dataset.features?.join(", ")}</dd>
        <dt>{t("train.split")}</dt>
        <dd>{splitText(run.dataset.split ?? {})}</dd>
        <dt>{t("run.seed")}</dt>
        <dd>
          <Copy text={String(run.seed)} />
        </dd>
        <dt>{t("run.took")}</dt>
        <dd class="num">{took_ms(run) === null ? "–" : duration(took_ms(run) ?? 0)}</dd>
        {run.digest && (
          <>
            <dt>{t("run.digest")}</dt>
            <dd>
              <ShortId id={run.digest} />
            </dd>
          </>
        )}
        {run.resubmitted_from && (
          <>
            <dt>{t("run.from")}</dt>
            <dd>
              <a href={`/runs/${encodeURIComponent(run.resubmitted_from)}`} class="mono">
                {run.resubmitted_from.slice(0, 14)}
              </a>
            </dd>
          </>
        )}
      </dl>
    </Card>
  );
}

export function Parameters({ run }: { run: Run }) {
  const rows = Object.entries(run.parameters ?? {});
  return (
    <Card
      title={t("train.parameters")}
      actions={
        <CsvButton
          name={`${run.id}-parameters`}
          header={[t("module.parameter"), t("module.values")]}
          rows={() => rows.map(([name, value]) => [name, plain(value)])}
        />
      }
    >
      <dl class="defs">
        {rows.map(([name, value]) => (
          <>
            <dt class="mono">{name}</dt>
            <dd class="num">{value === null ? t("form.none") : plain(value)}</dd>
          </>
        ))}
      </dl>
    </Card>
  );
}

export function Artifacts({ run }: { run: Run }) {
  const read = useQuery<List<Artifact>>(url`/runs/${run.id}/artifacts`);
  const address = (path: string) =>
    `/api/v1/runs/${encodeURIComponent(run.id)}/artifacts/${path.split("/").map(encodeURIComponent).join("/")}`;
  return (
    <Card title={t("run.artifacts")} flush>
      <Async query={read} lines={3}>
        {(data) =>
          data.items.length === 0 ? (
            <Empty icon="file" title={t("run.noArtifacts")} />
          ) : (
            <ScrollBox label={t("run.artifacts")}>
              <table class="table">
                <tbody>
                  {data.items.map((one) => (
                    <tr key={one.path}>
                      <th scope="row" class="mono break">
                        <a href={address(one.path)} download>
                          {one.path}
                        </a>
                      </th>
                      <td class="is-num muted">{bytes(one.bytes)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </ScrollBox>
          )
        }
      </Async>
    </Card>
  );
}
