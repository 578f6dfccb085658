#include "server/commands.h"

#include "identity/audit.h"
#include "identity/tokens.h"
#include "identity/users.h"
#include "server/program.h"

enum { LIST_PAGE = 200 };

const struct cli_option command_token_add_options[3] = {
    {"user", "NAME", "whose token it is", false},
    {"label", "TEXT", "what it is for", false},
    {"role", "ROLE", "service, viewer, developer or admin; the user's own when left out", false},
};

static enum err insert(struct program *p, struct db *db, const struct cli *cli,
                       char secret[TOKEN_TEXT_BYTES], struct err_ctx *e)
{
    struct arena a;
    struct user user;
    char id[ID_TEXT_BYTES];
    const char *label = cli_value(cli, "label"), *role = cli_value(cli, "role");
    struct token_draft draft = {.label = str_of(label ? label : ""),
                                .now_ms = clock_now_ms(&p->clock)};
    draft.id = id_next(&p->ids, draft.now_ms);
    arena_init(&a);
    enum err err = user_find(db, &a, str_of(cli_value(cli, "user")), &user, e);
    if (!err) {
        draft.user_id = user.id;
        err =
            token_parse_role(str_of(role ? role : role_text(user.role)), user.role, &draft.role, e);
    }
    if (!err)
        err = token_check_label(draft.label, e);
    if (!err)
        err = token_add(db, &draft, secret, e);
    if (!err)
        err = audit_add(db, NULL, "token.add", str_of(id_format(draft.id, id)),
                        role_text(draft.role), e);
    arena_release(&a);
    return err;
}

static enum err add(struct program *p, const struct cli *cli, struct err_ctx *e)
{
    char secret[TOKEN_TEXT_BYTES];
    struct db *db = NULL;
    enum err err = store_write(p->store, &db, e);
    if (err)
        return err;
    err = db_end(db, insert(p, db, cli, secret, e), e);
    if (!err)
        printf("%s\n", secret);
    return err;
}

int command_token_add(const struct cli *cli)
{
    if (!cli_value(cli, "user"))
        return cli_misused(cli, "--user is missing: whose token is it?");
    return program_run(cli, add);
}

static void print_token(const struct token *t)
{
    char id[ID_TEXT_BYTES], created[CLOCK_TEXT_BYTES], used[CLOCK_TEXT_BYTES];
    printf("%s\t%s\t%s\t%s\t%s\t%s\n", id_format((uint64_t)t->id, id), t->user.p,
           role_text(t->role), clock_format(t->created_ms, created),
           t->used_ms ? clock_format(t->used_ms, used) : "never", t->label.p);
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
    struct token *tokens = arena_alloc(&a, LIST_PAGE * sizeof *tokens);
    while (!err && count == LIST_PAGE) {
        err = tokens_list(db, &a, 0, before_id, LIST_PAGE, tokens, &count, e);
        for (size_t i = 0; i < count && !err; i++) {
            before_id = tokens[i].id;
            print_token(&tokens[i]);
        }
    }
    arena_release(&a);
    return db_end(db, err, e);
}

int command_token_list(const struct cli *cli)
{
    return program_run(cli, list);
}

static enum err revoke(struct program *p, const struct cli *cli, struct err_ctx *e)
{
    struct str id_text = str_of(cli->words[0]);
    struct db *db = NULL;
    uint64_t id;
    if (!id_parse(id_text, &id))
        return err_set(e, ERR_INVALID, "\"" STR_FMT "\" is not a token's id; token list shows them",
                       STR_ARG(id_text));
    enum err err = store_write(p->store, &db, e);
    if (err)
        return err;
    err = token_remove(db, id, 0, e);
    if (!err)
        err = audit_add(db, NULL, "token.revoke", id_text, NULL, e);
    return db_end(db, err, e);
}

int command_token_revoke(const struct cli *cli)
{
    return program_run(cli, revoke);
}
