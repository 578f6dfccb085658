/* What the user decided: four sources, one answer, and a sentence for everything wrong. */
#include "base/config.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct err_ctx e;
static char folder[] = "/tmp/crisol-config-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/other.yaml", folder);
    return 0;
}

static int remove_folder(void **state)
{
    return (int)file_remove_tree(folder, NULL);
}

#define LIST(...)                                                                                  \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

/* Any of the three may be NULL. */
static enum err load_from(const char *const *flags, const char *const *environment,
                          const char *yaml, struct config **out)
{
    struct config_sources from = {.flags = flags, .environment = (char *const *)environment};
    while (flags && flags[from.flag_count])
        from.flag_count++;
    err_ctx_init(&e);
    if (yaml) {
        from.file = path;
        assert_int_equal(file_write(path, str_of(yaml), &e), ERR_OK);
    }
    *out = NULL;
    return config_load(&from, out, &e);
}

static struct config *load(const char *const *flags, const char *const *environment,
                           const char *yaml)
{
    struct config *c = NULL;
    if (load_from(flags, environment, yaml, &c))
        fail_msg("%s", e.detail);
    return c;
}

static void refuses(const char *const *flags, const char *const *environment, const char *yaml,
                    const char *sentence)
{
    struct config *c = NULL;
    enum err err = load_from(flags, environment, yaml, &c);
    assert_true(err == ERR_INVALID || err == ERR_SYNTAX);
    assert_null(c);
    if (!strstr(e.detail, sentence))
        fail_msg("\"%s\" does not say \"%s\"", e.detail, sentence);
}

static void defaults_hold_where_nobody_says_anything(void **state)
{
    struct config *c = config_defaults();
    assert_string_equal(c->data, "./crisol-data");
    assert_string_equal(c->listen, "127.0.0.1:8080");
    assert_string_equal(c->database, "");
    assert_int_equal(c->http_workers, 4);
    assert_int_equal(c->http_upload_max_bytes, INT64_C(2) << 30);
    assert_int_equal(c->clock_virtual_ms, 0);
    assert_false(c->serving_anonymous);
    assert_string_equal(c->predictions_durability, "committed");
    assert_int_equal(c->sources[CONFIG_http_workers], CONFIG_DEFAULT);
    config_unref(c);
}

static void a_flag_beats_the_environment_beats_the_file(void **state)
{
    const char *yaml = "http:\n  workers: 5\n  threads: 6\n  drain_s: 7\n";
    const char *const *environment =
        LIST("HOME=/root", "CRISOL_HTTP_WORKERS=15", "CRISOL_HTTP_THREADS=16");
    struct config *c = load(LIST("http.workers=24", "http.workers=25"), environment, yaml);
    assert_int_equal(c->http_workers, 25);
    assert_int_equal(c->http_threads, 16);
    assert_int_equal(c->http_drain_s, 7);
    assert_int_equal(c->sources[CONFIG_http_workers], CONFIG_FLAG);
    assert_int_equal(c->sources[CONFIG_http_threads], CONFIG_ENVIRONMENT);
    assert_int_equal(c->sources[CONFIG_http_drain_s], CONFIG_FILE);
    config_unref(c);
}

static void every_type_is_read(void **state)
{
    struct config *c = load(LIST("serving.anonymous=true", "clock.virtual=2026-01-31T08:15:00Z",
                                 "database=postgresql://a:b=c@d/e", "log.level=debug"),
                            LIST("CRISOL_METRICS_ANONYMOUS=true", "CRISOL_DATA=/srv/crisol"),
                            "serving.server_name: caf\xc3\xa9\nidentity: {registration: true}\n"
                            "http.threads: '8'\nlisten: 127.0.0.1:81\n");
    assert_true(c->serving_anonymous && c->metrics_anonymous && c->identity_registration);
    assert_int_equal(c->clock_virtual_ms, INT64_C(1769847300000));
    assert_string_equal(c->database, "postgresql://a:b=c@d/e");
    assert_string_equal(c->log_level, "debug");
    assert_string_equal(c->data, "/srv/crisol");
    assert_string_equal(c->serving_server_name, "caf\xc3\xa9");
    assert_string_equal(c->listen, "127.0.0.1:81");
    assert_int_equal(c->http_threads, 8);
    config_unref(c);
}

static void a_wrong_value_is_told_with_its_source_and_range(void **state)
{
    refuses(LIST("http.workers=many"), NULL, NULL,
            "command line: http.workers is \"many\", but must be a whole number from 1 to 1024");
    refuses(LIST("http.workers=0"), NULL, NULL, "http.workers is \"0\"");
    refuses(LIST("http.workers=1025"), NULL, NULL, "http.workers is \"1025\"");
    refuses(LIST("http.workers="), NULL, NULL, "http.workers is \"\"");
    refuses(LIST("http.workers=99999999999999999999"), NULL, NULL, "a whole number");
    refuses(NULL, LIST("CRISOL_SERVING_ANONYMOUS=1"), NULL,
            "environment variable CRISOL_SERVING_ANONYMOUS: serving.anonymous is \"1\", but must "
            "be true or false");
    refuses(NULL, NULL, "predictions: {durability: maybe}",
            "other.yaml: predictions.durability is \"maybe\", but must be committed or async");
    refuses(LIST("log.level=loud"), NULL, NULL, "must be debug, info, warning or error");
    refuses(LIST("clock.virtual=tomorrow"), NULL, NULL, "a time like 2026-01-31T08:15:00Z");
    refuses(LIST("serving.server_name="), NULL, NULL, "text of 1 to 64 bytes");
    refuses(LIST("serving.server_name=caf\xe9"), NULL, NULL, "text of 1 to 64 bytes");
    refuses(NULL, NULL, "http: {threads: 1.5}", "http.threads is \"1.5\"");
    refuses(NULL, NULL, "http: {threads: [1]}", "http.threads is \"[1]\"");
    refuses(NULL, NULL, "http: {threads: }", "http.threads is \"null\"");
    refuses(NULL, NULL, "http: {threads: {a: 1}}", "http.threads is \"{");
    refuses(NULL, NULL, "serving.server_name: 007", "serving.server_name must be text; put it in");
    refuses(LIST("http.workers"), NULL, NULL, "--set http.workers: name=value is expected");
}

static void a_wrong_value_of_a_secret_is_not_repeated(void **state)
{
    char flag[6000];
    memset(flag, 'x', sizeof flag);
    memcpy(flag, "database=s3cret", 15);
    flag[sizeof flag - 1] = '\0';
    refuses(LIST(flag), NULL, NULL, "command line: database must be text of 0 to 4000 bytes");
    assert_null(strstr(e.detail, "s3cret"));
}

static void an_unknown_name_is_an_error_with_a_suggestion(void **state)
{
    refuses(LIST("http.worker=4"), NULL, NULL,
            "command line: there is no setting \"http.worker\"; did you mean \"http.workers\"?");
    refuses(LIST("prediction.durability=async"), NULL, NULL,
            "did you mean \"predictions.durability\"?");
    refuses(LIST("colour=red"), NULL, NULL, "\"colour\"; crisol config lists them all");
    refuses(NULL, LIST("CRISOL_HTTP_THREDS=4"), NULL,
            "environment variable CRISOL_HTTP_THREDS: there is no setting \"HTTP_THREDS\"; did you "
            "mean \"http.threads\"?");
    refuses(
        NULL, NULL, "sreving:\n  threads: 2\n",
        "other.yaml: there is no setting \"sreving.threads\"; did you mean \"serving.threads\"?");
    refuses(NULL, NULL, "http: {threads: 2}\ncolour: red\n", "\"colour\"");
}

static void variables_of_other_programs_are_left_alone(void **state)
{
    struct config *c = load(NULL,
                            LIST("CRISOL_RUN_DIR=/tmp", "CRISOL_SHARED_DATA=x",
                                 "CRISOL=", "CRISOL_", "CRISOLHTTP_THREADS=x", "PATH"),
                            NULL);
    config_unref(c);
}

static void a_file_that_is_no_settings_is_refused(void **state)
{
    refuses(NULL, NULL, "http: {", "other.yaml: line ");
    refuses(NULL, NULL, "- a\n- b\n", "\"name: value\" is expected");
    refuses(NULL, NULL, "http: {threads: 1}\nhttp.threads: 2\n", "http.threads is set twice");
    struct config *c = NULL;
    err_ctx_init(&e);
    struct config_sources from = {.file = "/nowhere/crisol.yaml"};
    assert_int_equal(config_load(&from, &c, &e), ERR_NOT_FOUND);
    assert_non_null(strstr(e.detail, "/nowhere/crisol.yaml"));
}

static void a_file_may_say_nothing(void **state)
{
    static const char *const texts[] = {"", "\n", "# http:\n#  threads: 4\n\n", "http:\n  # all\n"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct config *c = load(NULL, NULL, texts[i]);
        assert_int_equal(c->http_threads, 0);
        config_unref(c);
    }
}

static void structures_are_kept_for_their_readers(void **state)
{
    struct config *c = load(NULL, NULL,
                            "connections:\n  sales: {driver: SQLite3, database: s.db}\n"
                            "probes:\nserving: {threads: 3, hosts: [a, b]}\n"
                            "alerts: [{to: me}]\n");
    assert_int_equal(c->serving_threads, 3);
    json_t *sales = json_object_get(config_rest(c, "connections"), "sales");
    assert_true(str_is(json_str(json_object_get(sales, "driver")), "SQLite3"));
    assert_null(config_rest(c, "probes"));
    assert_null(config_rest(c, "schedules"));
    assert_int_equal(json_array_size(config_rest(c, "serving.hosts")), 2);
    assert_int_equal(json_array_size(config_rest(c, "alerts")), 1);
    config_unref(c);
}

static void a_file_in_the_data_folder_is_found(void **state)
{
    char file[64], flag[64], variable[64];
    snprintf(file, sizeof file, "%s/crisol.yaml", folder);
    snprintf(flag, sizeof flag, "data=%s", folder);
    snprintf(variable, sizeof variable, "CRISOL_DATA=%s", folder);
    assert_int_equal(file_write(file, STR("training.slots: 3\n"), &e), ERR_OK);
    struct config *c = load(LIST(flag), NULL, NULL);
    assert_int_equal(c->training_slots, 3);
    assert_string_equal(c->file, file);
    config_unref(c);
    c = load(NULL, LIST(variable), NULL);
    assert_int_equal(c->training_slots, 3);
    config_unref(c);
    c = load(LIST(flag), NULL, "training.slots: 4\n");
    assert_int_equal(c->training_slots, 4);
    config_unref(c);
    assert_int_equal(file_write(file, STR("data: /elsewhere\n"), &e), ERR_OK);
    refuses(NULL, LIST(variable), NULL, "data cannot be set by a file in that folder");
    refuses(LIST(flag), NULL, NULL, "data cannot be set by a file in that folder");
    assert_int_equal(unlink(file), 0);
}

static struct str dump(const struct config *c, struct buf *out)
{
    buf_clear(out);
    config_dump(c, out);
    assert_false(buf_failed(out));
    buf_add_c(out, '\0');
    return str_from(out->p, out->n - 1);
}

static void what_is_shown_can_be_read_back(void **state)
{
    struct buf first, second;
    buf_init(&first, 1 << 20);
    buf_init(&second, 1 << 20);
    struct config *c =
        load(LIST("http.workers=9", "clock.virtual=2026-01-31T08:15:00Z", "log.level=debug",
                  "serving.server_name=a \"b\" # c: \\d", "serving.anonymous=true"),
             NULL, NULL);
    assert_non_null(strstr(dump(c, &first).p, "set by: flag\n  workers: 9\n"));
    struct config *again = load(NULL, NULL, first.p);
#define X(field, name, ...)                                                                        \
    assert_string_equal(c->texts[CONFIG_##field], again->texts[CONFIG_##field]);                   \
    assert_int_equal(again->sources[CONFIG_##field], CONFIG_FILE);
#include "base/config.def"
#undef X
    assert_non_null(strstr(dump(again, &second).p, "set by: file\n  workers: 9\n"));
    config_unref(again);
    config_unref(c);
    buf_release(&second);
    buf_release(&first);
}

static void secrets_are_not_shown(void **state)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    struct config *c = load(LIST("database=postgresql://a:s3cret@b/c"), NULL, NULL);
    assert_null(strstr(dump(c, &text).p, "s3cret"));
    assert_non_null(strstr(text.p, "# database: (not shown)\n"));
    json_t *items = config_json(c);
    buf_clear(&text);
    json_write(items, &text);
    buf_add_c(&text, '\0');
    assert_null(strstr(text.p, "s3cret"));
    assert_non_null(strstr(text.p, "\"***\""));
    json_decref(items);
    buf_release(&text);
    config_unref(c);
}

static void json_tells_everything_of_each_setting(void **state)
{
    struct config *c = load(LIST("http.workers=9"), NULL, NULL);
    json_t *items = config_json(c), *item;
    size_t i;
    bool seen = false;
    assert_int_equal(json_array_size(items), CONFIG_COUNT);
    json_array_foreach(items, i, item)
    {
        if (!str_is(json_str(json_object_get(item, "name")), "http.workers"))
            continue;
        seen = true;
        assert_int_equal(json_integer_value(json_object_get(item, "value")), 9);
        assert_int_equal(json_integer_value(json_object_get(item, "default")), 4);
        assert_true(str_is(json_str(json_object_get(item, "unit")), "threads"));
        assert_true(str_is(json_str(json_object_get(item, "source")), "flag"));
        assert_true(json_is_false(json_object_get(item, "reloadable")));
        assert_true(json_string_length(json_object_get(item, "description")) > 10);
    }
    assert_true(seen);
    json_decref(items);
    config_unref(c);
}

static void the_table_is_sorted_and_sound(void **state)
{
    static const struct {
        const char *name;
        int64_t min, max;
        const char *sentence;
    } rows[] = {
#define X(field, name, type, fallback, min, max, unit, reloadable, secret, sentence)               \
    {name, min, max, sentence},
#include "base/config.def"
#undef X
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_true(i == 0 || strcmp(rows[i - 1].name, rows[i].name) < 0);
        assert_true(rows[i].min <= rows[i].max);
        assert_true(str_ends(str_of(rows[i].sentence), STR(".")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold_where_nobody_says_anything),
        cmocka_unit_test(a_flag_beats_the_environment_beats_the_file),
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(a_wrong_value_is_told_with_its_source_and_range),
        cmocka_unit_test(a_wrong_value_of_a_secret_is_not_repeated),
        cmocka_unit_test(an_unknown_name_is_an_error_with_a_suggestion),
        cmocka_unit_test(variables_of_other_programs_are_left_alone),
        cmocka_unit_test(a_file_that_is_no_settings_is_refused),
        cmocka_unit_test(a_file_may_say_nothing),
        cmocka_unit_test(structures_are_kept_for_their_readers),
        cmocka_unit_test(a_file_in_the_data_folder_is_found),
        cmocka_unit_test(what_is_shown_can_be_read_back),
        cmocka_unit_test(secrets_are_not_shown),
        cmocka_unit_test(json_tells_everything_of_each_setting),
        cmocka_unit_test(the_table_is_sorted_and_sound),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
