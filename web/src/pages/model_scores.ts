// The figures of one or two versions of a model, then and now, each asked for once.

import { useEffect } from "preact/hooks";
import { query, url } from "../lib/api";
import { type Key, t } from "../lib/i18n";
import { type Steady, useQuery, useSteady } from "../lib/query";
import { useStore } from "../lib/store";
import type { Metrics, Model } from "../lib/types";
import { bucketOf, noteRefusal, withoutMinutes } from "../lib/windows";

export type Source = "live" | "holdout" | "training";

export interface Chosen {
  model: Model;
  version: string;
  beside: string | null;
  window: string;
}

export interface Side {
  id: string;
  version: string;
  source: Source;
  read: Steady<Metrics>;
}

function useHistory(model: string, version: string | null, source: Source): Steady<Metrics> {
  const path = url`/models/${model}/metrics` + query({ version, source });
  return useSteady(useQuery<Metrics>(version === null ? null : path), model);
}

/** The live figures come with their buckets: one question answers the table and the chart. */
function useLiveMetrics(chosen: Chosen, version: string | null): Steady<Metrics> {
  const { model, window } = chosen;
  const bucket = bucketOf(model, window, useStore(withoutMinutes));
  const path =
    url`/models/${model.name}/metrics` + query({ version, source: "live", window, bucket });
  const read = useQuery<Metrics>(version === null ? null : path);
  const refused = read.error?.at("/bucket") !== undefined;
  useEffect(() => noteRefusal(model.name, window, read.error), [model.name, window, read.error]);
  return useSteady(refused ? { ...read, error: undefined, loading: true } : read, model.name);
}

export function useSides(chosen: Chosen): Side[] {
  const { model, version, beside } = chosen;
  const training = useHistory(model.name, version, "training");
  const holdout = useHistory(model.name, version, "holdout");
  const live = useLiveMetrics(chosen, version);
  const otherHoldout = useHistory(model.name, beside, "holdout");
  const otherLive = useLiveMetrics(chosen, beside);
  const own: Side[] = [
    { id: "training", version, source: "training", read: training },
    { id: "holdout", version, source: "holdout", read: holdout },
    { id: "live", version, source: "live", read: live },
  ];
  if (beside === null) return own;
  return [
    ...own,
    { id: "otherHoldout", version: beside, source: "holdout", read: otherHoldout },
    { id: "otherLive", version: beside, source: "live", read: otherLive },
  ];
}

export function sideTitle(side: Side): string {
  return t("performance.side", {
    version: side.version,
    source: t(`source.${side.source}` as Key),
  });
}
