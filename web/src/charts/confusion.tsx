// A confusion matrix as a real table: rows are the truth, colour is the share of the row.

import { integer, nothing, percent } from "../lib/format";
import { t } from "../lib/i18n";
import type { Metrics } from "../lib/types";
import { Card } from "../ui/card";
import { Empty, Skeleton } from "../ui/state";
import { CsvButton, ScrollBox } from "../ui/table";

export function ConfusionCard(props: {
  title: string;
  name: string;
  metrics: Metrics | undefined;
  loading?: boolean;
}) {
  const classes = props.metrics?.classes ?? [];
  const counts = props.metrics?.confusion ?? [];
  const total = counts.flat().reduce((sum, one) => sum + one, 0);
  const actions = total > 0 && (
    <CsvButton
      name={props.name}
      header={[t("confusion.corner"), ...classes]}
      rows={() => counts.map((row, index) => [classes[index], ...row])}
    />
  );
  return (
    <Card title={props.title} actions={actions} flush={total === 0}>
      {total > 0 ? (
        <Matrix label={props.title} classes={classes} counts={counts} />
      ) : props.loading ? (
        <Skeleton lines={4} />
      ) : (
        <Empty icon="table" title={t("confusion.empty")} />
      )}
    </Card>
  );
}

/** With more classes than this the cells have room for the counts only. */
const sharesMax = 6;

function Matrix(props: { label: string; classes: string[]; counts: number[][] }) {
  return (
    <ScrollBox label={props.label}>
      <table class={`confusion ${props.classes.length <= sharesMax ? "is-even" : ""}`}>
        <thead>
          <tr>
            <td class="corner" />
            {props.classes.map((one) => (
              <th key={one} scope="col">
                {one}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.counts.map((row, index) => (
            <tr key={props.classes[index]}>
              <th scope="row">{props.classes[index]}</th>
              {row.map((count, column) => (
                <Cell
                  key={column}
                  count={count}
                  sum={row.reduce((all, one) => all + one, 0)}
                  withShare={props.classes.length <= sharesMax}
                  title={t("confusion.cell", {
                    truth: props.classes[index] ?? "",
                    predicted: props.classes[column] ?? "",
                  })}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="form-hint mb-0">{t("confusion.axes")}</p>
    </ScrollBox>
  );
}

function Cell(props: { count: number; sum: number; title: string; withShare: boolean }) {
  const { count, sum, title } = props;
  const share = sum > 0 ? count / sum : 0;
  return (
    <td
      style={{ "--share": String(count === 0 ? 0.06 : 0.14 + 0.86 * share) }}
      title={`${title}: ${integer(count)} (${percent(share, 1)})`}
    >
      {integer(count)}
      {props.withShare && <small>{sum > 0 ? percent(share) : nothing}</small>}
    </td>
  );
}
