#include "server/commands.h"

#include <limits.h>
#include <unistd.h>

#include "base/file.h"
#include "server/demo.h"
#include "server/server.h"
#include "server/signals.h"

/* The folder of a demonstration is known by this file in it: one that holds somebody's own work is
 * left alone. */
#define MARKER "made-by-crisol-demo.txt"

const struct cli_option command_demo_options[3] = {
    {"data", "DIR", "a folder of its own (./crisol-demo; with --check one that is removed)", false},
    {"listen", "HOST:PORT", "where it listens (127.0.0.1:8080)", false},
    {"check", NULL, "does everything at once, verifies it and ends", false},
};

/* ---- its folder and its settings ---- */

static enum err claim_folder(const char *data, struct arena *a, struct err_ctx *e)
{
    const char *marker = arena_printf(a, "%s/" MARKER, data);
    if (file_exists(marker))
        return ERR_OK;
    if (file_exists(arena_printf(a, "%s/crisol.db", data)))
        return err_set(e, ERR_CONFLICT,
                       "%s holds a server's data that is no demonstration; give the demonstration "
                       "a folder of its own with --data",
                       data);
    enum err err = file_make_folders(data, e);
    return err ? err
               : file_write(marker,
                            STR("This folder was made by `crisol demo` and may be removed.\n"), e);
}

static enum err make_folder(char path[], struct err_ctx *e)
{
    return mkdtemp(path) ? ERR_OK : err_set(e, ERR_IO, "no temporary folder can be made: %s", path);
}

/* Settings of this machine are left out: they may name a database that is in use. */
static enum err configure(const struct cli *cli, const char *data, struct arena *a,
                          struct config **out, struct err_ctx *e)
{
    const char *listen = cli_value(cli, "listen");
    const char *flags[3] = {arena_printf(a, "data=%s", data), "log.level=warning"};
    struct config_sources from = {.flags = flags, .flag_count = 2, .no_file = true};
    if (listen)
        flags[from.flag_count++] = arena_printf(a, "listen=%s", listen);
    return config_load(&from, out, e);
}

/* As it was built (build/crisol, demo/), or as it is installed (bin/crisol, share/crisol/demo). */
static enum err find_csv(struct demo *d, struct err_ctx *e)
{
    static const char *const places[] = {"../demo/iris.csv", "../share/crisol/demo/iris.csv"};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        d->csv = program_beside(&d->arena, places[i]);
        if (file_exists(d->csv))
            return ERR_OK;
    }
    return err_set(e, ERR_NOT_FOUND, "%s, which comes with the program, is missing", d->csv);
}

/* ---- what it does ---- */

static void announce(struct demo *d, const char *url, const char *password)
{
    printf("\nCrisol is ready at %s\n  name      " DEMO_USER "\n  password  %s\n\n", url, password);
    if (!demo_http_has_page(d->http, "/"))
        printf("The web interface is not built here (dev/setup and dev/build do it); %s/docs\n"
               "describes the interface for programs.\n\n",
               url);
    printf("Every second one row of the hold-out is asked for, and some seconds later its truth\n"
           "is told. Ctrl-C ends it.\n");
    fflush(stdout);
}

/* Somebody may take the model or the login away: the server is still theirs to use. */
static void replay(struct demo *d, const sigset_t *signals)
{
    struct err_ctx e;
    err_ctx_init(&e);
    if (!demo_replay_run(d, signals, &e))
        return;
    printf("No more rows are asked for: %s\nThe server goes on. Ctrl-C ends it.\n", e.detail);
    fflush(stdout);
    signals_wait(signals);
}

static enum err act(struct demo *d, const char *url, const char *password, const sigset_t *signals,
                    struct err_ctx *e)
{
    printf("Crisol's demonstration: Fisher's Iris (1936)\n");
    enum err err = demo_http_open(url, &d->http, e);
    if (!err)
        err = demo_http_login(d->http, DEMO_USER, password, e);
    if (!err)
        err = demo_steps_run(d, e);
    if (!err && d->check)
        return demo_check_run(d, e);
    if (!err) {
        announce(d, url, password);
        replay(d, signals);
    }
    return err;
}

static enum err with_server(struct demo *d, struct program *p, const sigset_t *signals,
                            struct err_ctx *e)
{
    char password[DEMO_PASSWORD_BYTES];
    struct server *s = NULL;
    enum err err = program_lock(p, e);
    if (!err)
        err = demo_login_make(p, password, e);
    if (!err)
        err = server_open(p, &s, e);
    if (err)
        return err;
    err = act(d, server_url(s), password, signals, e);
    demo_http_close(d->http);
    if (!server_drain(s))
        _exit(CLI_FAILED);
    server_close(s);
    return err;
}

static enum err demonstrate(const struct cli *cli, const char *data, const sigset_t *signals,
                            struct err_ctx *e)
{
    struct program p;
    struct config *config = NULL;
    struct demo *d = xcalloc(1, sizeof *d);
    arena_init(&d->arena);
    d->check = cli_has(cli, "check");
    enum err err = find_csv(d, e);
    if (!err)
        err = claim_folder(data, &d->arena, e);
    if (!err)
        err = configure(cli, data, &d->arena, &config, e);
    if (!err)
        err = program_open_with(&p, config, e);
    if (!err) {
        err = with_server(d, &p, signals, e);
        program_close(&p);
    }
    for (unsigned i = 0; i < d->row_count; i++)
        json_decref(d->rows[i].features);
    arena_release(&d->arena);
    free(d);
    return err;
}

int command_demo(const struct cli *cli)
{
    struct err_ctx e;
    sigset_t signals;
    char own[PATH_MAX];
    const char *temporary = getenv("TMPDIR");
    const char *data = cli_value(cli, "data");
    bool passing = !data && cli_has(cli, "check");
    enum err err = ERR_OK;
    err_ctx_init(&e);
    signals_catch(&signals);
    snprintf(own, sizeof own, "%s/crisol-demo-XXXXXX",
             temporary && *temporary ? temporary : "/tmp");
    if (passing)
        err = make_folder(own, &e);
    if (!err)
        err = demonstrate(cli, passing ? own : data ? data : "./crisol-demo", &signals, &e);
    if (passing && file_remove_tree(own, NULL) && !err)
        err = err_set(&e, ERR_IO, "%s could not be removed", own);
    return err ? cli_failed(&e) : 0;
}
