-- What was asked and answered: one row per request, its rows packed into the body.
create table predictions_records (
    model_id BIGINT not null,
    seq BIGINT not null,
    time_ms BIGINT not null,
    version BIGINT not null,
    row_count BIGINT not null,
    request_id TEXT,
    unit TEXT,
    body BYTEA not null,
    primary key (model_id, seq)
) $CLUSTERED;

create index predictions_records_by_unit on predictions_records (model_id, unit)
    where unit is not null;

-- Ids that clients gave: row_no is -1 for the id of a whole request.
create table predictions_ids (
    model_id BIGINT not null,
    id TEXT not null,
    seq BIGINT not null,
    row_no BIGINT not null,
    primary key (model_id, id)
) $CLUSTERED;

create index predictions_ids_by_seq on predictions_ids (model_id, seq);

-- What the shadows said about a request.
create table predictions_scores (
    model_id BIGINT not null,
    seq BIGINT not null,
    version BIGINT not null,
    body BYTEA not null,
    primary key (model_id, seq, version)
) $CLUSTERED;

-- The truth about one row: the latest counts, the first is kept for tests that may not change.
create table predictions_feedback (
    model_id BIGINT not null,
    seq BIGINT not null,
    row_no BIGINT not null,
    truth TEXT not null,
    weight DOUBLE PRECISION not null,
    time_ms BIGINT not null,
    arrived_ms BIGINT not null,
    first_truth TEXT not null,
    changes BIGINT not null,
    primary key (model_id, seq, row_no)
) $CLUSTERED;

-- Truth that came before its prediction.
create table predictions_orphans (
    model_id BIGINT not null,
    id TEXT not null,
    truth TEXT not null,
    weight DOUBLE PRECISION not null,
    time_ms BIGINT not null,
    arrived_ms BIGINT not null,
    primary key (model_id, id)
) $CLUSTERED;

create index predictions_orphans_by_age on predictions_orphans (arrived_ms);

-- How many rows each version scored in each hour of prediction time, and how many of these were
-- the answer that the client got.
create table predictions_counts (
    model_id BIGINT not null,
    version BIGINT not null,
    hour_ms BIGINT not null,
    row_total BIGINT not null,
    served_total BIGINT not null,
    primary key (model_id, version, hour_ms)
) $CLUSTERED;
