// API tokens: the list, and the dialog that makes one and shows it once.

import { useState } from "preact/hooks";
import { api, url } from "../lib/api";
import { type Key, t } from "../lib/i18n";
import { invalidate, useList } from "../lib/query";
import { roleSuffices, session } from "../lib/session";
import { useStore } from "../lib/store";
import type { Role, Token } from "../lib/types";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { SelectField, TextField } from "../ui/fields";
import { useSender } from "../ui/form";
import { ListCard } from "../ui/list_card";
import { RemoveDialog } from "../ui/remove_dialog";
import { Empty, Notice } from "../ui/state";
import type { TableColumn } from "../ui/table";
import { toast } from "../ui/toasts";
import { copyText, Time } from "../ui/value";

const roles: Role[] = ["service", "viewer", "developer", "admin"];

export function TokensCard({ everybody }: { everybody: boolean }) {
  const read = useList<Token>(everybody ? "/tokens?user=*" : "/tokens");
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const columns = tokenColumns(everybody, setRevoking);
  return (
    <ListCard
      title={everybody ? t("tokens.all") : t("tokens.own")}
      note={t("tokens.lead")}
      name="tokens"
      read={read}
      columns={columns}
      rowKey={(one) => one.id}
      lines={3}
      empty={
        <Empty icon="key" title={t("tokens.empty")}>
          {t("tokens.emptyLead")}
        </Empty>
      }
      actions={
        <Button small look="primary" icon="plus" onClick={() => setMaking(true)}>
          {t("tokens.new")}
        </Button>
      }
    >
      {making && <NewTokenDialog onClose={() => setMaking(false)} />}
      {revoking && (
        <RemoveDialog
          title={t("tokens.revokeTitle", { name: revoking.label || revoking.id })}
          lead={t("tokens.revokeLead")}
          confirm={t("tokens.revoke")}
          path={url`/tokens/${revoking.id}`}
          old={["/tokens"]}
          onClose={() => setRevoking(null)}
        />
      )}
    </ListCard>
  );
}

function tokenColumns(everybody: boolean, onRevoke: (token: Token) => void): TableColumn<Token>[] {
  const user: TableColumn<Token> = {
    id: "user",
    title: t("run.user"),
    value: (one) => one.user,
  };
  return [
    {
      id: "label",
      title: t("tokens.label"),
      rowHead: true,
      value: (one) => one.label || one.id,
    },
    ...(everybody ? [user] : []),
    {
      id: "role",
      title: t("user.role"),
      value: (one) => one.role,
      render: (one) => <Badge>{t(`role.${one.role}` as Key)}</Badge>,
    },
    {
      id: "created",
      title: t("run.created"),
      value: (one) => one.created,
      render: (one) => <Time at={one.created} />,
    },
    {
      id: "last_used",
      title: t("tokens.lastUsed"),
      value: (one) => one.last_used,
      render: (one) => <Time at={one.last_used} />,
    },
    {
      id: "actions",
      title: t("app.actions"),
      actions: true,
      tight: true,
      value: () => "",
      render: (one) => (
        <Button small look="danger-plain" onClick={() => onRevoke(one)}>
          {t("tokens.revoke")}
        </Button>
      ),
    },
  ];
}

function NewTokenDialog({ onClose }: { onClose: () => void }) {
  const own = useStore(session)?.role ?? "viewer";
  const [label, setLabel] = useState("");
  const [role, setRole] = useState<Role>("service");
  const [made, setMade] = useState<Token | null>(null);
  const sender = useSender();
  const submit = async () => {
    const token = await sender.run(() =>
      api.post<Token>("/tokens", { role, ...(label.trim() ? { label: label.trim() } : {}) }),
    );
    if (!token) return;
    invalidate("/tokens");
    setMade(token);
  };
  if (made?.token) return <MadeToken token={made.token} onClose={onClose} />;
  return (
    <Dialog
      title={t("tokens.new")}
      confirm={t("tokens.create")}
      busy={sender.busy}
      error={sender.rest("/label", "/role")}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label={t("tokens.label")}
        hint={t("tokens.labelHint")}
        value={label}
        error={sender.at("/label")}
        onInput={setLabel}
      />
      <SelectField
        label={t("user.role")}
        hint={t(`role.${role}.hint` as Key)}
        value={role}
        error={sender.at("/role")}
        onChange={(next) => setRole(next as Role)}
        options={roles
          .filter((one) => roleSuffices(own, one))
          .map((one) => ({ value: one, text: t(`role.${one}` as Key) }))}
      />
    </Dialog>
  );
}

function MadeToken({ token, onClose }: { token: string; onClose: () => void }) {
  const copy = async () => {
    await copyText(token);
    toast(t("app.copied"), "good");
  };
  return (
    <Dialog title={t("tokens.made")} onClose={onClose}>
      <Notice kind="warn" icon="alert">
        {t("tokens.once")}
      </Notice>
      <div class="secret">
        <code data-testid="token">{token}</code>
        <Button small icon="copy" onClick={copy}>
          {t("app.copy")}
        </Button>
      </div>
    </Dialog>
  );
}
