-- What monitoring_buckets says, by the minute; the sweep adds minutes that are old up into their
-- hour. Of one version and hour there is either the hour or some of its minutes, never both.
create table monitoring_minutes (
    model_id BIGINT not null,
    version BIGINT not null,
    minute_ms BIGINT not null,
    labelled BIGINT not null,
    answered BIGINT not null,
    body BYTEA not null,
    histograms BYTEA,
    primary key (model_id, version, minute_ms)
) $TABLE;
