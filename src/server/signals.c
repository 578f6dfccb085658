#include "server/signals.h"

#include <pthread.h>
#include <time.h>

#include "base/log.h"

void signals_catch(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void take(const sigset_t *set, int got)
{
    log_info("server", "signal %d: answering what has begun, then stopping", got);
    pthread_sigmask(SIG_UNBLOCK, set, NULL);
}

void signals_wait(const sigset_t *set)
{
    int got = 0;
    sigwait(set, &got);
    take(set, got);
}

bool signals_wait_for(const sigset_t *set, uint64_t ms)
{
    struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    int got = sigtimedwait(set, NULL, &left);
    if (got > 0)
        take(set, got);
    return got > 0;
}
