#include "predictions/report.h"

#include "stats/auc.h"
#include "stats/curve.h"

/* How many rows become few points.
 *
 * ROC, PR and lift keep their corners and leave out straight runs; where more remain they are
 * thinned evenly along the curve (stats/curve.h). The points of an answer are shared among its
 * classes. Calibration has ten bins, of which the empty ones are left out.
 *
 * Scatter and residuals: rows are sorted by their x and taken at even distances of rank, so that
 * dense places stay dense; the rows with the largest and smallest x, y and error are always among
 * them, because outliers are what one looks for. */

enum { CALIBRATION_BINS = 10, CLASSES_SHOWN_MAX = 200, POINTS_PER_CLASS_MIN = 3 };

static const char *const kind_texts[CURVE_KINDS] = {"roc",  "pr",      "calibration",
                                                    "lift", "scatter", "residuals"};

const char *curve_kind_text(enum curve_kind kind)
{
    return kind_texts[kind];
}

bool curve_kind_parse(struct str s, enum curve_kind *kind)
{
    for (unsigned i = 0; i < CURVE_KINDS; i++)
        if (str_is(s, kind_texts[i])) {
            *kind = i;
            return true;
        }
    return false;
}

/* ---- classification ---- */

static json_t *point_json(const struct curve_point *p)
{
    json_t *point = json_array();
    json_push(point, json_real(p->x));
    json_push(point, json_real(p->y));
    if (p->threshold <= 1) /* the first point's threshold is above every score */
        json_push(point, json_real(p->threshold));
    return point;
}

static void set_figure(json_t *to, const char *key, struct stat_value v)
{
    json_set(to, key, v.reason ? json_null() : json_real(v.value));
}

typedef enum stat_reason draw_curve(const struct ranking *ranking, size_t room, json_t *to);

static enum stat_reason draw(enum stat_reason (*curve)(struct curve *, const struct ranking *),
                             const struct ranking *ranking, size_t room, json_t *to)
{
    struct curve c = {.points = xmalloc(room * sizeof *c.points), .room = room};
    enum stat_reason reason = curve(&c, ranking);
    json_t *points = json_array();
    for (size_t i = 0; i < c.count; i++)
        json_push(points, point_json(&c.points[i]));
    json_set(to, "points", points);
    free(c.points);
    return reason;
}

static enum stat_reason draw_roc(const struct ranking *ranking, size_t room, json_t *to)
{
    set_figure(to, "auc", auc_of(ranking));
    return draw(curve_roc, ranking, room, to);
}

static enum stat_reason draw_pr(const struct ranking *ranking, size_t room, json_t *to)
{
    set_figure(to, "average_precision", curve_average_precision(ranking));
    return draw(curve_precision_recall, ranking, room, to);
}

static enum stat_reason draw_lift(const struct ranking *ranking, size_t room, json_t *to)
{
    return draw(curve_lift, ranking, room, to);
}

static enum stat_reason draw_calibration(const struct ranking *ranking, size_t room, json_t *to)
{
    struct curve_bin bins[CALIBRATION_BINS];
    enum stat_reason reason = curve_calibration(bins, CALIBRATION_BINS, ranking);
    json_t *points = json_array();
    for (size_t i = 0; i < CALIBRATION_BINS; i++) {
        if (reason || bins[i].weight <= 0)
            continue;
        json_t *point = json_array();
        json_push(point, json_real(bins[i].predicted));
        json_push(point, json_real(bins[i].observed));
        json_push(point, json_real(bins[i].weight));
        json_push(points, point);
    }
    json_set(to, "points", points);
    set_figure(to, "ece", reason ? stat_none(reason) : curve_ece(bins, CALIBRATION_BINS));
    return reason;
}

static draw_curve *const draws[CURVE_KINDS] = {
    [CURVE_ROC] = draw_roc,
    [CURVE_PR] = draw_pr,
    [CURVE_CALIBRATION] = draw_calibration,
    [CURVE_LIFT] = draw_lift,
};

static void set_class_reason(json_t *reasons, json_t *class, const char *text)
{
    struct buf path;
    buf_init(&path, 1 << 20);
    buf_add(&path, STR("classes."));
    buf_add(&path, json_str(class));
    buf_add_c(&path, 0);
    json_set_cstr(reasons, path.p, text);
    buf_release(&path);
}

static void draw_class(const struct report *r, unsigned k, enum curve_kind kind, size_t room,
                       json_t *list, json_t *reasons)
{
    struct ranking ranking;
    json_t *item = json_object(), *class = json_text(str_of(r->signature->classes[k]));
    json_set(item, "class", class);
    enum stat_reason reason = report_ranking(r, k, &ranking);
    if (!reason)
        reason = draws[kind](&ranking, room, item);
    else
        json_set(item, "points", json_array());
    if (reason)
        set_class_reason(reasons, class, stat_reason_text(reason));
    ranking_release(&ranking);
    json_push(list, item);
}

static void draw_classes(const struct report *r, enum curve_kind kind, json_t *to, json_t *reasons)
{
    unsigned class_count = MIN(r->signature->class_count, CLASSES_SHOWN_MAX);
    json_t *list = json_array();
    const char *missing = report_scores_missing(r);
    if (missing) {
        json_set_cstr(reasons, "classes", missing);
        class_count = 0;
    } else if (class_count < r->signature->class_count) {
        json_set_cstr(reasons, "classes", "only the first 200 classes are drawn");
    }
    for (unsigned k = 0; k < class_count; k++)
        draw_class(r, k, kind, MAX(REPORT_POINTS_MAX / class_count, POINTS_PER_CLASS_MIN), list,
                   reasons);
    json_set(to, "classes", list);
}

/* ---- regression ---- */

struct pair {
    double x, y, error;
};

static int by_x(const void *a, const void *b)
{
    const struct pair *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return (p->y > q->y) - (p->y < q->y);
}

static struct pair *make_pairs(const struct report *r, enum curve_kind kind)
{
    const struct report_kept *kept = &r->kept;
    struct pair *pairs = xmalloc((kept->count + 1) * sizeof *pairs);
    for (size_t i = 0; i < kept->count; i++) {
        double truth = kept->truths[i], predicted = kept->scores[i], error = predicted - truth;
        pairs[i] = kind == CURVE_SCATTER ? (struct pair){truth, predicted, error}
                                         : (struct pair){predicted, error, error};
    }
    qsort(pairs, kept->count, sizeof *pairs, by_x);
    return pairs;
}

/* The rows that must be seen: first and last stand for the ends of x. */
enum { LANDMARKS = 6 };

static void find_landmarks(const struct pair *pairs, size_t count, size_t marks[LANDMARKS])
{
    size_t y_min = 0, y_max = 0, error_min = 0, error_max = 0;
    for (size_t i = 1; i < count; i++) {
        y_min = pairs[i].y < pairs[y_min].y ? i : y_min;
        y_max = pairs[i].y > pairs[y_max].y ? i : y_max;
        error_min = pairs[i].error < pairs[error_min].error ? i : error_min;
        error_max = pairs[i].error > pairs[error_max].error ? i : error_max;
    }
    const size_t found[LANDMARKS] = {0, y_min, y_max, error_min, error_max, count - 1};
    memcpy(marks, found, sizeof found);
}

static bool is_landmark(const size_t marks[LANDMARKS], size_t i)
{
    for (size_t k = 0; k < LANDMARKS; k++)
        if (marks[k] == i)
            return true;
    return false;
}

static void push_pair(json_t *points, const struct pair *p)
{
    json_t *point = json_array();
    json_push(point, json_real(p->x));
    json_push(point, json_real(p->y));
    json_push(points, point);
}

static void draw_pairs(const struct report *r, enum curve_kind kind, json_t *to, json_t *reasons)
{
    size_t count = r->kept.count, marks[LANDMARKS];
    struct pair *pairs = make_pairs(r, kind);
    json_t *points = json_array();
    size_t wanted = MIN(count, REPORT_POINTS_MAX - LANDMARKS), taken = 0;
    bool all = count <= REPORT_POINTS_MAX;
    if (count)
        find_landmarks(pairs, count, marks);
    else
        json_set_cstr(reasons, "points", stat_reason_text(STAT_EMPTY));
    for (size_t i = 0; i < count; i++) {
        bool due = taken < wanted && i >= (taken * count + count / 2) / wanted;
        taken += due;
        if (all || due || is_landmark(marks, i))
            push_pair(points, &pairs[i]);
    }
    json_set(to, "points", points);
    free(pairs);
}

/* ---- both ---- */

enum err report_curve(const struct report *r, enum curve_kind kind, json_t *to, struct err_ctx *e)
{
    bool for_classes = draws[kind] != NULL;
    if (r->signature->task != (for_classes ? TASK_CLASSIFICATION : TASK_REGRESSION))
        return err_set_at(e, ERR_INVALID, "/kind", "%s is a curve of models for %s",
                          curve_kind_text(kind),
                          task_text(for_classes ? TASK_CLASSIFICATION : TASK_REGRESSION));
    json_t *reasons = json_object();
    json_set_cstr(to, "kind", curve_kind_text(kind));
    json_set_i64(to, "rows", (int64_t)r->rows);
    json_set_i64(to, "labelled", (int64_t)r->counters.labelled);
    if (for_classes)
        draw_classes(r, kind, to, reasons);
    else
        draw_pairs(r, kind, to, reasons);
    json_set(to, "reasons", reasons);
    return ERR_OK;
}
