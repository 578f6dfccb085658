// Before somebody is logged in: the first administrator, the login, open registration.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api } from "../lib/api";
import { t } from "../lib/i18n";
import { logIn, session, setUp } from "../lib/session";
import { useStore } from "../lib/store";
import { Brand, Preferences } from "../shell";
import { Button } from "../ui/button";
import { TextField } from "../ui/fields";
import { useSender } from "../ui/form";
import { Failure, Notice } from "../ui/state";

const passwordMin = 8;
const namePattern = /^[A-Za-z0-9._@-]{1,64}$/;

function GateFrame(props: { title: string; lead: string; children: ComponentChildren }) {
  useEffect(() => {
    document.title = `${props.title} · Crisol`;
  }, [props.title]);
  return (
    <main class="gate">
      <div class="gate-box">
        <div class="gate-brand">
          <Brand />
        </div>
        <section class="card">
          <div class="card-body stack">
            <div>
              <h1 tabIndex={-1}>{props.title}</h1>
              <p class="muted mb-0">{props.lead}</p>
            </div>
            {props.children}
          </div>
        </section>
        <div class="gate-foot">
          <Preferences />
        </div>
      </div>
    </main>
  );
}

export function LoginPage({ next }: { next: string }) {
  const now = useStore(session);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const sender = useSender();
  const submit = (event: Event) => {
    event.preventDefault();
    void sender.run(() => logIn(name.trim(), password));
  };
  return (
    <GateFrame title={t("login.title")} lead={t("login.lead")}>
      {now?.setup_needed && <Notice kind="warn">{t("login.setupNeeded")}</Notice>}
      {next !== "/" && next !== "/login" && <Notice>{t("login.goesOn")}</Notice>}
      <form class="stack" onSubmit={submit} noValidate>
        <TextField
          label={t("user.name")}
          name="username"
          autocomplete="username"
          value={name}
          error={sender.at("/name")}
          onInput={setName}
        />
        <TextField
          label={t("user.password")}
          name="password"
          type="password"
          autocomplete="current-password"
          value={password}
          error={sender.at("/password")}
          onInput={setPassword}
        />
        {sender.rest("/name", "/password") && sender.error && (
          <LoginFailure status={sender.error.status}>
            <Failure error={sender.error} />
          </LoginFailure>
        )}
        <Button type="submit" look="primary" busy={sender.busy} disabled={!name || !password}>
          {t("login.submit")}
        </Button>
      </form>
      {now?.registration && (
        <p class="mb-0">
          {t("login.noAccount")} <a href="/register">{t("login.register")}</a>
        </p>
      )}
    </GateFrame>
  );
}

function LoginFailure({ status, children }: { status: number; children: ComponentChildren }) {
  if (status !== 401) return <>{children}</>;
  return (
    <div role="alert">
      <Notice kind="bad" icon="alert">
        {t("login.wrong")}
      </Notice>
    </div>
  );
}

/** A name and a password twice, checked before they are sent. */
function NewUserForm(props: {
  confirm: string;
  send: (name: string, password: string) => Promise<void>;
}) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const sender = useSender();
  const nameFault = namePattern.test(name) ? undefined : t("user.nameRule");
  const passwordFault = password.length >= passwordMin ? undefined : t("user.passwordRule");
  const againFault = password === again ? undefined : t("user.passwordsDiffer");
  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (nameFault || passwordFault || againFault) return;
    void sender.run(() => props.send(name, password));
  };
  return (
    <form class="stack" onSubmit={submit} noValidate>
      <TextField
        label={t("user.name")}
        name="username"
        autocomplete="username"
        hint={t("user.nameRule")}
        value={name}
        error={(tried ? nameFault : undefined) ?? sender.at("/name")}
        onInput={setName}
      />
      <TextField
        label={t("user.password")}
        name="password"
        type="password"
        autocomplete="new-password"
        hint={t("user.passwordRule")}
        value={password}
        error={(tried ? passwordFault : undefined) ?? sender.at("/password")}
        onInput={setPassword}
      />
      <TextField
        label={t("user.passwordAgain")}
        name="again"
        type="password"
        autocomplete="new-password"
        value={again}
        error={tried ? againFault : undefined}
        onInput={setAgain}
      />
      {sender.rest("/name", "/password") && sender.error && <Failure error={sender.error} />}
      <Button type="submit" look="primary" busy={sender.busy}>
        {props.confirm}
      </Button>
    </form>
  );
}

export function SetupPage({ token }: { token: string }) {
  return (
    <GateFrame title={t("setup.title")} lead={t("setup.lead")}>
      {token ? (
        <NewUserForm
          confirm={t("setup.submit")}
          send={(name, password) => setUp(token, name, password)}
        />
      ) : (
        <Notice kind="warn">{t("setup.noToken")}</Notice>
      )}
    </GateFrame>
  );
}

export function RegisterPage() {
  const register = async (name: string, password: string) => {
    await api.post("/users", { name, password });
    await logIn(name, password);
  };
  return (
    <GateFrame title={t("register.title")} lead={t("register.lead")}>
      <NewUserForm confirm={t("register.submit")} send={register} />
      <p class="mb-0">
        <a href="/login">{t("register.haveAccount")}</a>
      </p>
    </GateFrame>
  );
}
