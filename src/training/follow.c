#include "training/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <unistd.h>

enum {
    PIECE_BYTES = 1 << 20,
    LINE_BYTES_MAX = 64 << 10,
    KEY_BYTES_MAX = 128,
    MESSAGE_BYTES_MAX = 500
};
enum { METRIC_LINES_MAX = 1000000 };

void follow_init(struct follow *f, struct training *t, int64_t run_id)
{
    struct arena a;
    arena_init(&a);
    *f = (struct follow){.t = t, .run_id = run_id};
    f->metrics.path = xstrdup(run_file(t, run_id, "metrics.ndjson", &a));
    f->progress.path = xstrdup(run_file(t, run_id, "progress.ndjson", &a));
    arena_release(&a);
}

void follow_release(struct follow *f)
{
    free(f->metrics.path);
    free(f->progress.path);
}

/* The next bytes of the file, up to the end of a line; nothing when there is no whole line and
 * the rest of one may still come. */
static enum err read_piece(struct follow_file *file, bool ended, struct arena *a, struct str *out,
                           struct err_ctx *e)
{
    *out = (struct str){NULL, 0};
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? ERR_OK : err_set_errno(e, errno, file->path);
    char *piece = arena_alloc(a, PIECE_BYTES);
    ssize_t n = pread(fd, piece, PIECE_BYTES, file->offset);
    close(fd);
    if (n <= 0)
        return n < 0 ? err_set_errno(e, errno, file->path) : ERR_OK;
    char *end = memrchr(piece, '\n', (size_t)n);
    if (!end && n < PIECE_BYTES && !ended)
        return ERR_OK;
    size_t whole = end ? (size_t)(end - piece) + 1 : (size_t)n; /* an endless line is thrown away */
    file->offset += (int64_t)whole;
    *out = str_from(piece, whole);
    return ERR_OK;
}

static bool next_line(struct str *rest, struct str *line)
{
    return rest->n > 0 && str_split(rest, '\n', line);
}

static json_t *parse_line(struct str line)
{
    json_t *value = NULL;
    if (line.n > LINE_BYTES_MAX || json_read_object(line, &value, NULL))
        return NULL;
    return value;
}

static void drop(void *json)
{
    json_decref(json);
}

static int64_t time_of(const struct follow *f, json_t *line)
{
    int64_t time_ms = 0;
    json_t *time = json_object_get(line, "time");
    if (json_is_string(time) && clock_parse(json_str(time), &time_ms))
        return time_ms;
    if (json_is_number(time))
        return (int64_t)(json_number_value(time) * 1000);
    return clock_now_ms(f->t->opts.clock);
}

static bool read_metric(const struct follow *f, struct str text, struct arena *a,
                        struct metric_line *m)
{
    json_t *line = parse_line(text);
    if (!line)
        return false;
    arena_on_release(a, drop, line);
    json_t *value = json_object_get(line, "value"), *step = json_object_get(line, "step");
    m->key = json_str(json_object_get(line, "key"));
    m->value = json_is_number(value) ? json_number_value(value) : NAN;
    m->has_step = json_is_integer(step);
    m->step = json_integer_value(step);
    m->time_ms = time_of(f, line);
    return m->key.n > 0 && m->key.n <= KEY_BYTES_MAX && !memchr(m->key.p, 0, m->key.n) &&
           (json_is_number(value) || json_is_null(value));
}

static void publish_metric(const struct follow *f, const struct metric_line *m)
{
    char id[ID_TEXT_BYTES];
    json_t *news = json_object();
    json_set_cstr(news, "run", id_format((uint64_t)f->run_id, id));
    json_set_text(news, "key", m->key);
    json_set_f64(news, "value", m->value);
    json_set(news, "step", m->has_step ? json_integer(m->step) : json_null());
    json_set_time(news, "time", m->time_ms);
    events_publish(f->t->opts.events, "metric", news);
}

static enum err store_metrics(struct follow *f, const struct metric_line *lines, size_t count,
                              struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_write(f->t->opts.store, &db, e);
    if (err)
        return err;
    err = run_add_metrics(db, f->run_id, lines, count, e);
    err = db_end(db, err, e);
    for (size_t i = 0; i < count && !err; i++)
        publish_metric(f, &lines[i]);
    return err;
}

static enum err take_metrics(struct follow *f, struct str rest, struct arena *a, struct err_ctx *e)
{
    size_t room = 0, count = 0;
    int64_t max =
        (int64_t)(f->t->opts.metric_lines_max ? f->t->opts.metric_lines_max : METRIC_LINES_MAX);
    struct str line, all = rest;
    while (next_line(&all, &line))
        room++;
    struct metric_line *lines = arena_alloc(a, room * sizeof *lines);
    while (next_line(&rest, &line)) {
        struct metric_line *m = &lines[count];
        m->seq = ++f->metrics.lines;
        if (m->seq <= max && read_metric(f, line, a, m))
            count++;
        else
            f->refused += str_trim(line).n > 0;
    }
    return count ? store_metrics(f, lines, count, e) : ERR_OK;
}

/* Only the last line counts. */
static enum err take_progress(struct follow *f, struct str rest, struct arena *a, struct err_ctx *e)
{
    struct str line;
    json_t *last = NULL;
    while (next_line(&rest, &line)) {
        json_t *value = parse_line(line);
        f->refused += !value && str_trim(line).n > 0;
        if (!value)
            continue;
        json_decref(last);
        last = value;
    }
    if (!last)
        return ERR_OK;
    arena_on_release(a, drop, last);
    struct db *db = NULL;
    double fraction = json_number_value(json_object_get(last, "fraction"));
    struct str message = json_str(json_object_get(last, "message"));
    message = message.p && !memchr(message.p, 0, message.n) ? message : STR("");
    if (message.n > MESSAGE_BYTES_MAX)
        message = STR("");
    fraction = fmin(fmax(fraction, 0), 1);
    enum err err = store_write(f->t->opts.store, &db, e);
    if (err)
        return err;
    err = run_set_progress(db, f->run_id, fraction, message, e);
    err = db_end(db, err, e);
    if (!err)
        run_publish(f->t, f->run_id, RUN_RUNNING, fraction, message);
    return err;
}

static enum err read_file(struct follow *f, struct follow_file *file,
                          enum err (*take)(struct follow *, struct str, struct arena *,
                                           struct err_ctx *),
                          struct err_ctx *e)
{
    enum err err;
    struct str piece;
    do {
        struct arena a;
        struct follow_file before = *file;
        arena_init(&a);
        err = read_piece(file, f->ended, &a, &piece, e);
        if (!err && piece.n)
            err = take(f, piece, &a, e);
        if (err)
            *file = before; /* what was not stored is read again */
        arena_release(&a);
    } while (!err && piece.n);
    return err;
}

enum err follow_read(struct follow *f, struct err_ctx *e)
{
    enum err err = read_file(f, &f->metrics, take_metrics, e);
    return err ? err : read_file(f, &f->progress, take_progress, e);
}
