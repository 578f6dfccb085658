// The frame: who may see what, which page an address shows, and where the focus goes.

import type { ComponentChild } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "./lib/api";
import { type Key, t, useLanguage } from "./lib/i18n";
import { match, navigate, usePlace } from "./lib/router";
import { readSession, roleSuffices, session } from "./lib/session";
import { useStore } from "./lib/store";
import type { Role } from "./lib/types";
import { AdminPage } from "./pages/admin";
import { CataloguePage } from "./pages/catalogue";
import { ComparePage } from "./pages/compare";
import { DatasetPage } from "./pages/dataset";
import { DatasetNewPage } from "./pages/dataset_new";
import { DatasetsPage } from "./pages/datasets";
import { ExperimentPage, ExperimentsPage } from "./pages/experiments";
import { LoginPage, RegisterPage, SetupPage } from "./pages/gate";
import { MePage } from "./pages/me";
import { ModelPage } from "./pages/model";
import { ModelsPage } from "./pages/models";
import { ModulePage } from "./pages/module";
import { OverviewPage } from "./pages/overview";
import { RunPage } from "./pages/run";
import { RunsPage } from "./pages/runs";
import { TrainPage } from "./pages/train";
import { Shell } from "./shell";
import { Button, LinkButton } from "./ui/button";
import { Page } from "./ui/page";
import { Failure, Skeleton } from "./ui/state";
import { Toasts } from "./ui/toasts";

type Params = Record<string, string>;

interface Route {
  pattern: string;
  role: Role;
  page: (params: Params) => ComponentChild;
  /** Routes of one page share its name: moving between them keeps the focus. */
  name: string;
}

const param = (params: Params, name: string) => params[name] ?? "";

const routes: Route[] = [
  { name: "overview", pattern: "/", role: "viewer", page: () => <OverviewPage /> },
  { name: "datasets", pattern: "/datasets", role: "viewer", page: () => <DatasetsPage /> },
  { name: "upload", pattern: "/datasets/new", role: "developer", page: () => <DatasetNewPage /> },
  {
    name: "dataset",
    pattern: "/datasets/:name",
    role: "viewer",
    page: (p) => <DatasetPage name={param(p, "name")} version={null} />,
  },
  {
    name: "dataset",
    pattern: "/datasets/:name/versions/:version",
    role: "viewer",
    page: (p) => <DatasetPage name={param(p, "name")} version={param(p, "version")} />,
  },
  { name: "catalogue", pattern: "/catalogue", role: "viewer", page: () => <CataloguePage /> },
  {
    name: "module",
    pattern: "/catalogue/:name",
    role: "viewer",
    page: (p) => <ModulePage name={param(p, "name")} />,
  },
  {
    name: "train",
    pattern: "/catalogue/:name/train",
    role: "developer",
    page: (p) => <TrainPage module={param(p, "name")} />,
  },
  { name: "experiments", pattern: "/experiments", role: "viewer", page: () => <ExperimentsPage /> },
  {
    name: "experiment",
    pattern: "/experiments/:id",
    role: "viewer",
    page: (p) => <ExperimentPage id={param(p, "id")} />,
  },
  { name: "runs", pattern: "/runs", role: "viewer", page: () => <RunsPage /> },
  { name: "compare", pattern: "/runs/compare", role: "viewer", page: () => <ComparePage /> },
  {
    name: "run",
    pattern: "/runs/:id",
    role: "viewer",
    page: (p) => <RunPage key={param(p, "id")} id={param(p, "id")} />,
  },
  { name: "models", pattern: "/models", role: "viewer", page: () => <ModelsPage /> },
  {
    name: "model",
    pattern: "/models/:name",
    role: "viewer",
    page: (p) => <ModelPage key={param(p, "name")} name={param(p, "name")} tab="performance" />,
  },
  {
    name: "model",
    pattern: "/models/:name/:tab",
    role: "viewer",
    page: (p) => <ModelPage key={param(p, "name")} name={param(p, "name")} tab={param(p, "tab")} />,
  },
  { name: "admin", pattern: "/admin", role: "admin", page: () => <AdminPage tab="users" /> },
  {
    name: "admin",
    pattern: "/admin/:tab",
    role: "admin",
    page: (p) => <AdminPage tab={param(p, "tab")} />,
  },
  { name: "me", pattern: "/me", role: "viewer", page: () => <MePage /> },
];

export function findRoute(path: string): { route: Route; params: Params } | null {
  for (const route of routes) {
    const params = match(route.pattern, path);
    if (params) return { route, params };
  }
  return null;
}

export function App() {
  useLanguage();
  const now = useStore(session);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const start = () => {
    setFailure(null);
    readSession().catch((cause) =>
      setFailure(cause instanceof ApiError ? cause : new ApiError(0, { detail: String(cause) })),
    );
  };
  useEffect(start, []);
  return (
    <>
      {now ? <Gate /> : <Starting failure={failure} retry={start} />}
      <Toasts />
    </>
  );
}

function Starting({ failure, retry }: { failure: ApiError | null; retry: () => void }) {
  return (
    <main class="gate">
      <div class="gate-box">
        <h1 class="visually-hidden">{t("app.name")}</h1>
        {failure ? <Failure error={failure} retry={retry} /> : <Skeleton lines={3} />}
      </div>
    </main>
  );
}

/** Nobody is logged in: the pages of the gate. Else the page of the address in its frame. */
function Gate() {
  const now = useStore(session);
  const here = usePlace();
  const loggedIn = Boolean(now?.name);
  const atGate = ["/login", "/register", "/setup"].includes(here.path);
  useEffect(() => {
    if (loggedIn && atGate) navigate(here.query.get("next") ?? "/", { replace: true });
  }, [loggedIn, atGate]);
  if (!now) return null;
  if (!loggedIn) {
    if (here.path === "/setup") return <SetupPage token={here.query.get("token") ?? ""} />;
    if (here.path === "/register" && now.registration) return <RegisterPage />;
    return <LoginPage next={atGate ? "/" : here.path} />;
  }
  if (atGate) return null;
  const found = findRoute(here.path);
  return (
    <Shell>
      <FocusKeeper name={found?.route.name ?? "none"} path={here.path} />
      <Content found={found} role={now.role} />
    </Shell>
  );
}

function Content({ found, role }: { found: ReturnType<typeof findRoute>; role: Role }) {
  if (!found) {
    return (
      <Page title={t("app.notFound")} lead={t("app.notFoundLead")}>
        <LinkButton href="/" look="primary">
          {t("app.toOverview")}
        </LinkButton>
      </Page>
    );
  }
  if (!roleSuffices(role, found.route.role)) {
    return (
      <Page
        title={t("app.forbidden")}
        lead={t("app.forbiddenLead", { role: t(`role.${found.route.role}` as Key) })}
      >
        <Button onClick={() => history.back()}>{t("app.back")}</Button>
      </Page>
    );
  }
  return <>{found.route.page(found.params)}</>;
}

/** After a change of page the focus moves to its title and the page starts at its top. */
function FocusKeeper({ name, path }: { name: string; path: string }) {
  const first = useRef(true);
  const last = useRef("");
  useEffect(() => {
    const tabOnly = last.current === name && (name === "model" || name === "admin");
    last.current = name;
    if (first.current || tabOnly) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
  }, [name, path]);
  return null;
}
