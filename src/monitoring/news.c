#include "monitoring/news.h"

#include <pthread.h>

enum { PAUSE_MS = 1000 };

struct item {
    int64_t model_id;
    uint64_t rows, labelled;
};

struct news {
    struct events *events;
    struct registry *registry;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wanted;
    struct item *items;
    size_t count, room;
    bool closing;
};

void news_add(struct news *n, int64_t model_id, uint64_t rows, uint64_t labelled)
{
    size_t i = 0;
    pthread_mutex_lock(&n->lock);
    while (i < n->count && n->items[i].model_id != model_id)
        i++;
    if (i == n->count) {
        if (n->count == n->room) {
            n->room = n->room ? n->room * 2 : 16;
            n->items = xrealloc(n->items, n->room * sizeof *n->items);
        }
        n->items[n->count++] = (struct item){.model_id = model_id};
        if (n->count == 1)
            pthread_cond_signal(&n->wanted);
    }
    n->items[i].rows += rows;
    n->items[i].labelled += labelled;
    pthread_mutex_unlock(&n->lock);
}

static void publish(struct news *n, const char *event, struct str model, const char *key,
                    uint64_t count)
{
    if (count == 0)
        return;
    json_t *data = json_object();
    json_set_text(data, "model", model);
    json_set_i64(data, key, (int64_t)count);
    events_publish(n->events, event, data);
}

static void tell(struct news *n, const struct item *item)
{
    struct arena a;
    struct model model;
    struct err_ctx quiet; /* a model that is gone has no news */
    arena_init(&a);
    err_ctx_init(&quiet);
    if (!registry_model_by_id(n->registry, item->model_id, &model, &a, &quiet)) {
        publish(n, "predictions", model.name, "rows", item->rows);
        publish(n, "feedback", model.name, "labelled", item->labelled);
    }
    arena_release(&a);
}

static void pause_until_next(struct news *n)
{
    struct timespec until = clock_deadline(PAUSE_MS);
    while (!n->closing &&
           pthread_cond_clockwait(&n->wanted, &n->lock, CLOCK_MONOTONIC, &until) == 0)
        ;
}

static void *run(void *context)
{
    struct news *n = context;
    pthread_setname_np(pthread_self(), "news");
    pthread_mutex_lock(&n->lock);
    while (!n->closing) {
        if (n->count == 0) {
            pthread_cond_wait(&n->wanted, &n->lock);
            continue;
        }
        struct item *items = n->items;
        size_t count = n->count;
        n->items = NULL;
        n->count = n->room = 0;
        pthread_mutex_unlock(&n->lock);
        for (size_t i = 0; i < count; i++)
            tell(n, &items[i]);
        free(items);
        pthread_mutex_lock(&n->lock);
        pause_until_next(n);
    }
    pthread_mutex_unlock(&n->lock);
    return NULL;
}

enum err news_open(struct events *events, struct registry *registry, struct news **out,
                   struct err_ctx *e)
{
    struct news *n = xcalloc(1, sizeof *n);
    n->events = events;
    n->registry = registry;
    pthread_mutex_init(&n->lock, NULL);
    pthread_cond_init(&n->wanted, NULL);
    int failed = pthread_create(&n->thread, NULL, run, n);
    if (!failed) {
        *out = n;
        return ERR_OK;
    }
    pthread_cond_destroy(&n->wanted);
    pthread_mutex_destroy(&n->lock);
    free(n);
    return err_set_errno(e, failed, "starting the thread that tells the news");
}

void news_close(struct news *n)
{
    if (!n)
        return;
    pthread_mutex_lock(&n->lock);
    n->closing = true;
    pthread_cond_signal(&n->wanted);
    pthread_mutex_unlock(&n->lock);
    pthread_join(n->thread, NULL);
    pthread_cond_destroy(&n->wanted);
    pthread_mutex_destroy(&n->lock);
    free(n->items);
    free(n);
}
