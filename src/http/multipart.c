#include "http/multipart.h"

enum { BOUNDARY_MAX = 70 };

bool multipart_is(const struct http_request *rq)
{
    struct str type = http_header(rq, "Content-Type");
    static const char form[] = "multipart/form-data";
    return type.n >= sizeof form - 1 && str_is_nocase(str_from(type.p, sizeof form - 1), form);
}

/* The value of ;name=value or ;name="value" in a header. */
static struct str parameter(struct str header, const char *name)
{
    struct str rest = header, piece;
    while (str_split(&rest, ';', &piece)) {
        piece = str_trim(piece);
        ptrdiff_t at = str_find(piece, '=');
        if (at < 0 || !str_is_nocase(str_from(piece.p, (size_t)at), name))
            continue;
        struct str value = str_from(piece.p + at + 1, piece.n - (size_t)at - 1);
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
            value = str_from(value.p + 1, value.n - 2);
        return value;
    }
    return (struct str){NULL, 0};
}

/* Takes the text up to `mark`, and the mark, off the front of `rest`. */
static bool take_until(struct str *rest, struct str mark, struct str *head)
{
    ptrdiff_t at = str_find_str(*rest, mark);
    if (at < 0)
        return false;
    *head = str_from(rest->p, (size_t)at);
    *rest = str_from(rest->p + at + mark.n, rest->n - (size_t)at - mark.n);
    return true;
}

static void read_part_header(struct str line, struct part *part)
{
    ptrdiff_t colon = str_find(line, ':');
    if (colon < 0)
        return;
    struct str name = str_from(line.p, (size_t)colon);
    struct str value = str_trim(str_from(line.p + colon + 1, line.n - (size_t)colon - 1));
    if (str_is_nocase(name, "Content-Disposition")) {
        part->name = parameter(value, "name");
        part->file_name = parameter(value, "filename");
    } else if (str_is_nocase(name, "Content-Type")) {
        part->content_type = value;
    }
}

static enum err read_part(struct str *rest, struct str delimiter, struct part *part,
                          struct err_ctx *e)
{
    struct str line;
    *part = (struct part){{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    for (;;) {
        if (!take_until(rest, STR("\r\n"), &line))
            return err_set(e, ERR_SYNTAX, "a part of the form has no end of its headers");
        if (line.n == 0)
            break;
        read_part_header(line, part);
    }
    if (!part->name.p)
        return err_set(e, ERR_SYNTAX, "a part of the form has no name");
    if (!take_until(rest, delimiter, &part->content))
        return err_set(e, ERR_SYNTAX, "the form ends inside the part \"" STR_FMT "\"",
                       STR_ARG(part->name));
    return ERR_OK;
}

static enum err find_boundary(struct http_request *rq, struct str *boundary, struct err_ctx *e)
{
    if (!multipart_is(rq))
        return err_set(e, ERR_UNSUPPORTED,
                       "the body must be a form (Content-Type: multipart/form-data)");
    *boundary = parameter(http_header(rq, "Content-Type"), "boundary");
    if (!boundary->p || boundary->n == 0 || boundary->n > BOUNDARY_MAX)
        return err_set(e, ERR_SYNTAX, "the form's Content-Type has no usable boundary");
    return ERR_OK;
}

enum err multipart_parse(struct http_request *rq, struct multipart *form, struct err_ctx *e)
{
    struct str boundary = {NULL, 0}, preamble, rest = rq->body;
    enum err err = find_boundary(rq, &boundary, e);
    if (err)
        return err;
    struct str opening = str_of(arena_printf(&rq->arena, "--" STR_FMT, STR_ARG(boundary)));
    struct str delimiter = str_of(arena_printf(&rq->arena, "\r\n--" STR_FMT, STR_ARG(boundary)));
    form->count = 0;
    if (!take_until(&rest, opening, &preamble))
        return err_set(e, ERR_SYNTAX, "the form does not contain its boundary");
    while (!str_starts(rest, STR("--"))) {
        if (!str_starts(rest, STR("\r\n")))
            return err_set(e, ERR_SYNTAX, "a boundary of the form is not followed by a new line");
        if (form->count == MULTIPART_PARTS_MAX)
            return err_set(e, ERR_TOO_LARGE, "the form has more than %d parts",
                           MULTIPART_PARTS_MAX);
        rest = str_from(rest.p + 2, rest.n - 2);
        err = read_part(&rest, delimiter, &form->parts[form->count], e);
        if (err)
            return err;
        form->count++;
    }
    return ERR_OK;
}

const struct part *multipart_find(const struct multipart *form, const char *name)
{
    for (unsigned i = 0; i < form->count; i++)
        if (str_is(form->parts[i].name, name))
            return &form->parts[i];
    return NULL;
}

enum err multipart_need(const struct multipart *form, const char *name, const struct part **part,
                        struct err_ctx *e)
{
    unsigned found = 0;
    char pointer[ERR_POINTER_MAX];
    snprintf(pointer, sizeof pointer, "/%s", name);
    *part = multipart_find(form, name);
    for (unsigned i = 0; i < form->count; i++)
        found += str_is(form->parts[i].name, name);
    if (found > 1)
        return err_set_at(e, ERR_INVALID, pointer, "the form has %u parts named \"%s\"", found,
                          name);
    if (!found)
        return err_set_at(e, ERR_INVALID, pointer, "the form has no part named \"%s\"", name);
    return ERR_OK;
}
