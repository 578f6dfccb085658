/* The numbered steps of the database: in order, whole or not at all, once. */
#include "store/migrate.h"

#include "store_testing.h"

#include <sys/wait.h>
#include <unistd.h>

#define BOTH(text)                                                                                 \
    {                                                                                              \
        text, text                                                                                 \
    }

static const struct migration steps[] = {
    {1, "cats", BOTH("create table cats (name text not null); insert into cats values ('first')")},
    {2, "cats-age", BOTH("alter table cats add column age bigint; update cats set age = 1")},
    {3, "dogs",
     BOTH("create table dogs (name text not null); insert into dogs "
          "select name from cats where age = 1")},
};

static struct err_ctx e;

static struct store *open_empty(void)
{
    err_ctx_init(&e);
    return testing_open(1, 5000);
}

static void steps_are_applied_in_order_and_once(void **state)
{
    struct store *s = open_empty();
    for (int i = 0; i < 2; i++) {
        must(migrate_list(s, steps, ARRAY_LEN(steps), &e), &e);
        assert_int_equal(testing_i64(s, "select count(*) from dogs where name = 'first'"), 1);
        assert_int_equal(testing_i64(s, "select count(*) from store_migrations"), 3);
    }
    assert_int_equal(testing_i64(s, "select count(*) from store_migrations where number = 2 and "
                                    "name = 'cats-age' and applied_ms > 1700000000000"),
                     1);
    store_close(s);
}

static void a_later_program_adds_its_steps(void **state)
{
    struct store *s = open_empty();
    must(migrate_list(s, steps, 2, &e), &e);
    store_close(s);
    s = testing_open(1, 5000);
    must(migrate_list(s, steps, 3, &e), &e);
    assert_int_equal(testing_i64(s, "select count(*) from dogs"), 1);
    store_close(s);
}

static void a_step_that_was_left_out_is_made_up_for(void **state)
{
    const struct migration without[] = {steps[0],
                                        {4, "birds", BOTH("create table birds (n bigint)")}};
    const struct migration all[] = {steps[0], steps[1], steps[2], without[1]};
    struct store *s = open_empty();
    must(migrate_list(s, without, 2, &e), &e);
    must(migrate_list(s, all, 4, &e), &e);
    assert_int_equal(testing_i64(s, "select count(*) from dogs"), 1);
    store_close(s);
}

static void a_step_that_fails_leaves_nothing_and_is_named(void **state)
{
    const struct migration broken[] = {
        steps[0],
        {2, "cats-broken",
         BOTH("create table birds (n bigint); insert into birds values (1); "
              "update cats set name = 'lost'; insert into nowhere values (1)")},
        steps[2]};
    struct store *s = open_empty();
    assert_int_equal(migrate_list(s, broken, 3, &e), ERR_INTERNAL);
    assert_non_null(strstr(e.detail, "the migration 2 \"cats-broken\" failed and was undone: "));
    assert_non_null(strstr(e.detail, "nowhere"));
    err_ctx_init(&e);
    assert_int_equal(testing_i64(s, "select count(*) from cats where name = 'first'"), 1);
    assert_int_equal(testing_i64(s, "select count(*) from store_migrations"), 1);
    testing_exec(s, "create table birds (n bigint)"); /* the name is still free */
    must(migrate_list(s, steps, 3, &e), &e);
    assert_int_equal(testing_i64(s, "select count(*) from dogs"), 1);
    store_close(s);
}

static void a_newer_database_is_refused(void **state)
{
    struct store *s = open_empty();
    must(migrate_list(s, steps, 3, &e), &e);
    assert_int_equal(migrate_list(s, steps, 2, &e), ERR_CONFLICT);
    assert_non_null(strstr(e.detail, "the database is newer than this program"));
    assert_non_null(strstr(e.detail, "the migration 3 \"dogs\""));
    err_ctx_init(&e);
    assert_int_equal(testing_i64(s, "select count(*) from dogs"), 1);
    store_close(s);
}

/* The child's exit code says how it went. */
static pid_t migrate_in_a_process(void)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct err_ctx why;
    err_ctx_init(&why);
    struct store *s = NULL;
    enum err err = store_open(&(struct store_opts){testing_url, 1, 5000}, &s, &why);
    if (!err)
        err = migrate_list(s, steps, 3, &why);
    if (err)
        fprintf(stderr, "process: %s\n", why.detail);
    store_close(s);
    _exit(err ? 1 : 0);
}

static void processes_may_start_at_once(void **state)
{
    enum { PROCESSES = 6 };
    pid_t pids[PROCESSES];
    for (int i = 0; i < PROCESSES; i++)
        pids[i] = migrate_in_a_process();
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    struct store *s = open_empty();
    assert_int_equal(testing_i64(s, "select count(*) from store_migrations"), 3);
    assert_int_equal(testing_i64(s, "select count(*) from dogs"), 1);
    store_close(s);
}

static void the_programs_own_steps_can_be_applied(void **state)
{
    struct store *s = open_empty();
    must(store_migrate(s, &e), &e);
    must(store_migrate(s, &e), &e);
    assert_int_equal(testing_i64(s, "select count(*) from store_migrations"), migration_count);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_applied_in_order_and_once),
        cmocka_unit_test(a_later_program_adds_its_steps),
        cmocka_unit_test(a_step_that_was_left_out_is_made_up_for),
        cmocka_unit_test(a_step_that_fails_leaves_nothing_and_is_named),
        cmocka_unit_test(a_newer_database_is_refused),
        cmocka_unit_test(processes_may_start_at_once),
        cmocka_unit_test(the_programs_own_steps_can_be_applied),
    };
    return store_testing_run("migrate", tests, ARRAY_LEN(tests));
}
