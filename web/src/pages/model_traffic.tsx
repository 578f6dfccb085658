// Who answers: the arms of a model with their modes and shares, promotion and roll-back.

import { useEffect, useState } from "preact/hooks";
import { api, url } from "../lib/api";
import { percent, typing } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { invalidate, useQuery } from "../lib/query";
import { parseNumber } from "../lib/schema";
import { useRole } from "../lib/session";
import type { Arm, ArmMode, Decision, Model } from "../lib/types";
import { ModeBadge } from "../ui/badge";
import { Button } from "../ui/button";
import { Card } from "../ui/card";
import { Dialog } from "../ui/dialog";
import { AreaField, Pick } from "../ui/fields";
import { useSender } from "../ui/form";
import { Async, Empty, Failure } from "../ui/state";
import { CsvButton, ScrollBox } from "../ui/table";
import { toast } from "../ui/toasts";
import { Time } from "../ui/value";
import type { TabProps } from "./model";

export function TrafficTab({ model, versions }: TabProps) {
  const read = useQuery<{ arms: Arm[] }>(url`/models/${model.name}/arms`);
  const developer = useRole("developer");
  const [dialog, setDialog] = useState<{ promote: string } | "rollback" | null>(null);
  return (
    <div class="stack">
      <p class="muted mb-0">{t("traffic.lead")}</p>
      <Async query={read}>
        {(data) => (
          <Arms
            key={JSON.stringify(data.arms)}
            model={model}
            saved={data.arms}
            versions={versions.map((one) => one.version)}
            editable={developer}
            onPromote={(version) => setDialog({ promote: version })}
            onRollback={() => setDialog("rollback")}
          />
        )}
      </Async>
      {dialog && (
        <ReasonDialog
          model={model}
          version={dialog === "rollback" ? null : dialog.promote}
          onClose={() => setDialog(null)}
        />
      )}
    </div>
  );
}

/** What PUT /arms takes: a mode brings its own number along and no other. */
export function armsBody(arms: Arm[]): { arms: Record<string, unknown>[] } {
  return {
    arms: arms.map((arm) => ({
      version: arm.version,
      mode: arm.mode,
      ...(arm.mode === "shadow" ? { sample: arm.sample ?? 1 } : {}),
      ...(arm.mode === "split" ? { weight: arm.weight ?? 0.1 } : {}),
    })),
  };
}

interface ArmsProps {
  model: Model;
  saved: Arm[];
  versions: string[];
  editable: boolean;
  onPromote: (version: string) => void;
  onRollback: () => void;
}

function Arms(props: ArmsProps) {
  const { model, saved, editable } = props;
  const [arms, setArms] = useState(saved);
  const sender = useSender();
  const changed = JSON.stringify(armsBody(arms)) !== JSON.stringify(armsBody(saved));
  const idle = props.versions.filter((one) => !arms.some((arm) => arm.version === one));
  const champion = arms.find((arm) => arm.mode === "champion");
  const given = arms.reduce((sum, arm) => sum + (arm.mode === "split" ? (arm.weight ?? 0) : 0), 0);
  const change = (version: string, next: Partial<Arm>) =>
    setArms(arms.map((arm) => (arm.version === version ? { ...arm, ...next } : arm)));
  const save = async () => {
    const done = await sender.run(() =>
      api.put<{ arms: Arm[] }>(url`/models/${model.name}/arms`, armsBody(arms)),
    );
    if (!done) return;
    invalidate("/models", "/overview");
    toast(t("traffic.saved"), "good");
  };
  useEffect(() => {
    if (!changed) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [changed]);
  return (
    <Card
      title={t("traffic.arms")}
      flush
      actions={
        <>
          <CsvButton
            name={`${model.name}-arms`}
            header={["version", "mode", "weight", "sample", "since"]}
            rows={() =>
              arms.map((arm) => [arm.version, arm.mode, arm.weight, arm.sample, arm.since])
            }
          />
          {editable && (
            <Button small icon="back" onClick={props.onRollback}>
              {t("traffic.rollback")}
            </Button>
          )}
        </>
      }
    >
      {arms.length === 0 ? (
        <Empty icon="split" title={t("traffic.empty")} />
      ) : (
        <ScrollBox label={t("traffic.arms")}>
          <table class="table">
            <ArmsHead />
            <tbody>
              {arms.map((arm) => (
                <ArmRow
                  key={arm.version}
                  arm={arm}
                  rest={1 - given}
                  editable={editable}
                  onChange={(next) => change(arm.version, next)}
                  onRemove={() => setArms(arms.filter((one) => one.version !== arm.version))}
                  onPromote={changed ? undefined : () => props.onPromote(arm.version)}
                />
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
      {editable && (
        <div class="card-body row-wrap">
          <AddArm
            idle={idle}
            first={!champion}
            onAdd={(version, mode) => setArms([...arms, { version, mode }])}
          />
          <span class="flex-grow-1" />
          {sender.error && <Failure error={sender.error} />}
          {changed && <Button onClick={() => setArms(saved)}>{t("traffic.discard")}</Button>}
          <Button look="primary" busy={sender.busy} disabled={!changed} onClick={save}>
            {t("traffic.save")}
          </Button>
        </div>
      )}
    </Card>
  );
}

function ArmsHead() {
  return (
    <thead>
      <tr>
        <th scope="col" class="is-row-head">
          {t("version.version")}
        </th>
        <th scope="col">{t("traffic.mode")}</th>
        <th scope="col">{t("traffic.share")}</th>
        <th scope="col">{t("traffic.since")}</th>
        <th scope="col">
          <span class="visually-hidden">{t("app.actions")}</span>
        </th>
      </tr>
    </thead>
  );
}

interface ArmRowProps {
  arm: Arm;
  rest: number;
  editable: boolean;
  onChange: (next: Partial<Arm>) => void;
  onRemove: () => void;
  onPromote: (() => void) | undefined;
}

function ArmRow(props: ArmRowProps) {
  const { arm, editable } = props;
  const champion = arm.mode === "champion";
  const modes: ArmMode[] =
    arm.mode === "bandit" ? ["shadow", "split", "bandit"] : ["shadow", "split"];
  const name = t("version.long", { version: arm.version });
  return (
    <tr>
      <th scope="row" class="nowrap">
        {name}
      </th>
      <td>
        {champion || !editable ? (
          <ModeBadge mode={arm.mode} />
        ) : (
          <Pick
            label={t("traffic.modeOf", { version: arm.version })}
            value={arm.mode}
            onChange={(mode) => props.onChange({ mode: mode as ArmMode })}
            options={modes.map((one) => ({ value: one, text: t(`mode.${one}` as Key) }))}
          />
        )}
      </td>
      <td>
        <ArmShare {...props} />
      </td>
      <td>
        {arm.since ? <Time at={arm.since} /> : <span class="muted">{t("traffic.notYet")}</span>}
      </td>
      <td class="is-tight">
        {editable && !champion && (
          <span class="d-flex gap-2 justify-content-end">
            <Button
              small
              icon="crown"
              disabled={!props.onPromote}
              title={props.onPromote ? undefined : t("traffic.saveFirst")}
              onClick={props.onPromote}
            >
              {t("traffic.promote")}
            </Button>
            <Button
              small
              look="ghost"
              icon="trash"
              label={t("traffic.removeArm", { version: arm.version })}
              onClick={props.onRemove}
            />
          </span>
        )}
      </td>
    </tr>
  );
}

function ArmShare({ arm, rest, editable, onChange }: ArmRowProps) {
  if (arm.mode === "champion")
    return <span class="num">{t("traffic.rest", { share: percent(rest) })}</span>;
  if (arm.mode === "bandit") return <span class="num">{percent(arm.weight, 1)}</span>;
  const shadow = arm.mode === "shadow";
  const value = shadow ? (arm.sample ?? 1) : (arm.weight ?? 0.1);
  if (!editable) return <span class="num">{percent(value, 1)}</span>;
  const label = shadow
    ? t("traffic.sampleOf", { version: arm.version })
    : t("traffic.weightOf", { version: arm.version });
  return (
    <span class="d-flex align-items-center gap-2">
      <input
        class="form-control share-input"
        inputMode="decimal"
        aria-label={label}
        title={label}
        value={typing(value)}
        onChange={(event) => {
          const next = parseNumber(event.currentTarget.value);
          if (next === undefined || Number.isNaN(next)) return;
          onChange(shadow ? { sample: next } : { weight: next });
        }}
      />
      <span class="muted num">{percent(value, 1)}</span>
    </span>
  );
}

function AddArm(props: {
  idle: string[];
  first: boolean;
  onAdd: (version: string, mode: ArmMode) => void;
}) {
  const [chosen, setChosen] = useState("");
  const [mode, setMode] = useState<ArmMode>("shadow");
  const version = props.idle.includes(chosen) ? chosen : (props.idle[0] ?? "");
  if (!version) return <span class="muted">{t("traffic.allInUse")}</span>;
  return (
    <>
      <Pick
        label={t("traffic.addVersion")}
        value={version}
        onChange={setChosen}
        options={props.idle.map((one) => ({
          value: one,
          text: t("version.long", { version: one }),
        }))}
      />
      {!props.first && (
        <Pick
          label={t("traffic.addMode")}
          value={mode}
          onChange={(next) => setMode(next as ArmMode)}
          options={[
            { value: "shadow", text: t("mode.shadow") },
            { value: "split", text: t("mode.split") },
          ]}
        />
      )}
      <Button icon="plus" onClick={() => props.onAdd(version, props.first ? "champion" : mode)}>
        {t("traffic.add")}
      </Button>
    </>
  );
}

/** Promotion (with a version) and roll-back (without) both want a reason for the record. */
function ReasonDialog(props: { model: Model; version: string | null; onClose: () => void }) {
  const { model, version, onClose } = props;
  const [reason, setReason] = useState("");
  const sender = useSender();
  const submit = async () => {
    const text = reason.trim();
    const done = await sender.run(() =>
      version === null
        ? api.post<Decision>(url`/models/${model.name}/rollback`, { reason: text })
        : api.post<Decision>(url`/models/${model.name}/promote`, { version, reason: text }),
    );
    if (!done) return;
    invalidate("/models", "/overview");
    toast(version === null ? t("traffic.rolledBack") : t("traffic.promoted", { version }), "good");
    onClose();
  };
  return (
    <Dialog
      title={version === null ? t("traffic.rollbackTitle") : t("traffic.promoteTitle", { version })}
      confirm={version === null ? t("traffic.rollback") : t("traffic.promote")}
      busy={sender.busy}
      disabled={!reason.trim()}
      error={sender.rest("/reason")}
      onSubmit={submit}
      onClose={onClose}
    >
      <p class="muted mb-0">
        {version === null ? t("traffic.rollbackLead") : t("traffic.promoteLead")}
      </p>
      <AreaField
        label={t("traffic.reason")}
        hint={t("traffic.reasonHint")}
        value={reason}
        error={sender.at("/reason")}
        onInput={setReason}
      />
    </Dialog>
  );
}
