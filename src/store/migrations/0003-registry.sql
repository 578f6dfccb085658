-- Models, their immutable versions, who takes part in serving them, and what was decided.
create table registry_models (
    id BIGINT not null primary key,
    name TEXT not null unique,
    task TEXT not null,
    description TEXT not null,
    created_ms BIGINT not null,
    created_by TEXT not null
) $TABLE;

create table registry_versions (
    id BIGINT not null primary key,
    model_id BIGINT not null,
    number BIGINT not null,
    created_ms BIGINT not null,
    created_by TEXT not null,
    source TEXT not null,
    run_id BIGINT,
    sha256 TEXT not null,
    bytes BIGINT not null,
    signature TEXT not null,
    note TEXT,
    loaded BIGINT not null,
    unique (model_id, number),
    foreign key (model_id) references registry_models (id)
) $TABLE;

create table registry_arms (
    model_id BIGINT not null,
    number BIGINT not null,
    mode TEXT not null,
    weight DOUBLE PRECISION,
    sample DOUBLE PRECISION,
    since_ms BIGINT not null,
    primary key (model_id, number)
) $CLUSTERED;

create table registry_decisions (
    id BIGINT not null primary key,
    model_id BIGINT not null,
    time_ms BIGINT not null,
    verdict TEXT not null,
    from_version BIGINT,
    to_version BIGINT,
    reason TEXT not null,
    actor TEXT not null,
    evidence TEXT
) $TABLE;

create index registry_decisions_by_model on registry_decisions (model_id, id);

-- Counts every change, so that other processes on the same store notice it.
create table registry_changes (
    id BIGINT not null primary key,
    count BIGINT not null
) $TABLE;

insert into registry_changes (id, count) values (1, 0);
