/* server/commands.h
 *
 * What the program can be told to do: the functions that main.c's table names, and the tables of
 * their own options. Each answers with the exit status (server/cli.h). */
#ifndef SERVER_COMMANDS_H
#define SERVER_COMMANDS_H

#include "server/cli.h"

int command_serve(const struct cli *cli);

extern const struct cli_option command_demo_options[3];
int command_demo(const struct cli *cli);

extern const struct cli_option command_user_add_options[2];
int command_user_add(const struct cli *cli);
int command_user_list(const struct cli *cli);
int command_user_remove(const struct cli *cli);

extern const struct cli_option command_token_add_options[3];
int command_token_add(const struct cli *cli);
int command_token_list(const struct cli *cli);
int command_token_revoke(const struct cli *cli);

extern const struct cli_option command_model_import_options[2];
int command_model_import(const struct cli *cli);
int command_model_list(const struct cli *cli);

extern const struct cli_option command_config_options[1];
int command_config(const struct cli *cli);
int command_migrate(const struct cli *cli);
int command_version(const struct cli *cli);

#endif
