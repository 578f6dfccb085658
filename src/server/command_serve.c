#include "server/commands.h"

#include <unistd.h>

#include "server/server.h"
#include "server/signals.h"

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
        signals_wait(signals);
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
    signals_catch(&signals);
    enum err err = program_open(&p, cli, &e);
    if (!err) {
        err = serve(&p, &signals, &e);
        program_close(&p);
    }
    return err ? cli_failed(&e) : 0;
}
