// The own account: password, language, theme, tokens.

import { useState } from "preact/hooks";
import { api } from "../lib/api";
import { type Key, languages, t, useLanguage } from "../lib/i18n";
import { chooseLanguage, chooseTheme, session } from "../lib/session";
import { useStore } from "../lib/store";
import { type Theme, theme } from "../lib/theme";
import type { Lang } from "../lib/types";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Card } from "../ui/card";
import { SelectField, TextField } from "../ui/fields";
import { useSender } from "../ui/form";
import { Page } from "../ui/page";
import { Failure } from "../ui/state";
import { toast } from "../ui/toasts";
import { TokensCard } from "./tokens";

export function MePage() {
  const now = useStore(session);
  return (
    <Page
      title={t("me.title")}
      lead={t("me.lead", { name: now?.name ?? "" })}
      badge={now && <Badge tone="accent">{t(`role.${now.role}` as Key)}</Badge>}
    >
      <div class="stack">
        <div class="two">
          <Appearance />
          <Password />
        </div>
        <TokensCard everybody={false} />
      </div>
    </Page>
  );
}

function Appearance() {
  const language = useLanguage();
  const chosen = useStore(theme);
  return (
    <Card title={t("me.appearance")}>
      <div class="stack">
        <SelectField
          label={t("nav.language")}
          value={language}
          onChange={(next) => chooseLanguage(next as Lang)}
          options={languages.map((one) => ({ value: one.id, text: one.name }))}
        />
        <SelectField
          label={t("nav.theme")}
          value={chosen}
          onChange={(next) => chooseTheme(next as Theme)}
          options={[
            { value: "auto", text: t("theme.auto") },
            { value: "light", text: t("theme.light") },
            { value: "dark", text: t("theme.dark") },
          ]}
        />
      </div>
    </Card>
  );
}

function Password() {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const sender = useSender();
  const short = next.length < 8 ? t("user.passwordRule") : undefined;
  const differs = next === again ? undefined : t("user.passwordsDiffer");
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (short || differs) return;
    const done = await sender.run(() =>
      api.patch("/me", { password: next, current_password: current }),
    );
    if (!done) return;
    setCurrent("");
    setNext("");
    setAgain("");
    setTried(false);
    toast(t("me.passwordChanged"), "good");
  };
  return (
    <Card title={t("me.password")}>
      <form class="stack" onSubmit={submit} noValidate>
        <TextField
          label={t("me.currentPassword")}
          type="password"
          autocomplete="current-password"
          value={current}
          error={sender.at("/current_password")}
          onInput={setCurrent}
        />
        <TextField
          label={t("me.newPassword")}
          type="password"
          autocomplete="new-password"
          hint={t("user.passwordRule")}
          value={next}
          error={(tried ? short : undefined) ?? sender.at("/password")}
          onInput={setNext}
        />
        <TextField
          label={t("user.passwordAgain")}
          type="password"
          autocomplete="new-password"
          value={again}
          error={tried ? differs : undefined}
          onInput={setAgain}
        />
        {sender.rest("/current_password", "/password") && sender.error && (
          <Failure error={sender.error} />
        )}
        <div>
          <Button type="submit" busy={sender.busy} disabled={!current || !next}>
            {t("me.changePassword")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
