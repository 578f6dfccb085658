-- Who may do what, and who did it.

create table identity_users (
    id BIGINT primary key,
    name TEXT not null unique,
    password_hash TEXT not null,
    role TEXT not null,
    language TEXT,
    theme TEXT,
    created_ms BIGINT not null,
    seen_ms BIGINT
) $TABLE;

-- Secrets are kept as their SHA-256 alone.
create table identity_sessions (
    digest BYTEA not null primary key,
    user_id BIGINT not null references identity_users (id) on delete cascade,
    created_ms BIGINT not null,
    expires_ms BIGINT not null
) $CLUSTERED;

create index identity_sessions_by_user on identity_sessions (user_id);

create table identity_tokens (
    id BIGINT primary key,
    digest BYTEA not null unique,
    user_id BIGINT not null references identity_users (id) on delete cascade,
    label TEXT not null,
    role TEXT not null,
    created_ms BIGINT not null,
    used_ms BIGINT
) $TABLE;

create index identity_tokens_by_user on identity_tokens (user_id);

-- Links that make the first administrator; gone when there is one.
create table identity_links (
    digest BYTEA not null primary key,
    created_ms BIGINT not null
) $CLUSTERED;

-- No reference to the users: what somebody did stays when they have gone.
create table identity_audit (
    id BIGINT primary key,
    time_ms BIGINT not null,
    actor TEXT not null,
    action TEXT not null,
    object TEXT not null,
    detail TEXT,
    address TEXT
) $TABLE;

-- The first answers to requests with an Idempotency-Key; without a status while the first request
-- is still at work.
create table identity_answers (
    user_id BIGINT not null references identity_users (id) on delete cascade,
    key TEXT not null,
    digest BYTEA not null,
    created_ms BIGINT not null,
    status BIGINT,
    content_type TEXT,
    location TEXT,
    body BYTEA,
    primary key (user_id, key)
) $CLUSTERED;

create index identity_answers_by_time on identity_answers (created_ms);
