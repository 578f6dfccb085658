/* http/meter.h
 *
 * What the server counts about its requests: answers by status, and how long each phase took.
 *
 *     meter_answer(&s->meter, 200, &x->moments, clock_monotonic_ns());
 *     meter_expose(&s->meter, exposition);
 *
 * All zero is empty. Any thread. Inside this folder only. */
#ifndef HTTP_METER_H
#define HTTP_METER_H

#include "base/exposition.h"

enum { METER_STATUS_MAX = 600 };

enum meter_phase {
    METER_READ, /* from the request line to the end of the body */
    METER_WAIT, /* for a thread of the pool */
    METER_WORK, /* the handler, and whoever it deferred to */
    METER_TOTAL,
    METER_PHASE_COUNT
};

struct meter {
    _Atomic uint64_t by_status[METER_STATUS_MAX];
    struct histogram took[METER_PHASE_COUNT];
};

/* The moments of one request, in monotonic nanoseconds; 0 for one that it did not come to. */
struct meter_moments {
    uint64_t started_ns; /* its request line had arrived */
    uint64_t run_ns;     /* it was complete */
    uint64_t work_ns;    /* a handler took it up */
};

void meter_answer(struct meter *m, int status, const struct meter_moments *at, uint64_t now_ns);
uint64_t meter_answers(const struct meter *m, int status_class);
void meter_expose(const struct meter *m, struct exposition *x);

#endif
