create table training_experiments (
    id BIGINT not null PRIMARY KEY,
    name TEXT not null unique,
    description TEXT not null,
    tags TEXT not null,
    status TEXT not null,
    user_name TEXT not null,
    created_ms BIGINT not null
) $TABLE;

-- One training each. A run names its module and its data by value: it outlives both.
create table training_runs (
    id BIGINT not null PRIMARY KEY,
    name TEXT,
    status TEXT not null,
    error TEXT,
    module TEXT not null,
    module_version TEXT not null,
    parameters TEXT not null,
    seed BIGINT not null,
    dataset_name TEXT not null,
    dataset_number BIGINT not null,
    dataset_version_id BIGINT not null,
    dataset_sha256 TEXT not null,
    target TEXT not null,
    task TEXT not null,
    features TEXT not null,
    split TEXT not null,
    experiment_id BIGINT references training_experiments (id),
    tags TEXT not null,
    launcher TEXT not null,
    resources TEXT not null,
    progress_fraction DOUBLE PRECISION,
    progress_message TEXT,
    holdout TEXT,
    training TEXT,
    digest TEXT,
    user_name TEXT not null,
    created_ms BIGINT not null,
    started_ms BIGINT,
    ended_ms BIGINT,
    resubmitted_from BIGINT,
    node TEXT not null,
    cancel_requested BIGINT not null
) $TABLE;

create index training_runs_by_status on training_runs (status, id);
create index training_runs_by_experiment on training_runs (experiment_id, id);

-- The lines of metrics.ndjson; seq is the line's number, so that reading it again adds nothing.
create table training_metrics (
    run_id BIGINT not null references training_runs (id),
    seq BIGINT not null,
    key TEXT not null,
    value DOUBLE PRECISION,
    step BIGINT,
    time_ms BIGINT not null,
    primary key (run_id, seq)
) $CLUSTERED;

-- The last figure of each key, by which runs are compared and sorted.
create table training_figures (
    run_id BIGINT not null references training_runs (id),
    key TEXT not null,
    value DOUBLE PRECISION,
    primary key (run_id, key)
) $CLUSTERED;
