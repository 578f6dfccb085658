-- What predictions_counts says, by the minute; the sweep adds minutes that are old up into their
-- hour. A row is counted in one of the two tables.
create table predictions_minutes (
    model_id BIGINT not null,
    version BIGINT not null,
    minute_ms BIGINT not null,
    row_total BIGINT not null,
    served_total BIGINT not null,
    primary key (model_id, version, minute_ms)
) $CLUSTERED;
