/* How fast the store takes what the prediction log writes: transactions of a given number of
 * inserts, each with a few upserts, and how long the slowest ones take.
 *
 *     store_bench URL [SECONDS [INSERTS_PER_TRANSACTION [INSERTS_PER_SECOND]]]
 *
 * The table log_bench is made in the database and dropped again. */
#include "base/clock.h"
#include "base/id.h"
#include "store/store.h"

#include <unistd.h>

enum { COLUMNS = 8, BATCH_MAX = 10000, LATENCIES_MAX = 1 << 20, BLOB_BYTES = 200 };

static struct err_ctx e;

static void must(enum err err)
{
    if (err) {
        fprintf(stderr, "store_bench: %s: %s\n", err_text(err), e.detail);
        exit(1);
    }
}

static void run(struct store *s, const char *sql)
{
    struct db *db = NULL;
    must(store_write(s, &db, &e));
    must(db_end(db, db_exec(db, sql, BIND_NONE, NULL, &e), &e));
}

struct batch {
    struct bind values[BATCH_MAX][COLUMNS];
    struct binds binds[BATCH_MAX];
    char ids[BATCH_MAX][ID_TEXT_BYTES];
};

/* Every tenth row has an id of the client's own, as scattered as such ids are. */
static void fill(struct batch *b, size_t count, struct id_source *ids, int64_t *seq)
{
    static char blob[BLOB_BYTES];
    for (size_t i = 0; i < count; i++) {
        uint64_t id = id_next(ids, 1767225600000 + *seq);
        id_format(i % 10 ? id : id * UINT64_C(0x9e3779b97f4a7c15) >> 1, b->ids[i]);
        struct bind *v = b->values[i];
        v[0] = bind_i64((*seq)++);
        v[1] = bind_i64(1);
        v[2] = bind_i64(1767225600000 + *seq);
        v[3] = bind_i64(7);
        v[4] = bind_i64(1);
        v[5] = i % 10 ? bind_null() : bind_cstr(b->ids[i]);
        v[6] = bind_cstr("customer-17");
        v[7] = bind_blob(str_from(blob, sizeof blob));
        b->binds[i] = (struct binds){v, COLUMNS};
    }
}

static void write_batch(struct store *s, const struct batch *b, size_t count)
{
    struct db *db = NULL;
    must(store_write(s, &db, &e));
    enum err err = db_exec_many(db,
                                "insert into log_bench (seq, model, time, version, row_count, id, "
                                "unit, record) values ($1, $2, $3, $4, $5, $6, $7, $8)",
                                b->binds, count, &e);
    for (int64_t i = 0; !err && i < 5; i++)
        err = db_exec(db,
                      "insert into log_bench_counts (slot, count) values ($1, $2) on conflict "
                      "(slot) do update set count = log_bench_counts.count + excluded.count",
                      BIND(bind_i64(i), bind_i64((int64_t)count)), NULL, &e);
    must(db_end(db, err, &e));
}

static void wait_until(uint64_t at_ns)
{
    uint64_t now = clock_monotonic_ns();
    if (now < at_ns)
        usleep((useconds_t)((at_ns - now) / 1000));
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void make_tables(struct store *s)
{
    bool sqlite = store_kind(s) == STORE_SQLITE;
    run(s, "drop table if exists log_bench");
    run(s, "drop table if exists log_bench_counts");
    run(s, sqlite ? "create table log_bench (seq integer primary key, model integer not null, time "
                    "integer not null, version integer not null, row_count integer not null, id "
                    "text, unit text, record blob not null) strict"
                  : "create table log_bench (seq bigint primary key, model bigint not null, time "
                    "bigint not null, version bigint not null, row_count bigint not null, id text "
                    "collate \"C\", unit text collate \"C\", record bytea not null)");
    run(s, "create unique index log_bench_by_id on log_bench (model, id) where id is not null");
    run(s, "create index log_bench_by_time on log_bench (model, time)");
    run(s, "create table log_bench_counts (slot bigint primary key, count bigint not null)");
}

static void read_all(struct store *s)
{
    struct db *db = NULL;
    struct rows *rows = NULL;
    uint64_t start = clock_monotonic_ns(), sum = 0;
    size_t count = 0;
    must(store_read(s, &db, &e));
    must(db_query(db,
                  "select seq, time, version, unit, record from log_bench order by seq limit $1",
                  BIND(bind_i64(1000000)), &rows, &e));
    for (;;) {
        must(rows_next(rows, &e));
        if (!rows_have(rows))
            break;
        sum += (uint64_t)rows_i64(rows, 0) + rows_blob(rows, 4).n + rows_text(rows, 3).n;
        count++;
    }
    rows_close(rows);
    must(db_end(db, ERR_OK, &e));
    double took_s = (double)(clock_monotonic_ns() - start) / 1e9;
    printf("%zu rows read in %.2f s: %.0f rows/s (sum %llu)\n", count, took_s,
           (double)count / took_s, (unsigned long long)sum);
}

static void look_up(struct store *s)
{
    enum { LOOKUPS = 20000 };
    uint64_t start = clock_monotonic_ns();
    for (int64_t i = 0; i < LOOKUPS; i++) {
        struct db *db = NULL;
        struct rows *rows = NULL;
        must(store_read(s, &db, &e));
        must(db_query_one(db, "select time, record from log_bench where seq = $1",
                          BIND(bind_i64(1 + i * 7919 % 10000)), &rows, &e));
        rows_close(rows);
        must(db_end(db, ERR_OK, &e));
    }
    double took_s = (double)(clock_monotonic_ns() - start) / 1e9;
    printf("%d look-ups by key, each in a transaction: %.1f us each\n", LOOKUPS,
           took_s / LOOKUPS * 1e6);
}

int main(int argc, char **argv)
{
    static struct batch batch;
    static uint64_t took_ns[LATENCIES_MAX];
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 5;
    double per_s = argc > 4 ? strtod(argv[4], NULL) : 0; /* 0: as many as go */
    size_t per_batch = argc > 3 ? strtoul(argv[3], NULL, 10) : 1000, batches = 0;
    if (argc < 2 || per_batch < 1 || per_batch > BATCH_MAX) {
        fprintf(stderr,
                "store_bench URL [SECONDS [INSERTS_PER_TRANSACTION [INSERTS_PER_SECOND]]]\n");
        return 2;
    }
    err_ctx_init(&e);
    struct store *s = NULL;
    must(store_open(&(struct store_opts){argv[1], 2, 5000}, &s, &e));
    make_tables(s);

    struct id_source ids;
    id_source_init(&ids, 1);
    int64_t seq = 1;
    uint64_t start = clock_monotonic_ns(), now = start;
    while (now - start < (uint64_t)(seconds * 1e9) && batches < LATENCIES_MAX) {
        fill(&batch, per_batch, &ids, &seq);
        uint64_t before = clock_monotonic_ns();
        write_batch(s, &batch, per_batch);
        now = clock_monotonic_ns();
        took_ns[batches++] = now - before;
        wait_until(per_s > 0 ? start + (uint64_t)((double)(batches * per_batch) / per_s * 1e9) : 0);
    }
    double took_s = (double)(now - start) / 1e9;
    qsort(took_ns, batches, sizeof took_ns[0], compare);
    printf("%s: %zu transactions of %zu inserts: %.0f inserts/s, %.0f transactions/s, p50 %.2f ms, "
           "p99 %.2f ms, p99.9 %.2f ms, max %.2f ms\n",
           store_name(s), batches, per_batch, (double)(batches * per_batch) / took_s,
           (double)batches / took_s, (double)took_ns[batches / 2] / 1e6,
           (double)took_ns[batches * 99 / 100] / 1e6, (double)took_ns[batches * 999 / 1000] / 1e6,
           (double)took_ns[batches - 1] / 1e6);
    read_all(s);
    look_up(s);
    run(s, "drop table log_bench");
    run(s, "drop table log_bench_counts");
    store_close(s);
    return 0;
}
