#include "store/postgresql.h"

#include <libpq-fe.h>
#include <math.h>

#include "base/buf.h"
#include "base/decimal.h"
#include "base/log.h"
#include "base/map.h"
#include "store/pg_value.h"

enum { VERSION_MIN = 130000, LINE_MAX_BYTES = 256, PIPELINE_MAX = 500, BINARY = 1 };
enum { LIST_MIN = 9 }; /* parameters */

struct statement {
    char name[16];
};

struct pg_rows;

struct pg_db {
    struct db base;
    PGconn *pg;
    char *name;
    struct map statements;   /* SQL to struct statement */
    unsigned prepared;       /* so many names are used up */
    struct pg_rows *reading; /* whose rows are still on the wire, or NULL */
};

/* Rows come one by one from the wire; when the connection is needed for something else, the rest is
 * fetched into `kept` first. */
struct pg_rows {
    struct rows base;
    PGresult *row; /* the current one */
    PGresult **kept;
    size_t kept_count, kept_next;
    bool ended;
};

static struct pg_db *pg_db(struct db *db)
{
    return (struct pg_db *)db;
}

static struct pg_rows *pg_rows(struct rows *r)
{
    return (struct pg_rows *)r;
}

/* ---- errors ---- */

/* The first row whose state begins the SQLSTATE counts. */
static const struct {
    const char *state;
    enum err err;
    bool breaks; /* the connection is of no more use */
} translations[] = {
    {"23505", ERR_EXISTS, false},  /* unique_violation */
    {"23", ERR_CONFLICT, false},   /* any other constraint */
    {"40", ERR_BUSY, false},       /* serialization, deadlock */
    {"55P03", ERR_BUSY, false},    /* lock_not_available */
    {"57014", ERR_TIMEOUT, false}, /* query_canceled */
    {"57", ERR_IO, true},          /* the server shuts down, or starts */
    {"53", ERR_IO, false},         /* disk full, out of memory, too many connections */
    {"58", ERR_IO, false},         /* an error of the server's system */
    {"08", ERR_IO, true},          /* connection */
    {"25006", ERR_IO, false},      /* read_only_sql_transaction: a standby */
    {"42501", ERR_IO, false},      /* insufficient_privilege */
    {"22021", ERR_INVALID, false}, /* character_not_in_repertoire */
    {"0A000", ERR_INTERNAL, true}, /* a prepared plan no longer fits its table */
    {"26000", ERR_INTERNAL, true}, /* a prepared statement was dropped by somebody */
    {"XX001", ERR_CORRUPT, false}, /* data_corrupted */
    {"XX002", ERR_CORRUPT, false}, /* index_corrupted */
    {"", ERR_INTERNAL, false},
};

/* libpq's messages go over several lines, hints included; the first one says it. */
static struct str first_line(const char *message)
{
    struct str rest = str_of(message ? message : ""), line = STR("");
    if (!str_split(&rest, '\n', &line))
        return STR("");
    line.n = MIN(line.n, LINE_MAX_BYTES);
    return str_trim(line);
}

static enum err lost(struct pg_db *c, const char *message, struct err_ctx *e)
{
    struct str why = first_line(message);
    c->base.broken = true;
    return err_set(e, ERR_IO, "the connection to the database %s was lost: " STR_FMT, c->name,
                   STR_ARG(why));
}

/* The server's primary message alone: its detail line repeats the values. An error without a
 * state is libpq's own and means that it cannot talk to the server, whatever PQstatus() says. */
static enum err pg_fail(struct pg_db *c, const PGresult *result, struct err_ctx *e)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!state || !message)
        return lost(c, PQerrorMessage(c->pg), e);
    size_t i = 0;
    while (!str_starts(str_of(state), str_of(translations[i].state)))
        i++;
    enum err err = translations[i].err;
    c->base.broken |= translations[i].breaks;
    if (PQstatus(c->pg) != CONNECTION_OK || (translations[i].breaks && err == ERR_IO))
        return lost(c, message, e);
    if (err == ERR_EXISTS || err == ERR_CONFLICT) {
        log_debug("store", "%s", message);
        return err;
    }
    struct str why = first_line(message);
    return err_set(e, err, "the database %s: " STR_FMT, c->name, STR_ARG(why));
}

static bool is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE;
}

/* ---- statements ---- */

/* Fetches what another result has left on the wire, so that a statement can be sent. */
static void clear_wire(struct pg_db *c)
{
    struct pg_rows *r = c->reading;
    PGresult *result;
    while (r && (result = PQgetResult(c->pg))) {
        r->kept = xrealloc(r->kept, (r->kept_count + 1) * sizeof *r->kept);
        r->kept[r->kept_count++] = result;
    }
    c->reading = NULL;
}

/* Several statements at once, or one without binds. */
static enum err pg_script(struct db *db, const char *sql, struct err_ctx *e)
{
    struct pg_db *c = pg_db(db);
    clear_wire(c);
    PGresult *result = PQexec(c->pg, sql);
    enum err err = is_good(result) ? ERR_OK : pg_fail(c, result, e);
    PQclear(result);
    return err;
}

static void forget_statements(struct pg_db *c)
{
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_each(&c->statements, &cursor, &key, &value)) {
        map_remove(&c->statements, key);
        free(value);
    }
}

static enum err prepare(struct pg_db *c, const char *sql, const struct statement **out,
                        struct err_ctx *e)
{
    if (c->statements.count >= STATEMENTS_MAX) {
        enum err err = pg_script(&c->base, "deallocate all", e);
        if (err)
            return err;
        forget_statements(c);
    }
    struct statement *s = xcalloc(1, sizeof *s);
    snprintf(s->name, sizeof s->name, "s%u", c->prepared++);
    /* Parameters take the type of the place where they stand. */
    PGresult *result = PQprepare(c->pg, s->name, sql, 0, NULL);
    enum err err = is_good(result) ? ERR_OK : pg_fail(c, result, e);
    PQclear(result);
    if (err) {
        free(s);
        return err;
    }
    map_put(&c->statements, str_of(sql), s);
    *out = s;
    return ERR_OK;
}

static enum err statement_find(struct pg_db *c, const char *sql, const struct statement **out,
                               struct err_ctx *e)
{
    clear_wire(c);
    *out = map_get(&c->statements, str_of(sql));
    return *out ? ERR_OK : prepare(c, sql, out, e);
}

/* ---- parameters ---- */

/* Numbers travel as text, which PostgreSQL reads as whatever type their place has; text and bytes
 * as they are. */
struct params {
    const char *values[BINDS_MAX];
    int lengths[BINDS_MAX];
    int formats[BINDS_MAX];
    char texts[BINDS_MAX][DECIMAL_TEXT_MAX + 1];
};

static const char *format_f64(double value, char text[DECIMAL_TEXT_MAX + 1])
{
    if (isnan(value))
        return NULL;
    if (isinf(value))
        return value > 0 ? "Infinity" : "-Infinity";
    text[decimal_format_f64(value, text)] = '\0';
    return text;
}

static void encode(struct params *p, struct binds binds)
{
    for (unsigned i = 0; i < binds.count; i++) {
        const struct bind *b = &binds.values[i];
        p->values[i] = NULL;
        p->lengths[i] = 0;
        p->formats[i] = 0;
        if (b->kind == BIND_I64) {
            snprintf(p->texts[i], sizeof p->texts[i], "%lld", (long long)b->i64);
            p->values[i] = p->texts[i];
        } else if (b->kind == BIND_F64) {
            p->values[i] = format_f64(b->f64, p->texts[i]);
        } else if (b->kind != BIND_NULL) {
            p->values[i] = b->bytes.p;
            p->lengths[i] = (int)b->bytes.n;
            p->formats[i] = BINARY;
        }
    }
}

static bool send_statement(struct pg_db *c, const struct statement *s, struct binds binds)
{
    struct params p;
    encode(&p, binds);
    return PQsendQueryPrepared(c->pg, s->name, (int)binds.count, p.values, p.lengths, p.formats,
                               BINARY);
}

static enum err pg_exec(struct db *db, const char *sql, struct binds binds, int64_t *changed,
                        struct err_ctx *e)
{
    struct pg_db *c = pg_db(db);
    const struct statement *s = NULL;
    enum err err = statement_find(c, sql, &s, e);
    if (err)
        return err;
    struct params p;
    encode(&p, binds);
    PGresult *result =
        PQexecPrepared(c->pg, s->name, (int)binds.count, p.values, p.lengths, p.formats, BINARY);
    if (is_good(result))
        *changed = strtoll(PQcmdTuples(result), NULL, 10);
    else
        err = pg_fail(c, result, e);
    PQclear(result);
    return err;
}

/* ---- many at once ---- */

/* Reads the answers up to the mark that PQpipelineSync() set. */
static enum err read_pipeline(struct pg_db *c, struct err_ctx *e)
{
    enum err err = ERR_OK;
    ExecStatusType status = PGRES_EMPTY_QUERY;
    while (status != PGRES_PIPELINE_SYNC) {
        PGresult *result = PQgetResult(c->pg);
        if (!result && PQstatus(c->pg) != CONNECTION_OK)
            return err ? err : lost(c, PQerrorMessage(c->pg), e);
        if (!result)
            continue; /* the end of one statement's answer */
        status = PQresultStatus(result);
        if (!err && status == PGRES_FATAL_ERROR)
            err = pg_fail(c, result, e);
        PQclear(result);
    }
    return err;
}

static enum err run_pipeline(struct pg_db *c, const struct statement *s, const struct binds *binds,
                             size_t count, struct err_ctx *e)
{
    for (size_t i = 0; i < count; i++) {
        if (!send_statement(c, s, binds[i]))
            return lost(c, PQerrorMessage(c->pg), e);
    }
    return PQpipelineSync(c->pg) ? read_pipeline(c, e) : lost(c, PQerrorMessage(c->pg), e);
}

static enum err pg_exec_many(struct db *db, const char *sql, const struct binds *binds,
                             size_t count, struct err_ctx *e)
{
    struct pg_db *c = pg_db(db);
    const struct statement *s = NULL;
    enum err err = statement_find(c, sql, &s, e);
    if (err)
        return err;
    if (!PQenterPipelineMode(c->pg))
        return lost(c, PQerrorMessage(c->pg), e);
    for (size_t at = 0; !err && at < count; at += PIPELINE_MAX)
        err = run_pipeline(c, s, binds + at, MIN(PIPELINE_MAX, count - at), e);
    if (!PQexitPipelineMode(c->pg) && !err)
        err = lost(c, PQerrorMessage(c->pg), e);
    return err;
}

/* ---- transactions ---- */

static enum err pg_begin(struct db *db, bool writes, struct err_ctx *e)
{
    return pg_script(db,
                     writes ? "begin isolation level read committed read write"
                            : "begin isolation level repeatable read read only",
                     e);
}

static void pg_rollback(struct db *db)
{
    if (PQtransactionStatus(pg_db(db)->pg) == PQTRANS_IDLE)
        return;
    if (pg_script(db, "rollback", NULL))
        db->broken = true;
}

static enum err pg_commit(struct db *db, struct err_ctx *e)
{
    struct pg_db *c = pg_db(db);
    clear_wire(c);
    if (PQtransactionStatus(c->pg) == PQTRANS_INERROR) {
        pg_rollback(db);
        return err_set(e, ERR_INTERNAL, "a transaction was to be committed that had failed");
    }
    enum err err = pg_script(db, "commit", e);
    if (err && e && db->broken)
        err_prefix(e, "whether the last change was stored is not known");
    return err;
}

static enum err pg_lock(struct db *db, struct str name, struct err_ctx *e)
{
    int64_t ignored;
    return pg_exec(db, "select pg_advisory_xact_lock($1)", BIND(bind_i64((int64_t)str_hash(name))),
                   &ignored, e);
}

/* ---- rows ---- */

/* The plan of a prepared statement is kept, and for a list of keys it depends on the table's size:
 * while that is small, all of the table is read and the list is a filter. A table that grows by a
 * million rows before the server notices would be read as a whole for each list, so queries with
 * long ones are planned each time; that costs less than two microseconds for each key. */
static enum err send_list(struct pg_db *c, const char *sql, struct binds binds, struct err_ctx *e)
{
    struct params p;
    clear_wire(c);
    encode(&p, binds);
    if (PQsendQueryParams(c->pg, sql, (int)binds.count, NULL, p.values, p.lengths, p.formats,
                          BINARY))
        return ERR_OK;
    return lost(c, PQerrorMessage(c->pg), e);
}

static enum err send_query(struct pg_db *c, const char *sql, struct binds binds, struct err_ctx *e)
{
    const struct statement *s = NULL;
    if (binds.count >= LIST_MIN)
        return send_list(c, sql, binds, e);
    enum err err = statement_find(c, sql, &s, e);
    if (!err && !send_statement(c, s, binds))
        err = lost(c, PQerrorMessage(c->pg), e);
    return err;
}

static enum err pg_query(struct db *db, const char *sql, struct binds binds, struct rows **out,
                         struct err_ctx *e)
{
    struct pg_db *c = pg_db(db);
    enum err err = send_query(c, sql, binds, e);
    if (err)
        return err;
    if (!PQsetSingleRowMode(c->pg))
        return lost(c, PQerrorMessage(c->pg), e);
    struct pg_rows *r = xcalloc(1, sizeof *r);
    c->reading = r;
    *out = &r->base;
    return ERR_OK;
}

static PGresult *next_result(struct pg_db *c, struct pg_rows *r)
{
    if (r->kept_next < r->kept_count)
        return r->kept[r->kept_next++];
    return c->reading == r ? PQgetResult(c->pg) : NULL;
}

/* After the last row comes an empty result, or the error that stopped it, and then nothing. */
static enum err read_end(struct pg_db *c, struct pg_rows *r, PGresult *last, struct err_ctx *e)
{
    enum err err = is_good(last) ? ERR_OK : pg_fail(c, last, e);
    PQclear(last);
    while ((last = next_result(c, r)))
        PQclear(last);
    if (c->reading == r)
        c->reading = NULL;
    r->ended = true;
    return err;
}

static enum err pg_next(struct rows *rows, struct err_ctx *e)
{
    struct pg_rows *r = pg_rows(rows);
    struct pg_db *c = pg_db(rows->db);
    PQclear(r->row);
    r->row = NULL;
    if (r->ended)
        return ERR_OK;
    PGresult *result = next_result(c, r);
    if (!result || PQresultStatus(result) != PGRES_SINGLE_TUPLE)
        return read_end(c, r, result, e);
    r->row = result;
    rows->have = true;
    return ERR_OK;
}

static struct str raw(struct rows *r, unsigned column)
{
    PGresult *row = pg_rows(r)->row;
    return str_from(PQgetvalue(row, 0, (int)column), (size_t)PQgetlength(row, 0, (int)column));
}

static unsigned type_of(struct rows *r, unsigned column)
{
    return PQftype(pg_rows(r)->row, (int)column);
}

static bool pg_is_null(struct rows *r, unsigned column)
{
    assert((int)column < PQnfields(pg_rows(r)->row));
    return PQgetisnull(pg_rows(r)->row, 0, (int)column);
}

static int64_t pg_i64(struct rows *r, unsigned column)
{
    return pg_value_i64(type_of(r, column), raw(r, column));
}

static double pg_f64(struct rows *r, unsigned column)
{
    return pg_value_f64(type_of(r, column), raw(r, column));
}

static struct str pg_bytes(struct rows *r, unsigned column)
{
    assert(pg_type_is_bytes(type_of(r, column)));
    return raw(r, column);
}

/* A statement that changes rows and returns them may still fail behind the rows that were read. */
static void pg_rows_close(struct rows *rows)
{
    struct pg_rows *r = pg_rows(rows);
    struct pg_db *c = pg_db(rows->db);
    PGresult *rest;
    PQclear(r->row);
    while (!r->ended && (rest = next_result(c, r))) {
        if (!is_good(rest) && pg_fail(c, rest, NULL))
            c->base.spoilt = true;
        PQclear(rest);
    }
    if (c->reading == r)
        c->reading = NULL;
    free(r->kept);
    free(r);
}

/* ---- opening and closing ---- */

/* A password with an "@" or a "/" in it would end up in the host's or the database's name, and so
 * in messages. */
static bool is_clear(struct str url)
{
    ptrdiff_t scheme = str_find_str(url, STR("://"));
    struct str rest = str_from(url.p + scheme + 3, url.n - (size_t)scheme - 3);
    ptrdiff_t at = str_find(rest, '@'), slash = str_find(rest, '/');
    if (at < 0)
        return true;
    struct str behind = str_from(rest.p + at + 1, rest.n - (size_t)at - 1);
    return (slash < 0 || at < slash) && str_find(behind, '@') < 0;
}

static const char *option(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword; options++) {
        if (strcmp(options->keyword, keyword) == 0)
            return options->val && *options->val ? options->val : NULL;
    }
    return NULL;
}

static enum err pg_name(const char *url, char **out, struct err_ctx *e)
{
    PQconninfoOption *options = is_clear(str_of(url)) ? PQconninfoParse(url, NULL) : NULL;
    if (!options)
        return err_set(e, ERR_INVALID,
                       "the database URL cannot be read: its form is postgresql://user:password@"
                       "host:port/name, with %%XX for special characters in the password");
    const char *host = option(options, "host"), *port = option(options, "port");
    const char *name = option(options, "dbname"), *user = option(options, "user");
    struct buf text;
    buf_init(&text, 1024);
    buf_addf(&text, "postgresql://%s%s%s%s%s/%s", user ? user : "", user ? "@" : "",
             host ? host : "", port ? ":" : "", port ? port : "", name ? name : "");
    PQconninfoFree(options);
    size_t n;
    *out = buf_detach(&text, &n);
    return ERR_OK;
}

static void quiet(void *argument, const char *message)
{
    struct str line = first_line(message);
    log_debug("store", STR_FMT, STR_ARG(line));
}

static enum err check_server(struct pg_db *c, struct err_ctx *e)
{
    const char *encoding = PQparameterStatus(c->pg, "server_encoding");
    if (PQserverVersion(c->pg) < VERSION_MIN)
        return err_set(e, ERR_IO, "the database %s: PostgreSQL %d or newer is needed, this is %d",
                       c->name, VERSION_MIN / 10000, PQserverVersion(c->pg) / 10000);
    if (!encoding || strcmp(encoding, "UTF8") != 0)
        return err_set(e, ERR_IO, "the database %s must have the encoding UTF8, it has %s", c->name,
                       encoding ? encoding : "none");
    return ERR_OK;
}

/* Committed means on disk, also where the server was told to be quicker by default. */
static enum err set_up(struct pg_db *c, const struct store_opts *opts, struct err_ctx *e)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             "set lock_timeout = %u;"
             "set client_min_messages = warning;"
             "select set_config('synchronous_commit', 'on', false) "
             "where current_setting('synchronous_commit') = 'off'",
             MAX(opts->busy_timeout_ms, 1));
    enum err err = check_server(c, e);
    return err ? err : pg_script(&c->base, sql, e);
}

static enum err connect_to(struct pg_db *c, const struct store_opts *opts, struct err_ctx *e)
{
    /* What stands before dbname can be overridden by the URL. */
    const char *const keys[] = {"application_name", "connect_timeout", "dbname", "client_encoding",
                                NULL};
    const char *const values[] = {"crisol", "10", opts->url, "UTF8", NULL};
    c->pg = PQconnectdbParams(keys, values, 1);
    if (PQstatus(c->pg) != CONNECTION_OK) {
        struct str why = first_line(PQerrorMessage(c->pg));
        return err_set(e, ERR_IO, "the database %s cannot be reached: " STR_FMT, c->name,
                       STR_ARG(why));
    }
    PQsetNoticeProcessor(c->pg, quiet, NULL);
    return set_up(c, opts, e);
}

static void pg_close(struct db *db)
{
    struct pg_db *c = pg_db(db);
    PQfinish(c->pg);
    forget_statements(c);
    map_release(&c->statements);
    free(c->name);
    free(c);
}

static enum err pg_open(const struct store_opts *opts, bool writes, struct db **out,
                        struct err_ctx *e)
{
    char *name = NULL;
    enum err err = pg_name(opts->url, &name, e);
    if (err)
        return err;
    struct pg_db *c = xcalloc(1, sizeof *c);
    c->name = name;
    map_init(&c->statements);
    err = connect_to(c, opts, e);
    if (err) {
        pg_close(&c->base);
        return err;
    }
    *out = &c->base;
    return ERR_OK;
}

const struct backend postgresql_backend = {
    .kind = STORE_POSTGRESQL,
    .name = pg_name,
    .open = pg_open,
    .close = pg_close,
    .begin = pg_begin,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .lock = pg_lock,
    .script = pg_script,
    .exec = pg_exec,
    .exec_many = pg_exec_many,
    .query = pg_query,
    .next = pg_next,
    .is_null = pg_is_null,
    .i64 = pg_i64,
    .f64 = pg_f64,
    .bytes = pg_bytes,
    .rows_close = pg_rows_close,
};
