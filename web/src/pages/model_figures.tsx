// The table of figures: training, hold-out and live of a version, and of the one beside it.

import { useMemo } from "preact/hooks";
import { fixed, integer } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { type Figure, figuresOf, figureValue, judge, reasonOf } from "../lib/metrics";
import type { Model } from "../lib/types";
import { Card } from "../ui/card";
import { Icon } from "../ui/icon";
import { CsvButton, ScrollBox } from "../ui/table";

import { type Side, sideTitle } from "./model_scores";

export function FigureTable({ model, sides }: { model: Model; sides: Side[] }) {
  const figures = figuresOf(model.task);
  const perClass = useMemo(() => classRows(sides), [sides]);
  return (
    <Card
      title={t("performance.figures")}
      note={t("performance.figuresNote")}
      flush
      actions={
        <CsvButton
          name={`${model.name}-performance`}
          header={[t("metric.metric"), ...sides.map(sideTitle)]}
          rows={() => [
            ...figures.map((one) => [
              t(`metric.${one.id}` as Key),
              ...sides.map((side) => figureValue(side.read.data, one)),
            ]),
            ...perClass.map((row) => [row.title, ...row.values]),
          ]}
        />
      }
    >
      <ScrollBox label={t("performance.figures")}>
        <table class="table">
          <FigureHead sides={sides} />
          <tbody>
            {figures.map((one) => (
              <FigureRow key={one.id} figure={one} sides={sides} />
            ))}
            <tr>
              <th scope="row">{t("performance.labelled")}</th>
              {sides.map((side) => (
                <td key={side.id} class="is-num">
                  {integer(side.read.data?.labelled)}
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </ScrollBox>
      {perClass.length > 0 && (
        <details class="fold flat-fold">
          <summary>{t("performance.perClass")}</summary>
          <ScrollBox label={t("performance.perClass")}>
            <table class="table">
              <FigureHead sides={sides} />
              <tbody>
                {perClass.map((row) => (
                  <tr key={row.title}>
                    <th scope="row">{row.title}</th>
                    {row.values.map((value, index) => (
                      <td key={index} class="is-num">
                        {fixed(value)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollBox>
        </details>
      )}
    </Card>
  );
}

function FigureHead({ sides }: { sides: Side[] }) {
  return (
    <thead>
      <tr>
        <th scope="col" class="is-row-head">
          {t("metric.metric")}
        </th>
        {sides.map((side) => (
          <th key={side.id} scope="col" class="is-num">
            {sideTitle(side)}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function FigureRow({ figure, sides }: { figure: Figure; sides: Side[] }) {
  const average = figure.averaged ? ` · ${t(`average.${figure.averaged}` as Key)}` : "";
  return (
    <tr>
      <th scope="row">
        {t(`metric.${figure.id}` as Key)}
        <span class="muted fw-normal">{average}</span>
      </th>
      {sides.map((side) => (
        <td key={side.id} class="is-num">
          <FigureCell figure={figure} side={side} sides={sides} />
        </td>
      ))}
    </tr>
  );
}

/** A live figure carries its distance to the same version's hold-out. */
function FigureCell({ figure, side, sides }: { figure: Figure; side: Side; sides: Side[] }) {
  const value = figureValue(side.read.data, figure);
  const reason = reasonOf(side.read.data, figure);
  if (value === null) {
    return reason ? (
      <span title={reason}>
        – <Icon name="info" />
        <span class="visually-hidden">{reason}</span>
      </span>
    ) : (
      <>–</>
    );
  }
  const history = sides.find((one) => one.version === side.version && one.source === "holdout");
  const past = side.source === "live" ? figureValue(history?.read.data, figure) : null;
  return (
    <>
      {fixed(value)}
      {past !== null && <Delta figure={figure} from={past} to={value} />}
    </>
  );
}

function Delta({ figure, from, to }: { figure: Figure; from: number; to: number }) {
  const verdict = judge(figure, from, to);
  const change = to - from;
  const sign = change > 0 ? "+" : change < 0 ? "−" : "±";
  return (
    <span
      class={`delta ${verdict === "same" ? "muted" : verdict}`}
      title={t("performance.toHoldout")}
    >
      {sign}
      {fixed(Math.abs(change), 3)}
    </span>
  );
}

function classRows(sides: Side[]): { title: string; values: (number | null)[] }[] {
  const classes = [...new Set(sides.flatMap((side) => side.read.data?.classes ?? []))];
  const rows: { title: string; values: (number | null)[] }[] = [];
  for (const id of ["precision", "recall", "f1", "auc"] as const) {
    for (const name of classes) {
      const values = sides.map((side) => side.read.data?.[id]?.per_class?.[name] ?? null);
      rows.push({ title: `${t(`metric.${id}` as Key)} · ${name}`, values });
    }
  }
  return rows;
}
