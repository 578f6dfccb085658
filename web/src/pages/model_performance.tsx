// How a version does now beside how it did on the data it was trained with, and beside another
// version: figures, figures over time with their coverage, confusion matrices, curves.

import { ConfusionCard } from "../charts/confusion";
import { integer, percent } from "../lib/format";
import { t } from "../lib/i18n";
import { setQuery, usePlace } from "../lib/router";
import type { Metrics } from "../lib/types";
import { windows } from "../lib/windows";
import { LinkButton } from "../ui/button";
import { Card, Stat } from "../ui/card";
import { Pick } from "../ui/fields";
import { Empty, Failure, Notice, Skeleton } from "../ui/state";
import type { TabProps } from "./model";
import { CurvesCard } from "./model_curves";
import { FigureTable } from "./model_figures";
import { type Chosen, sideTitle, useSides } from "./model_scores";
import { MetricOverTime } from "./model_time";
import { modelLink } from "./models";

export function PerformanceTab({ model, versions }: TabProps) {
  const asked = usePlace().query;
  const names = versions.map((one) => one.version);
  const version = asked.get("version") ?? model.champion ?? names[names.length - 1] ?? null;
  const challenger = model.arms?.find((arm) => arm.version !== version)?.version;
  const beside = asked.get("beside") ?? challenger ?? "";
  const window = asked.get("window") ?? "";
  if (model.task === "other") {
    return (
      <Card flush>
        <Empty icon="info" title={t("performance.other")} />
      </Card>
    );
  }
  if (version === null) {
    return (
      <Card flush>
        <Empty
          icon="models"
          title={t("versions.empty")}
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
  const option = (one: string) => ({ value: one, text: t("version.long", { version: one }) });
  return (
    <div class="stack">
      <div class="row-wrap">
        <Pick
          label={t("version.version")}
          value={version}
          onChange={(next) => setQuery({ version: next, beside: next === beside ? "-" : beside })}
          options={names.map(option)}
        />
        <span class="muted">{t("performance.beside")}</span>
        <Pick
          label={t("performance.besideLabel")}
          value={beside === version ? "-" : beside || "-"}
          onChange={(next) => setQuery({ beside: next })}
          options={[
            { value: "-", text: t("performance.nothing") },
            ...names.filter((one) => one !== version).map(option),
          ]}
        />
        <span class="flex-grow-1" />
        <Pick
          label={t("window.window")}
          value={window}
          onChange={(next) => setQuery({ window: next })}
          options={windows.map((one) => ({ value: one.id, text: t(one.key) }))}
        />
      </div>
      <Content
        model={model}
        version={version}
        beside={beside === "-" || beside === version || !names.includes(beside) ? null : beside}
        window={window}
      />
    </div>
  );
}

function Content(props: Chosen) {
  const { model } = props;
  const sides = useSides(props);
  const side = (id: string) => sides.find((one) => one.id === id)?.read;
  const live = side("live");
  const old = sides.some((one) => one.read.old);
  if (live?.error && !live.data) return <Failure error={live.error} retry={live.reload} />;
  if (!live?.data) return <Skeleton lines={8} />;
  return (
    <div class={`stack ${old ? "is-old" : ""}`} aria-busy={old}>
      <Coverage live={live.data} />
      {live.data.labelled === 0 && <NoTruth model={model.name} rows={live.data.rows} />}
      <FigureTable model={model} sides={sides} />
      <MetricOverTime {...props} live={live} other={side("otherLive")} holdout={side("holdout")} />
      {model.task === "classification" && (
        <div class="two">
          {sides
            .filter((one) => one.source !== "training")
            .map((one) => (
              <ConfusionCard
                key={one.id}
                title={sideTitle(one)}
                name={`${model.name}-${one.version}-confusion-${one.source}`}
                metrics={one.read.data}
                loading={one.read.loading}
              />
            ))}
        </div>
      )}
      <CurvesCard {...props} />
    </div>
  );
}

function Coverage({ live }: { live: Metrics }) {
  return (
    <dl class="stats mb-0">
      <Stat label={t("performance.rows")} value={integer(live.rows)} />
      <Stat
        label={t("performance.labelled")}
        value={integer(live.labelled)}
        note={t("performance.waiting", {
          count: live.rows - live.labelled,
          n: integer(live.rows - live.labelled),
        })}
      />
      <Stat label={t("performance.coverage")} value={percent(live.coverage, 1)} />
    </dl>
  );
}

function NoTruth({ model, rows }: { model: string; rows: number }) {
  return (
    <Notice>
      <p class="mb-2">{rows === 0 ? t("performance.noRows") : t("performance.noTruth")}</p>
      <LinkButton href={modelLink(model, "try")} small icon="play">
        {t("model.try")}
      </LinkButton>
    </Notice>
  );
}
