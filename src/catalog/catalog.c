#include "catalog/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "catalog/inside.h"

/* Another server on the same folder may be between a file and its row. */
enum { ORPHAN_AGE_S = 3600, SHA256_TEXT = 64 };

static bool is_old(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && time(NULL) - st.st_mtime > ORPHAN_AGE_S;
}

static enum err sweep_file(struct catalog *c, struct db *db, const char *name, struct err_ctx *e)
{
    char path[4096];
    bool used = false;
    snprintf(path, sizeof path, "%s/%s", c->datasets_folder, name);
    if (!is_old(path))
        return ERR_OK;
    struct str stem = str_from(name, MIN(strlen(name), (size_t)SHA256_TEXT));
    enum err err =
        str_ends(str_of(name), STR(".csv")) ? dataset_sha256_used(db, stem, &used, e) : ERR_OK;
    if (err || used)
        return err;
    log_info("catalog", "removing %s, which no dataset needs", path);
    if (unlink(path))
        log_warning("catalog", "%s: %s", path, strerror(errno));
    return ERR_OK;
}

static enum err sweep(struct catalog *c, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(c->store, &db, e);
    if (err)
        return err;
    DIR *dir = opendir(c->datasets_folder);
    if (!dir)
        err = err_set_errno(e, errno, c->datasets_folder);
    for (struct dirent *entry; !err && (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            err = sweep_file(c, db, entry->d_name, e);
    if (dir)
        closedir(dir);
    return db_end(db, err, e);
}

enum err catalog_open(const struct catalog_opts *opts, struct catalog **out, struct err_ctx *e)
{
    struct catalog *c = xcalloc(1, sizeof *c);
    c->store = opts->store;
    c->clock = opts->clock;
    c->ids = opts->ids;
    c->events = opts->events;
    c->datasets_folder = xstrdup(opts->datasets_folder);
    c->modules_built_in = opts->modules.built_in ? xstrdup(opts->modules.built_in) : NULL;
    c->modules_local = opts->modules.local ? xstrdup(opts->modules.local) : NULL;
    c->modules_programs = opts->modules.programs ? xstrdup(opts->modules.programs) : NULL;
    c->modules =
        (struct module_folders){c->modules_built_in, c->modules_local, c->modules_programs};
    pthread_mutex_init(&c->files_lock, NULL);
    enum err err = file_make_folders(c->datasets_folder, e);
    if (!err)
        err = sweep(c, e);
    if (err)
        catalog_close(c);
    else
        *out = c;
    return err;
}

void catalog_close(struct catalog *c)
{
    if (!c)
        return;
    pthread_mutex_destroy(&c->files_lock);
    free(c->modules_programs);
    free(c->modules_local);
    free(c->modules_built_in);
    free(c->datasets_folder);
    free(c);
}

const struct module_folders *catalog_modules(const struct catalog *c)
{
    return &c->modules;
}
