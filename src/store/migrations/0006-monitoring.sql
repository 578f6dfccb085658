-- What is known about one version in one hour of prediction time: counters of its rows with truth.
-- `answered` are those of them that the client got. The histograms are apart because they are large
-- and rarely needed.
create table monitoring_buckets (
    model_id BIGINT not null,
    version BIGINT not null,
    hour_ms BIGINT not null,
    labelled BIGINT not null,
    answered BIGINT not null,
    body BYTEA not null,
    histograms BYTEA,
    primary key (model_id, version, hour_ms)
) $TABLE;
