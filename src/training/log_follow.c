#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "http/stream.h"
#include "http/streams.h"
#include "training/inside.h"

/* One thread reads on for everybody who watches a log. */
enum { WATCHERS_MAX = 128, LOOK_MS = 200, PIECE_BYTES = 64 << 10, WAITING_MAX_BYTES = 4 << 20 };
enum { LINE_BYTES_MAX = 16 << 10, STATUS_LOOKS = 3 };

struct watcher {
    struct http_stream *stream;
    int64_t run_id, offset;
    char *path;
    struct buf line; /* the beginning of a line whose end has not come */
    unsigned looks;
};

struct log_follow {
    struct training *t;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct watcher watchers[WATCHERS_MAX];
    unsigned count;
    bool closing;
    pthread_t thread;
};

static void watcher_release(struct watcher *w)
{
    http_stream_unref(w->stream);
    buf_release(&w->line);
    free(w->path);
}

static bool push(struct watcher *w, const char *event, const char *key, struct str value)
{
    struct arena a;
    json_t *data = json_object();
    arena_init(&a);
    json_set_text(data, key, value);
    bool open = http_stream_event(w->stream, event, json_dump(data, &a));
    json_decref(data);
    arena_release(&a);
    return open;
}

/* Sends the whole lines of the piece; false when nobody listens any more. */
static bool push_lines(struct watcher *w, struct str piece)
{
    while (piece.n) {
        const char *end = memchr(piece.p, '\n', piece.n);
        struct str part = str_from(piece.p, end ? (size_t)(end - piece.p) : piece.n);
        if (w->line.n + part.n <= LINE_BYTES_MAX)
            buf_add(&w->line, part);
        if (!end)
            return true;
        struct str line = buf_str(&w->line);
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (!push(w, "log", "line", line))
            return false;
        buf_clear(&w->line);
        piece = str_from(end + 1, piece.n - part.n - 1);
    }
    return true;
}

/* Reads on; `*more` says whether there may be more at once. */
static bool read_on(struct watcher *w, bool *more)
{
    char piece[PIECE_BYTES];
    int fd = open(w->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? 0 : pread(fd, piece, sizeof piece, w->offset);
    if (fd >= 0)
        close(fd);
    *more = n == (ssize_t)sizeof piece;
    if (n <= 0)
        return http_stream_open(w->stream);
    w->offset += n;
    return push_lines(w, str_from(piece, (size_t)n));
}

static bool has_ended(struct training *t, int64_t id, enum run_status *status)
{
    struct arena a;
    struct run run;
    struct db *db = NULL;
    arena_init(&a);
    bool ended = false;
    if (store_read(t->opts.store, &db, NULL) == ERR_OK &&
        db_end(db, run_select_id(db, id, &a, &run, NULL), NULL) == ERR_OK) {
        ended = run_has_ended(&run);
        *status = run.status;
    }
    arena_release(&a);
    return ended;
}

/* False when the watcher is done with. */
static bool look(struct log_follow *f, struct watcher *w)
{
    enum run_status status = RUN_RUNNING;
    bool more = true;
    bool ended = w->looks++ % STATUS_LOOKS == 0 && has_ended(f->t, w->run_id, &status);
    while (more)
        if (!read_on(w, &more))
            return false;
    if (!ended)
        return true;
    if (w->line.n)
        push(w, "log", "line", buf_str(&w->line));
    push(w, "end", "status", str_of(run_status_text(status)));
    http_stream_end(w->stream);
    return false;
}

static void wait_locked(struct log_follow *f)
{
    if (f->count == 0) {
        pthread_cond_wait(&f->changed, &f->lock);
        return;
    }
    struct timespec until = clock_deadline(LOOK_MS);
    pthread_cond_clockwait(&f->changed, &f->lock, CLOCK_MONOTONIC, &until);
}

static void *watch(void *argument)
{
    struct log_follow *f = argument;
    pthread_mutex_lock(&f->lock);
    while (!f->closing) {
        for (unsigned i = f->count; i-- > 0;) {
            if (look(f, &f->watchers[i]))
                continue;
            watcher_release(&f->watchers[i]);
            f->watchers[i] = f->watchers[--f->count];
        }
        if (!f->closing)
            wait_locked(f);
    }
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

enum err log_follow_open(struct training *t, struct log_follow **out, struct err_ctx *e)
{
    struct log_follow *f = xcalloc(1, sizeof *f);
    f->t = t;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    int failed = pthread_create(&f->thread, NULL, watch, f);
    if (failed) {
        free(f);
        return err_set_errno(e, failed, "starting a thread");
    }
    *out = f;
    return ERR_OK;
}

void log_follow_close(struct log_follow *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&f->lock);
    f->closing = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
    while (f->count)
        watcher_release(&f->watchers[--f->count]);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

static enum err add(struct log_follow *f, struct http_stream *stream, int64_t run_id,
                    const char *path, struct err_ctx *e)
{
    enum err err = ERR_OK;
    pthread_mutex_lock(&f->lock);
    if (f->count == WATCHERS_MAX) {
        err = err_set(e, ERR_BUSY, "there are already %d watchers of logs", WATCHERS_MAX);
    } else {
        struct watcher *w = &f->watchers[f->count++];
        *w = (struct watcher){
            .stream = http_stream_ref(stream), .run_id = run_id, .path = xstrdup(path)};
        buf_init(&w->line, LINE_BYTES_MAX + 1);
        pthread_cond_broadcast(&f->changed);
    }
    pthread_mutex_unlock(&f->lock);
    return err;
}

enum err log_follow_add(struct log_follow *f, struct http_request *rq, int64_t run_id,
                        struct err_ctx *e)
{
    struct http_stream *stream = http_stream_new(WAITING_MAX_BYTES);
    enum err err = add(f, stream, run_id, run_file(f->t, run_id, "log.txt", &rq->arena), e);
    if (!err && (err = streams_begin(f->t->opts.streams, rq, stream, e)))
        http_stream_end(stream);
    http_stream_unref(stream);
    return err;
}
