#include "server/demo.h"

#include "server/signals.h"
#include "stats/rng.h"

enum { ASK_EVERY_MS = 1000, TRUTH_AFTER_MS = 3000, TRUTH_SPREAD_MS = 5000, WAITING_MAX = 64 };

/* ---- one row ---- */

enum err demo_replay_ask(struct demo *d, unsigned index, json_t **out, struct err_ctx *e)
{
    json_t *body = json_object(), *rows = json_array(), *answer = NULL;
    json_push(rows, json_deep_copy(d->rows[index].features));
    json_set(body, "rows", rows);
    enum err err =
        demo_http_json(d->http, "POST", "/models/" DEMO_MODEL "/predict", body, &answer, e);
    if (err)
        return err;
    *out = json_incref(json_array_get(json_object_get(answer, "predictions"), 0));
    json_decref(answer);
    return *out ? ERR_OK : err_set(e, ERR_INTERNAL, "the answer holds no prediction");
}

enum err demo_replay_tell(struct demo *d, const char *id, unsigned index, struct err_ctx *e)
{
    json_t *body = json_object(), *items = json_array(), *item = json_object();
    json_set_cstr(item, "id", id);
    json_set_text(item, "truth", d->rows[index].truth);
    json_push(items, item);
    json_set(body, "items", items);
    return demo_http_json(d->http, "POST", "/models/" DEMO_MODEL "/feedback", body, NULL, e);
}

void demo_replay_shuffle(const struct demo *d, uint64_t seed, uint64_t round,
                         unsigned order[DEMO_ROWS_MAX])
{
    struct rng r;
    rng_init(&r, seed, round);
    for (unsigned i = 0; i < d->row_count; i++) {
        unsigned at = (unsigned)rng_below(&r, i + 1);
        order[i] = order[at];
        order[at] = i;
    }
}

/* ---- at a human pace ---- */

/* A prediction whose truth is not told yet. */
struct waiting {
    char id[64];
    unsigned index;
    uint64_t due_ms;
};

struct replay {
    struct demo *demo;
    struct rng rng;
    uint64_t seed, round;
    unsigned order[DEMO_ROWS_MAX], at;
    struct waiting waiting[WAITING_MAX];
    unsigned waiting_count;
    uint64_t ask_ms;
};

static uint64_t now_ms(void)
{
    return clock_monotonic_ns() / 1000000;
}

static unsigned next_row(struct replay *r)
{
    if (r->at == r->demo->row_count) {
        demo_replay_shuffle(r->demo, r->seed, r->round++, r->order);
        r->at = 0;
    }
    return r->order[r->at++];
}

static enum err ask_next(struct replay *r, struct err_ctx *e)
{
    unsigned index = next_row(r);
    json_t *prediction = NULL;
    enum err err = demo_replay_ask(r->demo, index, &prediction, e);
    if (err)
        return err;
    const char *id = json_string_value(json_object_get(prediction, "id"));
    if (id && r->waiting_count < WAITING_MAX) {
        struct waiting *w = &r->waiting[r->waiting_count++];
        snprintf(w->id, sizeof w->id, "%s", id);
        w->index = index;
        w->due_ms = now_ms() + TRUTH_AFTER_MS + rng_below(&r->rng, TRUTH_SPREAD_MS);
    }
    json_decref(prediction);
    r->ask_ms += ASK_EVERY_MS;
    return ERR_OK;
}

static enum err tell_due(struct replay *r, struct err_ctx *e)
{
    enum err err = ERR_OK;
    for (unsigned i = 0; !err && i < r->waiting_count;) {
        if (r->waiting[i].due_ms > now_ms()) {
            i++;
            continue;
        }
        err = demo_replay_tell(r->demo, r->waiting[i].id, r->waiting[i].index, e);
        r->waiting[i] = r->waiting[--r->waiting_count];
    }
    return err;
}

/* Sleeps until the next row; true when a signal came. */
static bool sleep_until(uint64_t until_ms, const sigset_t *signals)
{
    uint64_t now = now_ms();
    return signals_wait_for(signals, until_ms > now ? until_ms - now : 0);
}

enum err demo_replay_run(struct demo *d, const sigset_t *signals, struct err_ctx *e)
{
    struct replay *r = xcalloc(1, sizeof *r);
    r->demo = d;
    r->seed = clock_monotonic_ns();
    r->at = d->row_count;
    r->ask_ms = now_ms();
    rng_init(&r->rng, r->seed, UINT64_MAX);
    enum err err = ERR_OK;
    do {
        err = ask_next(r, e);
        if (!err)
            err = tell_due(r, e);
        r->ask_ms = MAX(r->ask_ms, now_ms()); /* a computer that slept does not catch up */
    } while (!err && !sleep_until(r->ask_ms, signals));
    free(r);
    return err;
}
