#include "server/program.h"

#include <errno.h>
#include <fcntl.h>
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

static enum err set_pair(struct config *c, const char *pair, struct err_ctx *e)
{
    const char *equals = strchr(pair, '=');
    if (!equals)
        return err_set(e, ERR_INVALID, "--set %s: name=value is expected", pair);
    char name[128];
    snprintf(name, sizeof name, "%.*s", (int)(equals - pair), pair);
    return config_set(c, name, equals + 1, e);
}

enum err program_configure(const struct cli *cli, struct config **out, struct err_ctx *e)
{
    static const char *const flags[] = {"data", "database", "listen"};
    struct config *c = NULL;
    unsigned cursor = 0;
    enum err err = config_open(&c, e);
    for (const char *pair; !err && (pair = cli_each(cli, "set", &cursor));)
        err = set_pair(c, pair, e);
    for (size_t i = 0; i < ARRAY_LEN(flags) && !err; i++)
        if (cli_has(cli, flags[i]))
            err = config_set(c, flags[i], cli_value(cli, flags[i]), e);
    if (err) {
        config_close(c);
        return err;
    }
    *out = c;
    return ERR_OK;
}

static enum err start_log(struct program *p, struct err_ctx *e)
{
    enum log_level level;
    const char *text = config_text(p->config, "log.level");
    if (!log_level_parse(str_of(text), &level))
        return err_set(e, ERR_INVALID, "log.level: \"%s\" is not a level", text);
    log_set_level(level);
    return ERR_OK;
}

static enum err start_clock(struct program *p, struct err_ctx *e)
{
    const char *text = config_text(p->config, "clock.virtual");
    int64_t start_ms;
    if (!*text) {
        clock_init(&p->clock);
        return ERR_OK;
    }
    if (!clock_parse(str_of(text), &start_ms))
        return err_set(e, ERR_INVALID,
                       "clock.virtual: \"%s\" is not a time like 2026-01-31T08:15:00Z", text);
    clock_init_virtual(&p->clock, start_ms);
    return ERR_OK;
}

/* ---- data and store ---- */

static enum err open_store(struct program *p, struct err_ctx *e)
{
    struct arena a;
    arena_init(&a);
    const char *url = config_text(p->config, "database");
    struct store_opts opts = {.url = *url ? url : arena_printf(&a, "sqlite:%s/crisol.db", p->data),
                              .readers = (unsigned)config_i64(p->config, "store.readers"),
                              .busy_timeout_ms =
                                  (unsigned)config_i64(p->config, "store.busy_timeout_ms")};
    enum err err = store_open(&opts, &p->store, e);
    if (!err)
        err = store_migrate(p->store, e);
    arena_release(&a);
    return err;
}

enum err program_open(struct program *p, const struct cli *cli, struct err_ctx *e)
{
    *p = (struct program){.lock_fd = -1};
    enum err err = program_configure(cli, &p->config, e);
    if (!err)
        err = start_log(p, e);
    if (!err)
        err = start_clock(p, e);
    if (!err)
        err = crypto_init(e);
    if (!err) {
        p->data = config_text(p->config, "data");
        err = file_make_folders(p->data, e);
    }
    if (!err)
        err = open_store(p, e);
    if (err) {
        program_close(p);
        return err;
    }
    id_source_init(&p->ids, (unsigned)config_i64(p->config, "node"));
    audit_init(&p->clock, &p->ids);
    return ERR_OK;
}

void program_close(struct program *p)
{
    store_close(p->store);
    if (p->lock_fd >= 0)
        close(p->lock_fd);
    config_close(p->config);
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

enum err program_folder(const struct program *p, struct arena *a, const char *name,
                        const char **out, struct err_ctx *e)
{
    *out = arena_printf(a, "%s/%s", p->data, name);
    return file_make_folders(*out, e);
}
