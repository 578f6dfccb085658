// What the model answered, which version it was, and the truth about it once it is known.

import { useState } from "preact/hooks";
import { api, url } from "../lib/api";
import { figure, percent, plain } from "../lib/format";
import { t } from "../lib/i18n";
import { invalidate } from "../lib/query";
import { parseNumber } from "../lib/schema";
import type { Answer, FeedbackResult } from "../lib/types";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { TextField } from "../ui/fields";
import { useSender } from "../ui/form";
import { Failure, Notice } from "../ui/state";
import { Copy, Json, Meter } from "../ui/value";

export interface Told {
  answer: Answer;
  row: Record<string, unknown>;
  truth: string | number | null;
}

export function answerText(answer: Answer): string {
  if (answer.label !== undefined && answer.label !== null) return answer.label;
  if (answer.value !== undefined && answer.value !== null) return figure(answer.value);
  return "–";
}

export function AnswerView(props: {
  model: string;
  told: Told;
  classes: string[] | null;
  regression: boolean;
  onTruth: (truth: string | number) => void;
}) {
  const { answer } = props.told;
  const shares = Object.entries(answer.probabilities ?? {}).sort((a, b) => b[1] - a[1]);
  return (
    <div class="answer">
      <div>
        <div class="verdict">{answerText(answer)}</div>
        <div class="row-wrap muted">
          <Badge tone="accent">{t("version.long", { version: answer.version })}</Badge>
          <Copy text={answer.id} />
        </div>
      </div>
      {answer.outputs && <Json value={answer.outputs} label={t("try.outputs")} />}
      {shares.length > 0 && (
        <dl class="bars">
          {shares.map(([name, share], index) => (
            <>
              <dt>{name}</dt>
              <dd>
                <Meter
                  share={share}
                  label={`${name} ${percent(share, 1)}`}
                  colour={index === 0 ? "var(--v1)" : "var(--line-strong)"}
                />
                <span class="num">{percent(share, 1)}</span>
              </dd>
            </>
          ))}
        </dl>
      )}
      <TruthForm {...props} />
    </div>
  );
}

function TruthForm(props: {
  model: string;
  told: Told;
  classes: string[] | null;
  regression: boolean;
  onTruth: (truth: string | number) => void;
}) {
  const { told, classes } = props;
  const [text, setText] = useState("");
  const sender = useSender();
  const tell = async (truth: string | number) => {
    const done = await sender.run(() =>
      api.post<FeedbackResult>(url`/models/${props.model}/feedback`, {
        items: [{ id: told.answer.id, truth }],
      }),
    );
    if (!done) return;
    if (done.rejected > 0) return;
    props.onTruth(truth);
    invalidate(url`/models/${props.model}`);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const truth = props.regression ? parseNumber(text) : text.trim();
    if (truth === undefined || truth === "" || Number.isNaN(truth)) return;
    void tell(truth);
  };
  return (
    <div class="stack-sm">
      <strong>{t("try.truth")}</strong>
      {classes && !props.regression ? (
        <div class="row-wrap">
          {classes.map((one) => (
            <Button
              key={one}
              small
              look={told.truth === one ? "primary" : "plain"}
              disabled={sender.busy}
              onClick={() => tell(one)}
            >
              {one}
            </Button>
          ))}
        </div>
      ) : (
        <form class="row-end" onSubmit={submit} noValidate>
          <TextField
            label={t("try.truthValue")}
            inputMode={props.regression ? "decimal" : "text"}
            value={text}
            onInput={setText}
          />
          <Button type="submit" busy={sender.busy}>
            {t("try.tell")}
          </Button>
        </form>
      )}
      {sender.error && <Failure error={sender.error} />}
      {told.truth !== null && (
        <Notice kind="good" icon="check">
          {t("try.told", { truth: plain(told.truth) })}
        </Notice>
      )}
    </div>
  );
}
