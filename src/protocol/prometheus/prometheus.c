#include "protocol/prometheus/prometheus.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "identity/role.h"

struct prometheus {
    struct prometheus_opts opts;
    double started_s;
};

static enum err get_metrics(struct http_request *rq, struct err_ctx *e);

#define ROUTE(...) HTTP_ROUTE(__VA_ARGS__)
const struct http_route prometheus_routes[] = {
#include "protocol/prometheus/routes.def"
};
#undef ROUTE
const size_t prometheus_route_count = ARRAY_LEN(prometheus_routes);

/* ---- the process, under the names that every Prometheus client uses ---- */

static double resident_bytes(void)
{
    unsigned long all = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%lu %lu", &all, &resident) != 2)
        resident = 0;
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static double open_descriptors(void)
{
    double count = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count - 1; /* the folder's own */
}

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void expose_process(const struct prometheus *p, struct exposition *x)
{
    struct rusage used;
    struct rlimit files;
    getrusage(RUSAGE_SELF, &used);
    getrlimit(RLIMIT_NOFILE, &files);
    exposition_counter(x, "process_cpu_seconds_total", "Processor time, user and system.");
    exposition_add(x, NO_LABELS, seconds_of(used.ru_utime) + seconds_of(used.ru_stime));
    exposition_gauge(x, "process_resident_memory_bytes", "Memory that the process occupies.");
    exposition_add(x, NO_LABELS, resident_bytes());
    exposition_gauge(x, "process_open_fds", "Files and connections that are open.");
    exposition_add(x, NO_LABELS, open_descriptors());
    exposition_gauge(x, "process_max_fds", "How many may be open.");
    exposition_add(x, NO_LABELS, (double)files.rlim_cur);
    exposition_gauge(x, "process_start_time_seconds", "When the process started, since 1970.");
    exposition_add(x, NO_LABELS, p->started_s);
    exposition_gauge(x, "crisol_build_info", "Which program this is; always 1.");
    exposition_add(x, LABELS({"version", str_of(p->opts.version)}), 1);
}

/* ---- the route ---- */

static enum err get_metrics(struct http_request *rq, struct err_ctx *e)
{
    struct prometheus *p = rq->context;
    struct exposition x;
    exposition_init(&x, &rq->answer.body);
    expose_process(p, &x);
    p->opts.expose(p->opts.context, &x);
    rq->answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return ERR_OK;
}

enum err prometheus_open(const struct prometheus_opts *opts, struct prometheus **out,
                         struct err_ctx *e)
{
    struct prometheus *p = xcalloc(1, sizeof *p);
    struct clock clock;
    clock_init(&clock); /* the machine's: a virtual one did not start this process */
    p->opts = *opts;
    p->started_s = (double)clock_now_ms(&clock) / 1000;
    *out = p;
    return ERR_OK;
}

void prometheus_close(struct prometheus *p)
{
    free(p);
}
