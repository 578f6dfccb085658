/* Crisol: one program that takes models from training to production and keeps score of them. This
 * file is the table of contents: what the program can be told to do, and where each part is. */
#include "server/commands.h"
#include "server/program.h"

#define COMMON .common = program_options, .common_count = program_option_count
#define OPTIONS(table) .options = table, .option_count = ARRAY_LEN(table)

int main(int argc, char **argv)
{
    const struct cli_command commands[] = {
        {.name = "serve", .summary = "runs the server", COMMON, .run = command_serve},
        {.name = "demo",
         .summary = "shows two models at work on Iris, in a folder of its own",
         OPTIONS(command_demo_options),
         .run = command_demo},

        {.name = "user add",
         .words = "NAME",
         .summary = "adds a user",
         OPTIONS(command_user_add_options),
         COMMON,
         .run = command_user_add},
        {.name = "user list", .summary = "lists the users", COMMON, .run = command_user_list},
        {.name = "user remove",
         .words = "NAME",
         .summary = "removes a user with all sessions and tokens",
         COMMON,
         .run = command_user_remove},

        {.name = "token add",
         .summary = "makes an API token and prints it, once",
         OPTIONS(command_token_add_options),
         COMMON,
         .run = command_token_add},
        {.name = "token list",
         .summary = "lists the API tokens",
         COMMON,
         .run = command_token_list},
        {.name = "token revoke",
         .words = "ID",
         .summary = "ends an API token",
         COMMON,
         .run = command_token_revoke},

        {.name = "model import",
         .words = "NAME FILE",
         .summary = "makes an ONNX file the next version of a model",
         OPTIONS(command_model_import_options),
         COMMON,
         .run = command_model_import},
        {.name = "model list", .summary = "lists the models", COMMON, .run = command_model_list},

        {.name = "migrate",
         .summary = "brings the database up to date with the program",
         COMMON,
         .run = command_migrate},
        {.name = "config",
         .summary = "shows the settings that are in force, as a file",
         OPTIONS(command_config_options),
         COMMON,
         .run = command_config},
        {.name = "version", .summary = "says which program this is", .run = command_version},
    };
    return cli_main(commands, ARRAY_LEN(commands), argc, argv);
}
