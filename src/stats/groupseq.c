#include "stats/groupseq.h"

#include <math.h>

#include "base/err.h"
#include "stats/normal.h"

/* The density of the sum S_t = z sqrt(t) among the paths that no look has stopped, on a grid with
 * an odd number of points for Simpson's rule. */
enum { POINTS = 801 };

static const double boundary_max = 8;
static const double increment_min = 1e-4; /* narrower steps would fall between the grid's points */

struct grid {
    double edge; /* the grid runs from -edge to edge */
    double density[POINTS];
};

double groupseq_spent(double t, double alpha)
{
    if (t <= 0)
        return 0;
    return normal_two_sided(normal_upper_quantile(alpha / 2) / sqrt(fmin(1, t)));
}

static double point(const struct grid *g, size_t i)
{
    return g->edge * (2.0 * (double)i / (POINTS - 1) - 1);
}

static double simpson_weight(const struct grid *g, size_t i)
{
    double step = 2 * g->edge / (POINTS - 1);
    return step / 3 * (i == 0 || i == POINTS - 1 ? 1 : i % 2 ? 4 : 2);
}

/* The chance to leave [-edge, edge] within the next increment of variance dt. */
static double chance_to_leave(const struct grid *g, double edge, double dt)
{
    double sd = sqrt(dt), sum = 0;
    for (size_t i = 0; i < POINTS; i++) {
        double x = point(g, i);
        sum += simpson_weight(g, i) * g->density[i] *
               (normal_sf((edge - x) / sd) + normal_cdf((-edge - x) / sd));
    }
    return sum;
}

static void advance(const struct grid *from, struct grid *to, double dt)
{
    double sd = sqrt(dt);
    for (size_t j = 0; j < POINTS; j++) {
        double y = point(to, j), sum = 0;
        for (size_t i = 0; i < POINTS; i++)
            sum += simpson_weight(from, i) * from->density[i] *
                   normal_pdf((y - point(from, i)) / sd) / sd;
        to->density[j] = sum;
    }
}

static void first_look(struct grid *g, double t)
{
    for (size_t i = 0; i < POINTS; i++)
        g->density[i] = normal_pdf(point(g, i) / sqrt(t)) / sqrt(t);
}

static double find_boundary(const struct grid *g, double t, double dt, double spend)
{
    double low = 0, high = boundary_max;
    for (int i = 0; i < 60; i++) {
        double z = 0.5 * (low + high);
        if (chance_to_leave(g, z * sqrt(t), dt) > spend)
            low = z;
        else
            high = z;
    }
    return high;
}

static bool times_ok(const double *t, size_t looks)
{
    for (size_t k = 0; k < looks; k++)
        if (!(t[k] - (k == 0 ? 0 : t[k - 1]) >= increment_min && t[k] <= 1))
            return false;
    return looks > 0 && looks <= GROUPSEQ_LOOKS_MAX;
}

enum stat_reason groupseq_boundaries(const double *t, size_t looks, double alpha, double *z)
{
    if (!times_ok(t, looks) || !(alpha > 0 && alpha < 1))
        return STAT_OUT_OF_DOMAIN;
    struct grid *now = xmalloc(2 * sizeof *now), *next = now + 1, *memory = now;
    z[0] = fmin(boundary_max, normal_upper_quantile(groupseq_spent(t[0], alpha) / 2));
    now->edge = z[0] * sqrt(t[0]);
    first_look(now, t[0]);
    for (size_t k = 1; k < looks; k++) {
        double dt = t[k] - t[k - 1];
        double spend = groupseq_spent(t[k], alpha) - groupseq_spent(t[k - 1], alpha);
        z[k] = find_boundary(now, t[k], dt, spend);
        next->edge = z[k] * sqrt(t[k]);
        if (k + 1 < looks)
            advance(now, next, dt);
        struct grid *swap = now;
        now = next;
        next = swap;
    }
    free(memory);
    return STAT_OK;
}
