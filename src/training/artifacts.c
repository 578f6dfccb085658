#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "training/inside.h"

enum { ARTIFACTS_MAX = 10000, DEPTH_MAX = 16 };

/* Adds what is below `relative`; links are not followed. */
static enum err list_folder(const char *root, const char *relative, unsigned depth, bool digests,
                            struct arena *a, json_t *to, struct err_ctx *e);

static enum err digest_of(const char *path, json_t *to, struct err_ctx *e)
{
    struct mapping file;
    struct digest digest;
    char hex[DIGEST_HEX_BYTES];
    enum err err = mapping_open(path, &file, e);
    if (err)
        return err;
    crypto_sha256(file.text, &digest);
    mapping_close(&file);
    json_set_cstr(to, "sha256", digest_hex(&digest, hex));
    return ERR_OK;
}

static enum err list_entry(const char *root, const char *relative, unsigned depth, bool digests,
                           struct arena *a, json_t *to, struct err_ctx *e)
{
    struct stat st;
    const char *path = arena_printf(a, "%s/%s", root, relative);
    if (lstat(path, &st))
        return errno == ENOENT ? ERR_OK : err_set_errno(e, errno, path);
    if (S_ISDIR(st.st_mode))
        return list_folder(root, relative, depth + 1, digests, a, to, e);
    if (!S_ISREG(st.st_mode) || json_array_size(to) == ARTIFACTS_MAX ||
        !str_is_utf8(str_of(relative)))
        return ERR_OK;
    json_t *one = json_object();
    json_set_cstr(one, "path", relative);
    json_set_i64(one, "bytes", st.st_size);
    json_set_null(one, "sha256");
    json_push(to, one);
    return digests ? digest_of(path, one, e) : ERR_OK;
}

static enum err list_folder(const char *root, const char *relative, unsigned depth, bool digests,
                            struct arena *a, json_t *to, struct err_ctx *e)
{
    struct dirent **entries = NULL;
    const char *path = *relative ? arena_printf(a, "%s/%s", root, relative) : root;
    int n = depth < DEPTH_MAX ? scandir(path, &entries, NULL, alphasort) : 0;
    enum err err = n < 0 && errno != ENOENT ? err_set_errno(e, errno, path) : ERR_OK;
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        if (!err && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
            err = list_entry(root,
                             *relative ? arena_printf(a, "%s/%s", relative, name)
                                       : arena_strdup(a, str_of(name)),
                             depth, digests, a, to, e);
        free(entries[i]);
    }
    free(entries);
    return err;
}

enum err run_artifacts(const struct training *t, const struct run *run, struct arena *a,
                       json_t **out, struct err_ctx *e)
{
    json_t *list = json_array();
    enum err err =
        list_folder(run_file(t, run->id, "artifacts", a), "", 0, run_has_ended(run), a, list, e);
    if (err)
        json_decref(list);
    else
        *out = list;
    return err;
}

/* A link that a program has left could lead anywhere: the real path has to be below the folder. */
enum err run_artifact_path(const struct training *t, int64_t id, struct str relative,
                           struct arena *a, const char **out, struct err_ctx *e)
{
    char real[PATH_MAX], root[PATH_MAX];
    struct stat st;
    if (file_is_relative(relative) && realpath(run_file(t, id, "artifacts", a), root) &&
        realpath(arena_printf(a, "%s/" STR_FMT, root, STR_ARG(relative)), real) &&
        str_starts(str_of(real), str_of(arena_printf(a, "%s/", root))) && stat(real, &st) == 0 &&
        S_ISREG(st.st_mode)) {
        *out = arena_strdup(a, str_of(real));
        return ERR_OK;
    }
    return err_set(e, ERR_NOT_FOUND, "the run has no artifact \"" STR_FMT "\"",
                   (int)MIN(relative.n, (size_t)200), relative.p);
}
