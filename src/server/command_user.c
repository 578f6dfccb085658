#include "server/commands.h"

#include "identity/audit.h"
#include "identity/users.h"
#include "server/program.h"

enum { MADE_PASSWORD_LENGTH = 20, LIST_PAGE = 200 };

const struct cli_option command_user_add_options[2] = {
    {"role", "ROLE", "viewer, developer or admin", false},
    {"password-stdin", NULL, "reads the password from standard input; else one is made and printed",
     false},
};

/* One line, without its end. */
static enum err read_password(char *line, size_t room, struct err_ctx *e)
{
    if (!fgets(line, (int)room, stdin))
        return err_set(e, ERR_INVALID, "there is no password on standard input");
    line[strcspn(line, "\r\n")] = '\0';
    return ERR_OK;
}

static enum err insert(struct program *p, struct user_draft *draft, struct err_ctx *e)
{
    int64_t now_ms = clock_now_ms(&p->clock);
    struct db *db = NULL;
    enum err err = user_check(draft, e);
    if (!err)
        err = user_hash(draft, e);
    if (!err)
        err = store_write(p->store, &db, e);
    if (err)
        return err;
    err = user_add(db, draft, id_next(&p->ids, now_ms), now_ms, e);
    if (!err)
        err = audit_add(db, NULL, "user.add", draft->name, role_text(draft->role), e);
    return db_end(db, err, e);
}

static enum err add(struct program *p, const struct cli *cli, struct err_ctx *e)
{
    char password[PASSWORD_BYTES_MAX + 3];
    struct user_draft draft = {.name = str_of(cli->words[0])};
    bool given = cli_has(cli, "password-stdin");
    enum err err = user_parse_role(str_of(cli_value(cli, "role")), &draft.role, e);
    if (!err && given)
        err = read_password(password, sizeof password, e);
    if (err)
        return err;
    if (!given)
        crypto_random_text(password, MADE_PASSWORD_LENGTH);
    draft.password = str_of(password);
    err = insert(p, &draft, e);
    if (!err && !given)
        printf("%s\n", password);
    return err;
}

int command_user_add(const struct cli *cli)
{
    if (!cli_value(cli, "role"))
        return cli_misused(cli, "--role is missing: viewer, developer or admin");
    return program_run(cli, add);
}

static enum err list(struct program *p, const struct cli *cli, struct err_ctx *e)
{
    struct db *db = NULL;
    struct arena a;
    size_t count = LIST_PAGE;
    int64_t before_id = INT64_MAX;
    enum err err = store_read(p->store, &db, e);
    if (err)
        return err;
    arena_init(&a);
    struct user *users = arena_alloc(&a, LIST_PAGE * sizeof *users);
    while (!err && count == LIST_PAGE) {
        err = users_list(db, &a, before_id, LIST_PAGE, users, &count, e);
        for (size_t i = 0; i < count && !err; i++) {
            char created[CLOCK_TEXT_BYTES];
            before_id = users[i].id;
            printf("%s\t%s\t%s\n", users[i].name.p, role_text(users[i].role),
                   clock_format(users[i].created_ms, created));
        }
    }
    arena_release(&a);
    return db_end(db, err, e);
}

int command_user_list(const struct cli *cli)
{
    return program_run(cli, list);
}

static enum err remove_one(struct program *p, const struct cli *cli, struct err_ctx *e)
{
    struct db *db = NULL;
    struct arena a;
    struct user user;
    enum err err = store_write(p->store, &db, e);
    if (err)
        return err;
    arena_init(&a);
    err = users_lock(db, e);
    if (!err)
        err = user_find(db, &a, str_of(cli->words[0]), &user, e);
    if (!err)
        err = user_remove(db, &user, e);
    if (!err)
        err = audit_add(db, NULL, "user.remove", user.name, NULL, e);
    arena_release(&a);
    return db_end(db, err, e);
}

int command_user_remove(const struct cli *cli)
{
    return program_run(cli, remove_one);
}
