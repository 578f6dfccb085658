#include "stats/adwin.h"

#include <math.h>

enum { ADWIN_VERSION = 1 };

static const uint32_t adwin_tag = CODEC_TAG('A', 'D', 'W', 'I');

void adwin_init(struct adwin *a, double delta)
{
    assert(delta > 0 && delta < 1);
    *a = (struct adwin){.delta = delta};
}

double adwin_mean(const struct adwin *a)
{
    return a->rows > 0 ? a->sum / (double)a->rows : 0;
}

/* Sum of squares around the common mean of two groups (Chan, Golub & LeVeque 1983). */
static double joint_square(double square_a, double sum_a, double n_a, double square_b, double sum_b,
                           double n_b)
{
    if (n_a == 0 || n_b == 0)
        return square_a + square_b;
    double gap = sum_a / n_a - sum_b / n_b;
    return square_a + square_b + gap * gap * n_a * n_b / (n_a + n_b);
}

static void drop_first(struct adwin_row *row, unsigned count)
{
    row->count -= count;
    memmove(row->buckets, row->buckets + count, row->count * sizeof *row->buckets);
}

/* Joins the two oldest of a size into one of the next where there are too many. */
static void compress(struct adwin *a)
{
    for (unsigned i = 0; i + 1 < ADWIN_SIZES && a->sizes[i].count > ADWIN_PER_ROW; i++) {
        struct adwin_row *row = &a->sizes[i], *next = &a->sizes[i + 1];
        double n = (double)((uint64_t)1 << i);
        const struct adwin_bucket *x = &row->buckets[0], *y = &row->buckets[1];
        next->buckets[next->count++] = (struct adwin_bucket){
            .sum = x->sum + y->sum,
            .square = joint_square(x->square, x->sum, n, y->square, y->sum, n),
        };
        drop_first(row, 2);
    }
}

static void insert(struct adwin *a, double x)
{
    struct adwin_row *row = &a->sizes[0];
    row->buckets[row->count++] = (struct adwin_bucket){.sum = x};
    a->square = joint_square(a->square, a->sum, (double)a->rows, 0, x, 1);
    a->rows++;
    a->sum += x;
    compress(a);
}

static void drop_oldest(struct adwin *a)
{
    unsigned i = ADWIN_SIZES;
    while (a->sizes[--i].count == 0)
        ;
    double n = (double)((uint64_t)1 << i), left = (double)a->rows - n;
    struct adwin_bucket oldest = a->sizes[i].buckets[0];
    drop_first(&a->sizes[i], 1);
    a->rows -= (uint64_t)1 << i;
    a->sum -= oldest.sum;
    a->square -= oldest.square;
    if (left > 0) {
        double gap = oldest.sum / n - a->sum / left;
        a->square -= gap * gap * n * left / (n + left);
    }
    a->square = fmax(0, a->square);
}

static bool differ(const struct adwin *a, double old_sum, double old_rows)
{
    double new_rows = (double)a->rows - old_rows;
    if (old_rows < ADWIN_PART_MIN || new_rows < ADWIN_PART_MIN)
        return false;
    double n = (double)a->rows, variance = a->square / n;
    double log_term = log(2 * log(n) / a->delta);
    double m = 1 / (1 / old_rows + 1 / new_rows);
    double margin = sqrt(2 / m * variance * log_term) + 2 / (3 * m) * log_term;
    return fabs(old_sum / old_rows - (a->sum - old_sum) / new_rows) > margin;
}

/* Whether some cut between buckets, from the oldest on, separates different means. */
static bool some_cut(const struct adwin *a)
{
    double sum = 0, rows = 0;
    for (unsigned i = ADWIN_SIZES; i-- > 0;)
        for (unsigned j = 0; j < a->sizes[i].count; j++) {
            sum += a->sizes[i].buckets[j].sum;
            rows += (double)((uint64_t)1 << i);
            if (differ(a, sum, rows))
                return true;
        }
    return false;
}

bool adwin_add(struct adwin *a, double x)
{
    assert(x >= 0 && x <= 1);
    insert(a, x);
    bool changed = false;
    while (a->rows >= ADWIN_ROWS_MIN && some_cut(a)) {
        drop_oldest(a);
        changed = true;
    }
    return changed;
}

size_t adwin_write(const struct adwin *a, uint8_t *p, size_t room)
{
    struct codec_out out = {.p = p, .room = room};
    codec_begin(&out, adwin_tag, ADWIN_VERSION);
    codec_put_f64(&out, a->delta);
    codec_put_varint(&out, a->rows);
    codec_put_f64(&out, a->sum);
    codec_put_f64(&out, a->square);
    unsigned sizes = ADWIN_SIZES;
    while (sizes > 0 && a->sizes[sizes - 1].count == 0)
        sizes--;
    codec_put_varint(&out, sizes);
    for (unsigned i = 0; i < sizes; i++) {
        codec_put_varint(&out, a->sizes[i].count);
        for (unsigned j = 0; j < a->sizes[i].count; j++) {
            codec_put_f64(&out, a->sizes[i].buckets[j].sum);
            codec_put_f64(&out, a->sizes[i].buckets[j].square);
        }
    }
    return codec_end(&out);
}

/* A sum of numbers in [0, 1], give or take what adding and subtracting them has rounded. */
static double get_sum(struct codec_in *in, double rows)
{
    double sum = codec_get_f64(in), rounding = 1e-6 * (1 + rows);
    codec_expect(in, sum >= -rounding && sum <= rows + rounding);
    return sum;
}

static void read_buckets(struct adwin *a, struct codec_in *in)
{
    uint64_t sizes = codec_get_varint(in), rows = 0;
    codec_expect(in, sizes <= ADWIN_SIZES);
    for (uint64_t i = 0; i < sizes && !in->failed; i++) {
        struct adwin_row *row = &a->sizes[i];
        uint64_t count = codec_get_varint(in), size = (uint64_t)1 << i;
        for (uint64_t j = 0; codec_expect(in, count <= ADWIN_PER_ROW) && j < count; j++) {
            struct adwin_bucket *bucket = &row->buckets[row->count++];
            bucket->sum = get_sum(in, (double)size);
            bucket->square = get_sum(in, (double)size);
            rows += size;
        }
    }
    codec_expect(in, rows == a->rows);
}

enum err adwin_read(struct adwin *a, const uint8_t *p, size_t n, struct err_ctx *e)
{
    static const char what[] = "change detector";
    struct codec_in in;
    enum err err = codec_open(&in, p, n, adwin_tag, ADWIN_VERSION, what, e);
    if (err)
        return err;
    struct adwin read = {.delta = codec_get_f64(&in)};
    read.rows = codec_get_varint(&in);
    read.sum = get_sum(&in, (double)read.rows);
    read.square = codec_get_f64(&in);
    codec_expect(&in, read.delta > 0 && read.delta < 1 && read.square >= 0);
    read_buckets(&read, &in);
    err = codec_close(&in, what, e);
    if (!err)
        *a = read;
    return err;
}
