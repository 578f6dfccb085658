// The versions of a model: where they came from, what they take and give.

import { useState } from "preact/hooks";
import { bytes } from "../lib/format";
import { type Key, t } from "../lib/i18n";
import { useRole } from "../lib/session";
import type { Signature, Version } from "../lib/types";
import { Badge, ModeBadge } from "../ui/badge";
import { Button, LinkButton } from "../ui/button";
import { Card } from "../ui/card";
import { Empty } from "../ui/state";
import { CsvButton } from "../ui/table";
import { Json, ShortId, Time } from "../ui/value";
import type { TabProps } from "./model";
import { UploadDialog } from "./model_upload";
import { modelLink } from "./models";

export function VersionsTab({ model, versions }: TabProps) {
  const developer = useRole("developer");
  const [uploading, setUploading] = useState(false);
  const newest = [...versions].sort((a, b) => Number(b.version) - Number(a.version));
  return (
    <div class="stack">
      {developer && (
        <div class="row-wrap">
          <Button look="primary" icon="upload" onClick={() => setUploading(true)}>
            {t("versions.upload")}
          </Button>
          <LinkButton href="/runs" icon="runs">
            {t("versions.fromRun")}
          </LinkButton>
          {versions.length > 1 && (
            <LinkButton href={modelLink(model.name, "traffic")} icon="split">
              {t("versions.toTraffic")}
            </LinkButton>
          )}
        </div>
      )}
      {newest.length === 0 && (
        <Card flush>
          <Empty icon="models" title={t("versions.empty")}>
            {t("versions.emptyLead")}
          </Empty>
        </Card>
      )}
      {newest.map((one) => (
        <VersionCard
          key={one.version}
          version={one}
          mode={model.arms?.find((arm) => arm.version === one.version)?.mode}
        />
      ))}
      {uploading && <UploadDialog model={model} onClose={() => setUploading(false)} />}
    </div>
  );
}

function VersionCard(props: {
  version: Version;
  mode: Parameters<typeof ModeBadge>[0]["mode"] | undefined;
}) {
  const { version, mode } = props;
  const ready = version.state === "READY";
  return (
    <Card
      title={t("version.long", { version: version.version })}
      actions={
        <>
          {mode && <ModeBadge mode={mode} />}
          <Badge tone={ready ? "good" : version.state === "LOADING" ? "info" : "bad"}>
            {t(`state.${version.state}` as Key)}
          </Badge>
        </>
      }
    >
      <div class="stack">
        {version.reason && <p class="bad mb-0 break">{version.reason}</p>}
        <dl class="defs">
          <dt>{t("versions.source")}</dt>
          <dd>
            {version.run ? (
              <a href={`/runs/${encodeURIComponent(version.run)}`}>
                {t("versions.run")} <span class="mono">{version.run.slice(-8)}</span>
              </a>
            ) : (
              t("versions.uploaded")
            )}
            {" · "}
            {version.user}
            {" · "}
            <Time at={version.created} />
          </dd>
          <dt>{t("datasets.digest")}</dt>
          <dd>
            <ShortId id={version.sha256} /> <span class="muted num">{bytes(version.bytes)}</span>
          </dd>
          {version.note && (
            <>
              <dt>{t("versions.note")}</dt>
              <dd>{version.note}</dd>
            </>
          )}
          <SignatureLines signature={version.signature} />
        </dl>
        <details class="fold">
          <summary>{t("versions.signature")}</summary>
          <div class="stack-sm">
            <Json value={version.signature} label={t("versions.signature")} />
            <div>
              <CsvButton
                name={`${version.model}-${version.version}-features`}
                header={[t("column.name"), t("column.type")]}
                rows={() => (version.signature.features ?? []).map((one) => [one.name, one.type])}
              />
            </div>
          </div>
        </details>
      </div>
    </Card>
  );
}

function SignatureLines({ signature }: { signature: Signature }) {
  const tensor = (one: Signature["inputs"][number]) =>
    `${one.name} ${one.datatype} [${one.shape.map((size) => (size < 0 ? "N" : size)).join(", ")}]`;
  return (
    <>
      {signature.features && signature.features.length > 0 && (
        <>
          <dt>{t("run.features")}</dt>
          <dd>{signature.features.map((one) => one.name).join(", ")}</dd>
        </>
      )}
      {signature.classes && (
        <>
          <dt>{t("versions.classes")}</dt>
          <dd>{signature.classes.join(", ")}</dd>
        </>
      )}
      <dt>{t("versions.inputs")}</dt>
      <dd class="mono">{signature.inputs.map(tensor).join("; ")}</dd>
      <dt>{t("versions.outputs")}</dt>
      <dd class="mono">{signature.outputs.map(tensor).join("; ")}</dd>
    </>
  );
}
