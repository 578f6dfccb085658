#include "server/commands.h"

#include "server/program.h"
#include "server/version.h"

const struct cli_option command_config_options[1] = {
    {"defaults", NULL, "the defaults instead, each with what it means", false},
};

int command_config(const struct cli *cli)
{
    struct config *c = NULL;
    struct buf text;
    struct err_ctx e;
    err_ctx_init(&e);
    if (cli_has(cli, "defaults"))
        c = config_defaults();
    else if (program_configure(cli, &c, &e))
        return cli_failed(&e);
    buf_init(&text, 1 << 20);
    config_dump(c, &text);
    fwrite(text.p, 1, text.n, stdout);
    buf_release(&text);
    config_unref(c);
    return 0;
}

static enum err tell_store(struct program *p, const struct cli *cli, struct err_ctx *e)
{
    printf("%s is up to date\n", store_name(p->store));
    return ERR_OK;
}

int command_migrate(const struct cli *cli)
{
    return program_run(cli, tell_store);
}

int command_version(const struct cli *cli)
{
    printf("crisol %s\n", version_text);
    return 0;
}
