#include "server/commands.h"

#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "server/server.h"

/* All threads inherit the mask: the signals wait for the one that asks for them. */
static void catch_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static enum err announce(struct server *s, struct err_ctx *e)
{
    bool needed = false;
    char token[SERVER_LINK_BYTES];
    enum err err = server_make_link(s, &needed, token, e);
    if (err)
        return err;
    printf("Crisol is ready at %s\n", server_url(s));
    if (needed)
        printf("There is no administrator yet; this link makes one, once: %s/setup?token=%s\n",
               server_url(s), token);
    fflush(stdout);
    return ERR_OK;
}

/* A second signal while it drains ends the program at once. */
static void wait_for_signal(const sigset_t *set)
{
    int got = 0;
    sigwait(set, &got);
    log_info("server", "signal %d: answering what has begun, then stopping", got);
    pthread_sigmask(SIG_UNBLOCK, set, NULL);
}

static enum err serve(struct program *p, const sigset_t *signals, struct err_ctx *e)
{
    struct server *s = NULL;
    enum err err = store_kind(p->store) == STORE_SQLITE ? program_lock(p, e) : ERR_OK;
    if (!err)
        err = server_open(p, &s, e);
    if (err)
        return err;
    err = announce(s, e);
    if (!err)
        wait_for_signal(signals);
    if (!server_drain(s))
        _exit(CLI_FAILED);
    server_close(s);
    return err;
}

int command_serve(const struct cli *cli)
{
    struct err_ctx e;
    struct program p;
    sigset_t signals;
    err_ctx_init(&e);
    catch_signals(&signals);
    enum err err = program_open(&p, cli, &e);
    if (!err) {
        err = serve(&p, &signals, &e);
        program_close(&p);
    }
    return err ? cli_failed(&e) : 0;
}
