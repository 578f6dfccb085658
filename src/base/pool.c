#include "base/pool.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

struct task {
    void (*work)(void *);
    void *argument;
};

/* `lock` guards everything below it; `wanted` wakes a thread for each task. */
struct pool {
    struct pool_opts opts;
    pthread_t *threads;
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    struct task *ring; /* queue_max of them */
    unsigned first, queued, running;
    uint64_t submitted, refused;
    bool closing;
};

/* Under the lock, and only where one waits. */
static struct task first_task(struct pool *p)
{
    struct task task = p->ring[p->first];
    p->first = (p->first + 1) % p->opts.queue_max;
    p->queued--;
    return task;
}

static bool next_task(struct pool *p, struct task *task)
{
    pthread_mutex_lock(&p->lock);
    while (p->queued == 0 && !p->closing)
        pthread_cond_wait(&p->wanted, &p->lock);
    bool found = p->queued > 0;
    if (found) {
        *task = first_task(p);
        p->running++;
    }
    pthread_mutex_unlock(&p->lock);
    return found;
}

unsigned pool_take(struct pool *p, void **arguments, unsigned max)
{
    unsigned n = 0;
    pthread_mutex_lock(&p->lock);
    for (; n < max && p->queued; n++)
        arguments[n] = first_task(p).argument;
    pthread_mutex_unlock(&p->lock);
    return n;
}

static void *pool_thread(void *argument)
{
    struct pool *p = argument;
    struct task task;
    pthread_setname_np(pthread_self(), p->opts.name);
    if (p->opts.niceness)
        (void)!setpriority(PRIO_PROCESS, (id_t)gettid(),
                           p->opts.niceness); /* a thread's, on Linux */
    while (next_task(p, &task)) {
        task.work(task.argument);
        pthread_mutex_lock(&p->lock);
        p->running--;
        pthread_mutex_unlock(&p->lock);
    }
    return NULL;
}

static void stop(struct pool *p, unsigned started)
{
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_broadcast(&p->wanted);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < started; i++)
        pthread_join(p->threads[i], NULL);
    pthread_cond_destroy(&p->wanted);
    pthread_mutex_destroy(&p->lock);
    free(p->ring);
    free(p->threads);
    free(p);
}

enum err pool_open(const struct pool_opts *opts, struct pool **out, struct err_ctx *e)
{
    assert(opts->threads > 0 && opts->queue_max > 0 && strlen(opts->name) < 16);
    struct pool *p = xcalloc(1, sizeof *p);
    p->opts = *opts;
    p->threads = xcalloc(opts->threads, sizeof *p->threads);
    p->ring = xcalloc(opts->queue_max, sizeof *p->ring);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wanted, NULL);
    for (unsigned i = 0; i < opts->threads; i++) {
        int failed = pthread_create(&p->threads[i], NULL, pool_thread, p);
        if (failed) {
            stop(p, i);
            return err_set_errno(e, failed, "starting a thread");
        }
    }
    *out = p;
    return ERR_OK;
}

enum err pool_submit(struct pool *p, void (*work)(void *), void *argument)
{
    pthread_mutex_lock(&p->lock);
    bool room = p->queued < p->opts.queue_max && !p->closing;
    if (room) {
        p->ring[(p->first + p->queued) % p->opts.queue_max] = (struct task){work, argument};
        p->queued++;
        p->submitted++;
        pthread_cond_signal(&p->wanted);
    } else {
        p->refused++;
    }
    pthread_mutex_unlock(&p->lock);
    return room ? ERR_OK : ERR_BUSY;
}

void pool_stats(struct pool *p, struct pool_stats *out)
{
    pthread_mutex_lock(&p->lock);
    *out = (struct pool_stats){p->submitted, p->refused, p->queued, p->running, p->opts.queue_max};
    pthread_mutex_unlock(&p->lock);
}

void pool_close(struct pool *p)
{
    if (p)
        stop(p, p->opts.threads);
}
