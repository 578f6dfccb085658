// The bodies of the native interface, as docs/reference/api.md gives them.

export type Lang = "en" | "es" | "pt";
export type Text3 = Partial<Record<Lang, string>>;
export type Role = "none" | "service" | "viewer" | "developer" | "admin";
export type Task = "classification" | "regression" | "other";

export interface List<T> {
  items: T[];
  next_cursor?: string | null;
}

export interface Session {
  name: string | null;
  role: Role;
  csrf: string | null;
  setup_needed: boolean;
  registration: boolean;
  version: string;
}

export interface Me {
  name: string;
  role: Role;
  language: Lang | null;
  theme: "light" | "dark" | "auto" | null;
  created: string;
}

export interface User {
  name: string;
  role: Role;
  created: string;
  last_seen: string | null;
}

export interface Token {
  id: string;
  label: string | null;
  role: Role;
  user: string;
  created: string;
  last_used: string | null;
  token?: string;
}

export interface AuditEntry {
  id: string;
  time: string;
  actor: string;
  action: string;
  object: string;
  detail: unknown;
  address: string | null;
}

export interface Setting {
  name: string;
  value: unknown;
  default: unknown;
  unit: string | null;
  reloadable: boolean;
  description: string;
}

export interface JsonSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: boolean | JsonSchema;
  "x-group"?: "general" | "advanced";
  "x-title"?: Text3;
  "x-description"?: Text3;
}

export interface Module {
  name: string;
  version: string;
  title: Text3;
  summary: Text3;
  description: Text3 | null;
  tasks: Task[];
  data: "tabular" | "image";
  libraries: string[];
  tags: string[];
  license: string;
  links: Record<string, string>;
  train: {
    parameters: Record<string, JsonSchema>;
    resources: Record<string, unknown>;
  } | null;
  predict: Record<string, unknown> | null;
  error: string | null;
}

export interface DatasetSummary {
  dataset: string;
  version: string;
  sha256: string;
  bytes: number;
  rows: number;
  created: string;
  user: string;
}

export interface Dataset {
  name: string;
  description: string | null;
  created: string;
  versions: number;
  latest: DatasetSummary;
}

export interface DatasetDetail {
  name: string;
  description: string | null;
  created: string;
  user: string;
  versions: DatasetSummary[];
}

export interface Column {
  name: string;
  type: "number" | "integer" | "boolean" | "text" | "date";
  missing: number;
  distinct: number | null;
  min?: number | string | null;
  max?: number | string | null;
  mean?: number | null;
  sd?: number | null;
  quantiles?: number[] | null;
  histogram?: { edges: number[]; counts: number[] } | null;
  top?: { value: string; count: number }[] | null;
}

export interface DatasetVersion extends DatasetSummary {
  separator: string;
  header: boolean;
  columns: Column[];
  preview: { columns: string[]; rows: string[][] };
  warnings: string[];
}

export interface Experiment {
  id: string;
  name: string;
  description: string | null;
  tags: Record<string, string>;
  user: string;
  created: string;
  status: "active" | "archived";
  runs: number;
}

export type RunStatus = "queued" | "preparing" | "running" | "done" | "failed" | "cancelled";

export interface PerClass {
  macro: number | null;
  weighted: number | null;
  per_class: Record<string, number | null>;
}

export interface Bucket {
  from: string;
  to: string;
  rows: number;
  labelled: number;
  coverage: number | null;
  [metric: string]: unknown;
}

export interface Metrics {
  model?: string;
  version?: string;
  task: Task;
  source?: "live" | "holdout" | "training";
  window?: { from: string | null; to: string | null } | null;
  rows: number;
  labelled: number;
  coverage: number | null;
  classes?: string[];
  confusion?: number[][];
  precision?: PerClass;
  recall?: PerClass;
  f1?: PerClass;
  auc?: PerClass;
  gini?: PerClass;
  auc_error?: number;
  reasons?: Record<string, string>;
  buckets?: Bucket[];
  [metric: string]: unknown;
}

export interface Run {
  id: string;
  name: string | null;
  status: RunStatus;
  error: string | null;
  module: string;
  module_version: string;
  parameters: Record<string, unknown>;
  seed: number;
  dataset: {
    name: string;
    version: string;
    target: string;
    task: Task;
    features: string[];
    split: Record<string, unknown>;
  };
  experiment: { id: string; name: string } | null;
  tags: Record<string, string>;
  launcher: string;
  progress: { fraction: number; message: string } | null;
  metrics: {
    holdout: Metrics | null;
    training: Metrics | null;
    reported: Record<string, number | null>;
  } | null;
  digest: string | null;
  created: string;
  started: string | null;
  ended: string | null;
  user: string;
  resubmitted_from: string | null;
  versions: { model: string; version: string }[];
}

export interface MetricPoint {
  key: string;
  value: number | null;
  step: number;
  time: string;
}

export interface Artifact {
  path: string;
  bytes: number;
  sha256: string;
}

export type ArmMode = "champion" | "shadow" | "split" | "bandit";

export interface Arm {
  version: string;
  mode: ArmMode;
  weight?: number | null;
  sample?: number | null;
  since?: string;
}

export interface Model {
  name: string;
  task: Task;
  description: string | null;
  created: string;
  user: string;
  champion: string | null;
  versions: number;
  arms: Arm[];
  primary_metric: string;
}

export interface Signature {
  inputs: { name: string; datatype: string; shape: number[] }[];
  outputs: { name: string; datatype: string; shape: number[] }[];
  features: { name: string; type: "number" | "integer" | "boolean" | "text" }[] | null;
  classes: string[] | null;
  image: Record<string, unknown> | null;
}

export interface Version {
  model: string;
  version: string;
  created: string;
  user: string;
  source: "run" | "upload";
  run: string | null;
  sha256: string;
  bytes: number;
  state: "READY" | "LOADING" | "UNAVAILABLE";
  reason: string;
  signature: Signature;
  note: string | null;
}

export interface Decision {
  id: string;
  time: string;
  verdict: string;
  from: unknown;
  to: unknown;
  reason: string | null;
  actor: string;
  evidence: unknown;
}

export interface Score {
  version: string;
  label?: string | null;
  value?: number | null;
  probabilities?: Record<string, number> | null;
}

export interface Answer extends Score {
  id: string;
  outputs?: Record<string, unknown>;
}

export interface Prediction extends Answer {
  time: string;
  features?: Record<string, unknown> | null;
  truth?: string | number | null;
  scores?: Score[];
}

export interface FeedbackResult {
  joined: number;
  updated: number;
  queued: number;
  rejected: number;
  errors: { index: number; detail: string }[];
}

export interface Curve {
  model: string;
  version: string;
  kind: string;
  source: string;
  rows: number;
  labelled: number;
  classes?: { class: string; points: number[][]; auc?: number | null }[];
  points?: number[][];
  reasons?: Record<string, string>;
}

export interface Overview {
  models: {
    name: string;
    task: Task;
    champion: string | null;
    challengers: number;
    rows_24h: number;
    labelled_24h: number;
    metric: { name: string; holdout: number | null; live: number | null } | null;
    spark: { from: string; rows: number }[];
  }[];
  runs: { queued: number; running: number; done_24h: number; failed_24h: number; recent: Run[] };
  datasets: number;
  health: {
    status: "ok" | "degraded";
    store: string;
    log_queue: number;
    uptime_s: number;
  };
}

export interface Problem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  errors?: { pointer: string; detail: string }[];
}
