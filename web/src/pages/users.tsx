// The users of the installation: add, change the role or the password, remove.

import { useState } from "preact/hooks";
import { api, url } from "../lib/api";
import { type Key, t } from "../lib/i18n";
import { invalidate, useList } from "../lib/query";
import { session } from "../lib/session";
import { useStore } from "../lib/store";
import type { Role, User } from "../lib/types";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { SelectField, TextField } from "../ui/fields";
import { useSender } from "../ui/form";
import { ListCard } from "../ui/list_card";
import { RemoveDialog } from "../ui/remove_dialog";
import type { TableColumn } from "../ui/table";
import { toast } from "../ui/toasts";
import { Time } from "../ui/value";

const roles: Role[] = ["viewer", "developer", "admin"];
const roleOptions = () => roles.map((one) => ({ value: one, text: t(`role.${one}` as Key) }));

type Asked = { kind: "add" } | { kind: "edit" | "remove"; user: User };

export function UsersCard() {
  const read = useList<User>("/users");
  const own = useStore(session)?.name;
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  const columns = userColumns(own ?? "", setAsked);
  return (
    <ListCard
      title={t("admin.users")}
      name="users"
      read={read}
      columns={columns}
      rowKey={(one) => one.name}
      actions={
        <Button small look="primary" icon="plus" onClick={() => setAsked({ kind: "add" })}>
          {t("users.new")}
        </Button>
      }
    >
      {asked?.kind === "add" && <AddDialog onClose={close} />}
      {asked?.kind === "edit" && <EditDialog user={asked.user} onClose={close} />}
      {asked?.kind === "remove" && (
        <RemoveDialog
          title={t("users.removeOne", { name: asked.user.name })}
          lead={t("users.removeLead")}
          confirm={t("users.remove")}
          path={url`/users/${asked.user.name}`}
          old={["/users", "/audit", "/tokens"]}
          onClose={close}
        />
      )}
    </ListCard>
  );
}

function userColumns(own: string, ask: (asked: Asked) => void): TableColumn<User>[] {
  return [
    {
      id: "name",
      title: t("user.name"),
      rowHead: true,
      value: (one) => one.name,
      render: (one) => (
        <>
          {one.name} {one.name === own && <Badge tone="accent">{t("users.you")}</Badge>}
        </>
      ),
    },
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
      id: "last_seen",
      title: t("users.lastSeen"),
      value: (one) => one.last_seen,
      render: (one) => <Time at={one.last_seen} />,
    },
    {
      id: "actions",
      title: t("app.actions"),
      actions: true,
      tight: true,
      value: () => "",
      render: (user) => (
        <span class="d-flex gap-2">
          <Button
            small
            icon="edit"
            label={t("users.editOne", { name: user.name })}
            onClick={() => ask({ kind: "edit", user })}
          />
          <Button
            small
            look="danger-plain"
            icon="trash"
            label={t("users.removeOne", { name: user.name })}
            onClick={() => ask({ kind: "remove", user })}
          />
        </span>
      ),
    },
  ];
}

function AddDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState("viewer");
  const sender = useSender();
  const submit = async () => {
    const made = await sender.run(() => api.post<User>("/users", { name, password, role }));
    if (!made) return;
    invalidate("/users", "/audit");
    toast(t("users.added", { name }), "good");
    onClose();
  };
  return (
    <Dialog
      title={t("users.new")}
      confirm={t("users.add")}
      busy={sender.busy}
      disabled={!name || password.length < 8}
      error={sender.rest("/name", "/password", "/role")}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label={t("user.name")}
        hint={t("user.nameRule")}
        value={name}
        error={sender.at("/name")}
        onInput={setName}
      />
      <TextField
        label={t("user.password")}
        type="password"
        autocomplete="new-password"
        hint={t("user.passwordRule")}
        value={password}
        error={sender.at("/password")}
        onInput={setPassword}
      />
      <RoleField value={role} error={sender.at("/role")} onChange={setRole} />
    </Dialog>
  );
}

function RoleField(props: {
  value: string;
  error: string | undefined;
  onChange: (role: string) => void;
}) {
  return (
    <SelectField
      label={t("user.role")}
      hint={t(`role.${props.value}.hint` as Key)}
      value={props.value}
      error={props.error}
      onChange={props.onChange}
      options={roleOptions()}
    />
  );
}

function EditDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const [role, setRole] = useState<string>(user.role);
  const [password, setPassword] = useState("");
  const sender = useSender();
  const submit = async () => {
    const body = {
      ...(role === user.role ? {} : { role }),
      ...(password ? { password } : {}),
    };
    const done = await sender.run(() => api.patch<User>(url`/users/${user.name}`, body));
    if (!done) return;
    invalidate("/users", "/audit");
    toast(t("users.saved", { name: user.name }), "good");
    onClose();
  };
  const unchanged = role === user.role && !password;
  return (
    <Dialog
      title={t("users.editOne", { name: user.name })}
      busy={sender.busy}
      disabled={unchanged || (password !== "" && password.length < 8)}
      error={sender.rest("/role", "/password")}
      onSubmit={submit}
      onClose={onClose}
    >
      <RoleField value={role} error={sender.at("/role")} onChange={setRole} />
      <TextField
        label={t("me.newPassword")}
        optional={t("form.optional")}
        type="password"
        autocomplete="new-password"
        hint={t("user.passwordRule")}
        value={password}
        error={sender.at("/password")}
        onInput={setPassword}
      />
    </Dialog>
  );
}
