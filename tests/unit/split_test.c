/* Which rows are held out: the same on every machine, in every kind. */
#include "training/split.h"

#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

struct table {
    char path[64];
    struct arena arena;
    struct dataset_version v;
};

/* A dataset version as the catalogue would give it, without its database. */
static void table_init(struct table *t, const char *text)
{
    struct csv_reader r;
    arena_init(&t->arena);
    snprintf(t->path, sizeof t->path, "split_test_%d.csv", (int)getpid());
    assert_int_equal(file_write(t->path, str_of(text), NULL), ERR_OK);
    assert_int_equal(csv_open(str_of(text), &(struct csv_opts){0}, &r, NULL), ERR_OK);
    t->v = (struct dataset_version){
        .separator = r.separator, .header = r.header, .encoding = STR("utf-8"), .path = t->path};
    json_t *warnings = json_array();
    assert_int_equal(schema_read(&r, &t->arena, &t->v.schema, warnings, NULL), ERR_OK);
    json_decref(warnings);
    csv_close(&r);
}

static void table_release(struct table *t)
{
    unlink(t->path);
    arena_release(&t->arena);
}

/* "HT.": held out, for training, in neither part. */
static const char *parts_of(const char *text, const char *how, char *out)
{
    struct table t;
    struct split split;
    json_t *given = json_loads(how, 0, NULL), *checked = NULL;
    table_init(&t, text);
    struct str target = t.v.schema.columns[t.v.schema.count - 1].name;
    bool classes = t.v.schema.columns[t.v.schema.count - 1].type == CELL_TEXT;
    assert_int_equal(split_check(given, &t.v, classes, &checked, NULL), ERR_OK);
    assert_int_equal(split_make(&t.v, target, checked, &split, NULL), ERR_OK);
    for (uint64_t i = 0; i < split.rows; i++)
        out[i] = ".TH"[split.parts[i]];
    out[split.rows] = '\0';
    split_release(&split);
    json_decref(checked);
    json_decref(given);
    table_release(&t);
    return out;
}

static const char *numbers = "x,y\n1,1\n2,2\n3,3\n4,4\n5,5\n6,6\n7,7\n8,8\n9,9\n10,10\n";

static void the_same_seed_gives_the_same_parts_everywhere(void **state)
{
    char parts[64];
    assert_string_equal(parts_of(numbers, "{\"holdout\":0.3}", parts), "THHTHTTTTT");
    assert_string_equal(parts_of(numbers, "{\"holdout\":0.3,\"seed\":1}", parts), "HTTHTTTTHT");
}

static void every_kind_takes_its_share(void **state)
{
    char parts[64];
    assert_string_equal(parts_of(numbers, "{\"kind\":\"time\",\"holdout\":0.2}", parts),
                        "TTTTTTTTHH");
    assert_string_equal(parts_of("d,y\n2026-01-03,1\n2026-01-01,2\n,3\n2026-01-02,4\n",
                                 "{\"kind\":\"time\",\"column\":\"d\",\"holdout\":0.25}", parts),
                        "HTTT");
    assert_string_equal(parts_of("p,y\ntest,1\ntrain,2\nHOLDOUT,3\nholdout,4\n,5\n",
                                 "{\"kind\":\"column\",\"column\":\"p\"}", parts),
                        "HTTHT");
    assert_string_equal(
        parts_of("p,y\ntrue,1\nFALSE,2\nTRUE,3\n", "{\"kind\":\"column\",\"column\":\"p\"}", parts),
        "HTH");
    assert_string_equal(parts_of("p,y\nmon,1\ntue,2\nwed,3\n",
                                 "{\"kind\":\"column\",\"column\":\"p\",\"values\":[\"tue\"]}",
                                 parts),
                        "THT");
}

static void rows_without_a_target_are_in_neither_part(void **state)
{
    char parts[64];
    assert_string_equal(
        parts_of("x,y\n1,1\n2,\n3,3\n4,NA\n5,5\n", "{\"kind\":\"time\",\"holdout\":0.4}", parts),
        "T.T.H");
}

static void a_class_is_never_only_held_out(void **state)
{
    char parts[64];
    parts_of("x,y\n1,a\n2,a\n3,a\n4,a\n5,b\n6,b\n7,c\n", "{\"holdout\":0.9}", parts);
    unsigned training[3] = {0}, held[3] = {0};
    for (size_t i = 0; i < 7; i++) {
        size_t class = i < 4 ? 0 : i < 6 ? 1 : 2;
        training[class] += parts[i] == 'T';
        held[class] += parts[i] == 'H';
    }
    assert_int_equal(training[0] + held[0], 4);
    assert_true(training[0] >= 1 && training[1] == 1 && training[2] == 1);
    assert_true(held[0] >= 1 && held[1] == 1 && held[2] == 0);
}

static void a_split_that_leaves_a_part_empty_is_refused(void **state)
{
    struct table t;
    struct split split;
    struct err_ctx e;
    json_t *how = json_pack("{s:s, s:s}", "kind", "column", "column", "p"), *checked = NULL;
    table_init(&t, "p,y\ntrain,1\ntrain,2\n");
    err_ctx_init(&e);
    assert_int_equal(split_check(how, &t.v, false, &checked, &e), ERR_OK);
    assert_int_equal(split_make(&t.v, STR("y"), checked, &split, &e), ERR_INVALID);
    assert_string_equal(e.items[0].pointer, "/dataset/split");
    json_decref(checked);
    json_decref(how);
    table_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_parts_everywhere),
        cmocka_unit_test(every_kind_takes_its_share),
        cmocka_unit_test(rows_without_a_target_are_in_neither_part),
        cmocka_unit_test(a_class_is_never_only_held_out),
        cmocka_unit_test(a_split_that_leaves_a_part_empty_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
