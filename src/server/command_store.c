#include "server/commands.h"

#include "server/program.h"
#include "server/version.h"

const struct cli_option command_config_options[1] = {
    {"defaults", NULL, "as if nobody had decided anything", false},
};

static enum err tell_store(struct program *p, const struct cli *cli, struct err_ctx *e)
{
    printf("%s is up to date\n", store_name(p->store));
    return ERR_OK;
}

int command_migrate(const struct cli *cli)
{
    return program_run(cli, tell_store);
}

/* What is in force, or what would be if nobody had decided anything. */
int command_config(const struct cli *cli)
{
    struct err_ctx e;
    struct config *c = NULL;
    struct buf text;
    err_ctx_init(&e);
    bool defaults = cli_has(cli, "defaults");
    enum err err = defaults ? config_load(&(struct config_sources){.no_file = true}, &c, &e)
                            : program_configure(cli, &c, &e);
    if (err)
        return cli_failed(&e);
    buf_init(&text, 1 << 20);
    config_dump(c, &text);
    fwrite(text.p, 1, text.n, stdout);
    buf_release(&text);
    config_unref(c);
    return 0;
}

int command_version(const struct cli *cli)
{
    printf("crisol %s\n", version_text);
    return 0;
}
