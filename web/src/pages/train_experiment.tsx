// The choice of an experiment: none, one that is there, or a new one.

import { t } from "../lib/i18n";
import { useQuery } from "../lib/query";
import type { Experiment, List } from "../lib/types";
import { SelectField, TextField } from "../ui/fields";

export const newExperiment = "+";

export function ExperimentField(props: {
  value: string;
  name: string;
  error: string | undefined;
  onChange: (value: string) => void;
  onName: (name: string) => void;
}) {
  const read = useQuery<List<Experiment>>("/experiments?limit=200");
  const active = (read.data?.items ?? []).filter((one) => one.status !== "archived");
  return (
    <>
      <SelectField
        label={t("run.experiment")}
        value={props.value}
        error={props.error}
        onChange={props.onChange}
        options={[
          { value: "", text: t("train.noExperiment") },
          ...active.map((one) => ({ value: one.id, text: one.name })),
          { value: newExperiment, text: t("train.newExperiment") },
        ]}
      />
      {props.value === newExperiment && (
        <TextField label={t("experiments.name")} value={props.name} onInput={props.onName} />
      )}
    </>
  );
}
