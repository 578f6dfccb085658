#include "catalog/schema.h"

/* What a column may still be. */
enum {
    MAY_INTEGER = 1,
    MAY_NUMBER = 2,
    MAY_COMMA = 4,
    MAY_BOOLEAN = 8,
    MAY_DATE = 16,
    MAY_ALL = 31
};

/* A text column that began with this many numbers is told about. */
enum { ODD_ONE_AFTER = 10 };

struct guess {
    unsigned may;
    uint64_t values;  /* that are not missing */
    uint64_t numbers; /* before the first value that is none */
    uint64_t odd_line;
    char odd[40]; /* that first value */
};

static bool may_boolean(struct str field)
{
    bool value;
    return cell_boolean(field, &value);
}

static bool may_date(struct str field)
{
    int64_t time_ms;
    return cell_date(field, &time_ms);
}

static bool may_number(struct str field, char point)
{
    double value;
    return cell_number(field, point, &value);
}

static void note_odd(struct guess *g, struct str field, uint64_t line)
{
    g->odd_line = line;
    snprintf(g->odd, sizeof g->odd, STR_FMT, (int)MIN(field.n, (size_t)32), field.p);
}

static void narrow(struct guess *g, struct str field, uint64_t line)
{
    double whole;
    g->values++;
    if (!g->may)
        return;
    if ((g->may & MAY_INTEGER) && cell_integer(field, &whole)) {
        g->may &= MAY_INTEGER | MAY_NUMBER | MAY_COMMA;
        g->numbers++;
        return;
    }
    g->may &= ~(unsigned)MAY_INTEGER;
    if ((g->may & MAY_NUMBER) && !may_number(field, '.')) {
        g->may &= ~(unsigned)MAY_NUMBER;
        note_odd(g, field, line);
    }
    if ((g->may & MAY_COMMA) && !may_number(field, ','))
        g->may &= ~(unsigned)MAY_COMMA;
    g->numbers += (g->may & MAY_NUMBER) != 0;
    if (g->may & (MAY_NUMBER | MAY_COMMA))
        g->may &= MAY_NUMBER | MAY_COMMA;
    if ((g->may & MAY_BOOLEAN) && !may_boolean(field))
        g->may &= ~(unsigned)MAY_BOOLEAN;
    if ((g->may & MAY_DATE) && !may_date(field))
        g->may &= ~(unsigned)MAY_DATE;
}

static void decide(const struct guess *g, struct schema_column *column)
{
    static const struct {
        unsigned bit;
        enum cell_type type;
        char point;
    } order[] = {{MAY_INTEGER, CELL_INTEGER, '.'},
                 {MAY_NUMBER, CELL_NUMBER, '.'},
                 {MAY_COMMA, CELL_NUMBER, ','},
                 {MAY_BOOLEAN, CELL_BOOLEAN, '.'},
                 {MAY_DATE, CELL_DATE, '.'}};
    column->type = CELL_TEXT;
    column->point = '.';
    for (size_t i = 0; i < ARRAY_LEN(order) && g->values; i++) {
        if (g->may & order[i].bit) {
            column->type = order[i].type;
            column->point = order[i].point;
            return;
        }
    }
}

static void warn(json_t *warnings, struct arena *a, const struct guess *g,
                 const struct schema_column *column)
{
    if (g->values == 0)
        json_push(warnings, json_text(str_of(arena_printf(a, "column \"" STR_FMT "\" has no values",
                                                          STR_ARG(column->name)))));
    else if (column->type == CELL_TEXT && g->numbers >= ODD_ONE_AFTER)
        json_push(warnings,
                  json_text(str_of(arena_printf(
                      a,
                      "column \"" STR_FMT "\" is text because of \"%s\" in line %llu; the %llu "
                      "values before it are numbers",
                      STR_ARG(column->name), g->odd, (unsigned long long)g->odd_line,
                      (unsigned long long)g->numbers))));
}

/* Reads on behind a broken record, so that the first of them are all told at once. */
static enum err read_records(struct csv_reader *r, struct guess *guesses, uint64_t *rows,
                             struct err_ctx *e)
{
    struct err_ctx *why = xmalloc(sizeof *why);
    enum err err = ERR_OK;
    unsigned broken = 0;
    for (;;) {
        err_ctx_init(why);
        enum err one = csv_next(r, why);
        if (one && broken++ == 0)
            err = err_set_at(e, one, "/file", "%s", why->detail);
        else if (one)
            err_add_item(e, "/file", "%s", why->detail);
        if (one && (broken == ERR_ITEMS_MAX || !csv_can_go_on(r)))
            break;
        if (one)
            continue;
        if (!csv_have(r))
            break;
        ++*rows;
        for (unsigned i = 0; i < r->columns; i++)
            if (!cell_is_missing(r->fields[i]))
                narrow(&guesses[i], r->fields[i], r->record_line);
    }
    free(why);
    return err;
}

enum err schema_read(struct csv_reader *r, struct arena *a, struct schema *out, json_t *warnings,
                     struct err_ctx *e)
{
    struct guess *guesses = xcalloc(r->columns, sizeof *guesses);
    for (unsigned i = 0; i < r->columns; i++)
        guesses[i].may = MAY_ALL;
    *out = (struct schema){.count = r->columns};
    enum err err = read_records(r, guesses, &out->rows, e);
    if (!err && out->rows == 0)
        err = err_set_at(e, ERR_INVALID, "/file", "the file has a header but no rows");
    if (err)
        goto out_guesses;
    out->columns = arena_zalloc(a, r->columns * sizeof *out->columns);
    for (unsigned i = 0; i < r->columns; i++) {
        out->columns[i].name = arena_str(a, r->names[i]);
        decide(&guesses[i], &out->columns[i]);
        warn(warnings, a, &guesses[i], &out->columns[i]);
    }
    csv_rewind(r);
out_guesses:
    free(guesses);
    return err;
}

const struct schema_column *schema_find(const struct schema *s, struct str name)
{
    for (unsigned i = 0; i < s->count; i++)
        if (str_eq(s->columns[i].name, name))
            return &s->columns[i];
    return NULL;
}
