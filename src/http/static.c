#include "http/static.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/map.h"
#include "http/exchange.h"

enum { FILE_BYTES_MAX = 16 << 20, TAG_LENGTH = 16, DEPTH_MAX = 8 };

struct static_file {
    char *plain;
    size_t plain_bytes;
    char *packed; /* gzip, or NULL where it does not pay */
    size_t packed_bytes;
    const char *type;
    char tag[TAG_LENGTH + 3]; /* in quotes */
    bool lasting;             /* its name holds its digest: it never changes */
};

struct statics {
    struct map files;
};

static const struct {
    const char *ending, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
};

static const char *type_of(struct str path)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_ends(path, str_of(types[i].ending)))
            return types[i].type;
    return "application/octet-stream";
}

static void pack(struct static_file *file)
{
    struct buf b;
    buf_init(&b, file->plain_bytes + 4096);
    bool pays = strncmp(file->type, "image/png", 9) != 0 && strncmp(file->type, "font/", 5) != 0;
    if (pays && compress_gzip(str_from(file->plain, file->plain_bytes), 9, &b))
        file->packed = buf_detach(&b, &file->packed_bytes);
    buf_release(&b);
}

static enum err load_file(struct statics *s, const char *path, struct str name, struct err_ctx *e)
{
    struct mapping m;
    enum err err = mapping_open(path, &m, e);
    if (err)
        return err;
    if (m.text.n > FILE_BYTES_MAX) {
        mapping_close(&m);
        return err_set(e, ERR_TOO_LARGE, "%s is too large for a page's file", path);
    }
    struct static_file *file = xcalloc(1, sizeof *file);
    file->plain = xmalloc(m.text.n);
    memcpy(file->plain, m.text.p, m.text.n);
    file->plain_bytes = m.text.n;
    file->type = type_of(name);
    file->lasting = str_starts(name, STR("assets/"));
    struct digest d;
    char hex[DIGEST_HEX_BYTES];
    crypto_sha256(m.text, &d);
    snprintf(file->tag, sizeof file->tag, "\"%.*s\"", TAG_LENGTH, digest_hex(&d, hex));
    pack(file);
    mapping_close(&m);
    void *twice = map_put(&s->files, name, file);
    assert(!twice);
    return ERR_OK;
}

static enum err load_folder(struct statics *s, const char *folder, const char *prefix, int depth,
                            struct err_ctx *e)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return err_set_errno(e, errno, folder);
    struct arena a;
    arena_init(&a);
    enum err err = ERR_OK;
    for (struct dirent *entry; !err && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = arena_printf(&a, "%s/%s", folder, entry->d_name);
        char *name = arena_printf(&a, "%s%s", prefix, entry->d_name);
        struct stat st;
        if (stat(path, &st))
            err = err_set_errno(e, errno, path);
        else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
            err = load_folder(s, path, arena_printf(&a, "%s/", name), depth + 1, e);
        else if (S_ISREG(st.st_mode))
            err = load_file(s, path, str_of(name), e);
    }
    arena_release(&a);
    closedir(dir);
    return err;
}

enum err statics_open(const char *folder, struct statics **out, struct err_ctx *e)
{
    struct statics *s = xcalloc(1, sizeof *s);
    map_init(&s->files);
    enum err err = folder && file_exists(folder) ? load_folder(s, folder, "", 0, e) : ERR_OK;
    if (err) {
        statics_close(s);
        return err;
    }
    *out = s;
    return ERR_OK;
}

void statics_close(struct statics *s)
{
    if (!s)
        return;
    size_t cursor = 0;
    struct str name;
    void *value;
    while (map_each(&s->files, &cursor, &name, &value)) {
        struct static_file *file = value;
        free(file->plain);
        free(file->packed);
        free(file);
    }
    map_release(&s->files);
    free(s);
}

static const char page_policy[] =
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

static void add_headers(struct http_request *rq, const struct static_file *file)
{
    http_answer_header(rq, "ETag", file->tag);
    http_answer_header(rq, "Cache-Control",
                       file->lasting ? "public, max-age=31536000, immutable" : "no-cache");
    http_answer_header(rq, "X-Content-Type-Options", "nosniff");
    if (strncmp(file->type, "text/html", 9) == 0) {
        http_answer_header(rq, "Content-Security-Policy", page_policy);
        http_answer_header(rq, "Referrer-Policy", "same-origin");
    }
}

enum err statics_answer(struct statics *s, struct http_request *rq, struct str path,
                        struct err_ctx *e)
{
    const struct static_file *file = map_get(&s->files, path);
    if (!file && str_starts(path, STR("assets/")))
        return err_set(e, ERR_NOT_FOUND, "there is no file " STR_FMT, STR_ARG(path));
    if (!file)
        file = map_get(&s->files, STR("index.html"));
    if (!file)
        return err_set(e, ERR_NOT_FOUND,
                       "the web interface is not installed; dev/build makes it, web.dir says where "
                       "it is");
    add_headers(rq, file);
    rq->answer.content_type = file->type;
    if (str_eq(http_header(rq, "If-None-Match"), str_of(file->tag))) {
        rq->answer.status = 304;
        rq->answer.fixed = STR("");
        return ERR_OK;
    }
    struct str accepted = http_header(rq, "Accept-Encoding");
    rq->answer.fixed = str_from(file->plain, file->plain_bytes);
    if (file->packed && accepted.p && str_find_str(accepted, STR("gzip")) >= 0) {
        rq->answer.fixed = str_from(file->packed, file->packed_bytes);
        http_answer_header(rq, "Content-Encoding", "gzip");
        http_answer_header(rq, "Vary", "Accept-Encoding");
    }
    return ERR_OK;
}
