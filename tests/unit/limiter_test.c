/* How often somebody may try, and what a password costs who has none. */
#include "identity/limiter.h"

#include <setjmp.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "identity/passwords.h"

static void a_burst_is_allowed_then_one_in_a_while(void **state)
{
    static struct limiter l;
    int64_t now_ms = 1000000;
    limiter_init(&l, 3, 10000);
    for (int i = 0; i < 3; i++)
        assert_int_equal(limiter_take(&l, STR("ana"), now_ms), 0);
    assert_int_equal(limiter_take(&l, STR("ana"), now_ms), 10);
    assert_int_equal(limiter_take(&l, STR("ana"), now_ms + 1), 10);
    assert_int_equal(limiter_take(&l, STR("ana"), now_ms + 9001), 1);
    assert_int_equal(limiter_take(&l, STR("bea"), now_ms), 0);
    assert_int_equal(limiter_take(&l, STR("ana"), now_ms + 10000), 0);
    assert_int_equal(limiter_take(&l, STR("ana"), now_ms + 10000), 10);
    limiter_release(&l);
}

static void what_is_given_back_may_be_taken_again(void **state)
{
    static struct limiter l;
    limiter_init(&l, 2, 1000);
    assert_int_equal(limiter_take(&l, STR("ana"), 5000), 0);
    assert_int_equal(limiter_take(&l, STR("ana"), 5000), 0);
    limiter_give_back(&l, STR("ana"));
    assert_int_equal(limiter_take(&l, STR("ana"), 5000), 0);
    assert_int_equal(limiter_take(&l, STR("ana"), 5000), 1);
    limiter_forgive(&l, STR("ana"));
    assert_int_equal(limiter_take(&l, STR("ana"), 5000), 0);
    assert_int_equal(limiter_take(&l, STR("ana"), 5000), 0);
    limiter_release(&l);
}

/* Somebody who tries a hundred thousand names must not push out the one that is being guessed. */
static void a_flood_of_keys_does_not_wash_away_the_worst(void **state)
{
    static struct limiter l;
    limiter_init(&l, 3, 60000);
    for (int i = 0; i < 3; i++)
        assert_int_equal(limiter_take(&l, STR("ana"), 1000), 0);
    for (int i = 0; i < 100000; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        limiter_take(&l, str_of(name), 1000);
    }
    assert_true(limiter_take(&l, STR("ana"), 1000) > 0);
    limiter_release(&l);
}

/* The hash that stands in for unknown users must cost what a real one costs. */
static void nobodys_password_is_never_right_and_takes_as_long(void **state)
{
    struct err_ctx e;
    char hash[PASSWORD_HASH_BYTES];
    bool right = true;
    err_ctx_init(&e);
    assert_int_equal(crypto_init(&e), ERR_OK);
    assert_int_equal(passwords_hash(STR("correct horse"), hash, &e), ERR_OK);
    uint64_t start_ns = clock_monotonic_ns();
    assert_int_equal(passwords_check(STR("wrong horse"), hash, &right, &e), ERR_OK);
    assert_false(right);
    uint64_t known_ns = clock_monotonic_ns() - start_ns;
    start_ns = clock_monotonic_ns();
    assert_int_equal(passwords_check(STR("wrong horse"), NULL, &right, &e), ERR_OK);
    assert_false(right);
    assert_true(clock_monotonic_ns() - start_ns > known_ns / 4);
    assert_int_equal(passwords_check(STR("correct horse"), hash, &right, &e), ERR_OK);
    assert_true(right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_allowed_then_one_in_a_while),
        cmocka_unit_test(what_is_given_back_may_be_taken_again),
        cmocka_unit_test(a_flood_of_keys_does_not_wash_away_the_worst),
        cmocka_unit_test(nobodys_password_is_never_right_and_takes_as_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
