-- Named data and its immutable versions. The file of a version is DATA/datasets/<sha256>.csv.
create table catalog_datasets (
    id BIGINT not null PRIMARY KEY,
    name TEXT not null unique,
    description TEXT not null,
    version_last BIGINT not null,
    user_name TEXT not null,
    created_ms BIGINT not null
) $TABLE;

create table catalog_versions (
    id BIGINT not null PRIMARY KEY,
    dataset_id BIGINT not null references catalog_datasets (id),
    number BIGINT not null,
    sha256 TEXT not null,
    byte_count BIGINT not null,
    row_count BIGINT not null,
    separator TEXT not null,
    header BIGINT not null,
    encoding TEXT not null,
    columns TEXT not null,
    preview TEXT not null,
    warnings TEXT not null,
    user_name TEXT not null,
    created_ms BIGINT not null,
    unique (dataset_id, number)
) $TABLE;

create index catalog_versions_by_sha256 on catalog_versions (sha256);

-- Who needs a version now: it cannot be deleted meanwhile.
create table catalog_uses (
    version_id BIGINT not null references catalog_versions (id),
    kind TEXT not null,
    holder BIGINT not null,
    primary key (version_id, kind, holder)
) $CLUSTERED;
