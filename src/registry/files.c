#include "registry/files.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "registry/registry_store.h"

#define STAGED_PREFIX "incoming-"

enum { LEFT_BEHIND_S = 3600 };

struct files {
    char *folder;
    struct store *store;
    pthread_mutex_t lock; /* a file is not forgotten while a version for it is being inserted */
};

/* What a crash has left behind; another node may be staging a file just now. */
static void remove_left_behind(const char *folder)
{
    DIR *dir = opendir(folder);
    char path[4096];
    struct stat st;
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (strncmp(entry->d_name, STAGED_PREFIX, sizeof STAGED_PREFIX - 1) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (stat(path, &st) == 0 && time(NULL) - st.st_mtime > LEFT_BEHIND_S)
            unlink(path);
    }
    closedir(dir);
}

enum err files_open(const char *folder, struct store *store, struct files **out, struct err_ctx *e)
{
    enum err err = file_make_folders(folder, e);
    if (err)
        return err;
    remove_left_behind(folder);
    struct files *f = xcalloc(1, sizeof *f);
    f->folder = xstrdup(folder);
    f->store = store;
    pthread_mutex_init(&f->lock, NULL);
    *out = f;
    return ERR_OK;
}

void files_close(struct files *f)
{
    if (!f)
        return;
    pthread_mutex_destroy(&f->lock);
    free(f->folder);
    free(f);
}

const char *files_path(const struct files *f, struct str sha256, struct arena *a)
{
    return arena_printf(a, "%s/" STR_FMT ".onnx", f->folder, STR_ARG(sha256));
}

enum err files_stage(struct files *f, struct str content, int64_t id, const char **staged,
                     struct arena *a, struct err_ctx *e)
{
    char name[ID_TEXT_BYTES];
    *staged =
        arena_printf(a, "%s/" STAGED_PREFIX "%s.onnx", f->folder, id_format((uint64_t)id, name));
    return file_write(*staged, content, e);
}

void files_discard(const char *staged)
{
    unlink(staged);
}

void files_lock(struct files *f)
{
    pthread_mutex_lock(&f->lock);
}

void files_unlock(struct files *f)
{
    pthread_mutex_unlock(&f->lock);
}

enum err files_publish(struct files *f, const char *staged, struct str sha256, struct err_ctx *e)
{
    struct arena a;
    arena_init(&a);
    const char *path = files_path(f, sha256, &a);
    enum err err = rename(staged, path) ? err_set_errno(e, errno, path) : ERR_OK;
    if (!err)
        err = file_sync_folder(f->folder, e);
    arena_release(&a);
    return err;
}

static enum err is_used(struct files *f, struct str sha256, bool *used, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(f->store, &db, e);
    return err ? err : db_end(db, registry_store_sha256_used(db, sha256, used, e), e);
}

void files_forget(struct files *f, struct str sha256)
{
    struct arena a;
    struct err_ctx e;
    bool used = true;
    arena_init(&a);
    err_ctx_init(&e);
    const char *path = files_path(f, sha256, &a);
    if (is_used(f, sha256, &used, &e))
        log_warning("registry", "%s stays, it may still be in use: %s", path, e.detail);
    else if (!used && unlink(path) && errno != ENOENT)
        log_warning("registry", "%s cannot be removed: %s", path, strerrordesc_np(errno));
    arena_release(&a);
}
