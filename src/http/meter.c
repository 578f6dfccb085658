#include "http/meter.h"

static const char *const phase_names[METER_PHASE_COUNT] = {
    [METER_READ] = "read",
    [METER_WAIT] = "wait",
    [METER_WORK] = "work",
    [METER_TOTAL] = "total",
};

void meter_answer(struct meter *m, int status, const struct meter_moments *at, uint64_t now_ns)
{
    assert(status > 0 && status < METER_STATUS_MAX);
    atomic_fetch_add_explicit(&m->by_status[status], 1, memory_order_relaxed);
    if (at->run_ns)
        histogram_add(&m->took[METER_READ], at->run_ns - at->started_ns);
    if (at->work_ns > at->run_ns)
        histogram_add(&m->took[METER_WAIT], at->work_ns - at->run_ns);
    if (at->work_ns)
        histogram_add(&m->took[METER_WORK], now_ns - at->work_ns);
    histogram_add(&m->took[METER_TOTAL], now_ns - at->started_ns);
}

uint64_t meter_answers(const struct meter *m, int status_class)
{
    uint64_t count = 0;
    for (int status = status_class * 100; status < (status_class + 1) * 100; status++)
        count += atomic_load_explicit(&m->by_status[status], memory_order_relaxed);
    return count;
}

void meter_expose(const struct meter *m, struct exposition *x)
{
    exposition_counter(x, "crisol_http_requests_total", "Requests that were answered, by status.");
    for (int status = 0; status < METER_STATUS_MAX; status++) {
        uint64_t count = atomic_load_explicit(&m->by_status[status], memory_order_relaxed);
        char text[4];
        if (count == 0)
            continue;
        snprintf(text, sizeof text, "%03d", status % 1000);
        exposition_add(x, LABELS({"status", str_of(text)}), (double)count);
    }
    exposition_histogram(x, "crisol_http_request_seconds",
                         "How long requests took: to arrive (read), to wait for a thread (wait), "
                         "to be worked on (work), all together (total).");
    for (unsigned phase = 0; phase < METER_PHASE_COUNT; phase++)
        exposition_add_histogram(x, LABELS({"phase", str_of(phase_names[phase])}), &m->took[phase]);
}
