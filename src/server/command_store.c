#include "server/commands.h"

#include "server/program.h"
#include "server/version.h"

const struct cli_option command_config_options[1] = {
    {"defaults", NULL, "the defaults instead, each with what it means", false},
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

int command_version(const struct cli *cli)
{
    printf("crisol %s\n", version_text);
    return 0;
}
