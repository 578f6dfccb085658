#include "server/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/log.h"
#include "identity/audit.h"

const struct cli_option program_options[] = {
    {"data", "DIR", "the folder that holds everything (./crisol-data)", false},
    {"database", "URL", "postgresql://..., instead of SQLite inside the folder", false},
    {"config", "FILE", "a file of settings", false},
    {"set", "NAME=VALUE", "one setting; crisol config lists them", true},
    {"listen", "HOST:PORT", "where the server listens (127.0.0.1:8080)", false},
};
const size_t program_option_count = ARRAY_LEN(program_options);

/* ---- settings ---- */

/* --data DIR and its like are settings under a shorter name. */
static size_t gather_flags(const struct cli *cli, struct arena *a, const char **flags)
{
    static const char *const shortcuts[] = {"data", "database", "listen"};
    unsigned cursor = 0;
    size_t count = 0;
    for (const char *pair; (pair = cli_each(cli, "set", &cursor));)
        flags[count++] = pair;
    for (size_t i = 0; i < ARRAY_LEN(shortcuts); i++)
        if (cli_has(cli, shortcuts[i]))
            flags[count++] = arena_printf(a, "%s=%s", shortcuts[i], cli_value(cli, shortcuts[i]));
    return count;
}

enum err program_configure(const struct cli *cli, struct config **out, struct err_ctx *e)
{
    const char *flags[CLI_GIVEN_MAX];
    struct arena a;
    arena_init(&a);
    struct config_sources from = {.flags = flags,
                                  .flag_count = gather_flags(cli, &a, flags),
                                  .environment = environ,
                                  .file = cli_value(cli, "config")};
    enum err err = config_load(&from, out, e);
    arena_release(&a);
    return err;
}

static void start_log(const struct program *p)
{
    enum log_level level = LOG_INFO;
    bool known = log_level_parse(str_of(p->config->log_level), &level);
    assert(known);
    log_set_level(level);
}

static void start_clock(struct program *p)
{
    if (p->config->clock_virtual_ms)
        clock_init_virtual(&p->clock, p->config->clock_virtual_ms);
    else
        clock_init(&p->clock);
}

/* ---- data and store ---- */

static enum err open_store(struct program *p, struct err_ctx *e)
{
    struct arena a;
    arena_init(&a);
    const char *url = p->config->database;
    struct store_opts opts = {.url = *url ? url : arena_printf(&a, "sqlite:%s/crisol.db", p->data),
                              .readers = (unsigned)p->config->store_connections,
                              .busy_timeout_ms = (unsigned)p->config->store_busy_timeout_ms};
    enum err err = store_open(&opts, &p->store, e);
    if (!err)
        err = store_migrate(p->store, e);
    arena_release(&a);
    return err;
}

enum err program_open(struct program *p, const struct cli *cli, struct err_ctx *e)
{
    struct config *config = NULL;
    enum err err = program_configure(cli, &config, e);
    return err ? err : program_open_with(p, config, e);
}

enum err program_open_with(struct program *p, struct config *config, struct err_ctx *e)
{
    *p = (struct program){.config = config, .data = config->data, .lock_fd = -1};
    start_log(p);
    start_clock(p);
    enum err err = crypto_init(e);
    if (!err)
        err = file_make_folders(p->data, e);
    if (!err)
        err = open_store(p, e);
    if (err) {
        program_close(p);
        return err;
    }
    id_source_init(&p->ids, (unsigned)p->config->node);
    audit_init(&p->clock, &p->ids);
    return ERR_OK;
}

void program_close(struct program *p)
{
    store_close(p->store);
    if (p->lock_fd >= 0)
        close(p->lock_fd);
    config_unref(p->config);
    *p = (struct program){.lock_fd = -1};
}

int program_run(const struct cli *cli,
                enum err (*work)(struct program *p, const struct cli *cli, struct err_ctx *e))
{
    struct err_ctx e;
    struct program p;
    err_ctx_init(&e);
    enum err err = program_open(&p, cli, &e);
    if (!err) {
        err = work(&p, cli, &e);
        program_close(&p);
    }
    return err ? cli_failed(&e) : 0;
}

enum err program_lock(struct program *p, struct err_ctx *e)
{
    struct arena a;
    arena_init(&a);
    const char *path = arena_printf(&a, "%s/lock", p->data);
    enum err err = ERR_OK;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        err = err_set_errno(e, errno, path);
    else if (flock(fd, LOCK_EX | LOCK_NB))
        err = err_set(e, ERR_CONFLICT,
                      "another server works on the data folder %s; give each its own with --data",
                      p->data);
    if (!err)
        p->lock_fd = fd;
    else if (fd >= 0)
        close(fd);
    arena_release(&a);
    return err;
}

const char *program_beside(struct arena *a, const char *relative)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    return arena_printf(a, "%s/%s", path, relative);
}

enum err program_folder(const struct program *p, struct arena *a, const char *name,
                        const char **out, struct err_ctx *e)
{
    *out = arena_printf(a, "%s/%s", p->data, name);
    return file_make_folders(*out, e);
}
