/* registry/files.h
 *
 * The folder of model files, each under its SHA-256, so that the same file is kept once. A new file
 * stands beside the others under a name of its own until it is known to be good; one that no
 * version refers to any more is removed.
 *
 *     err = files_open(folder, store, &files, e);
 *     err = files_stage(files, content, id, sha256, &staged, arena, e);
 *     ... try the file at `staged` ...
 *     files_lock(files);
 *     err = files_publish(files, staged, sha256, e);
 *     ... insert the version, or files_forget(files, sha256) ...
 *     files_unlock(files);
 *
 * Any thread; publishing and forgetting under the lock. */
#ifndef REGISTRY_FILES_H
#define REGISTRY_FILES_H

#include "store/store.h"

struct files;

WARN_UNUSED enum err files_open(const char *folder, struct store *store, struct files **out,
                                struct err_ctx *e);
void files_close(struct files *f);

const char *files_path(const struct files *f, struct str sha256, struct arena *a);

/* Writes the content beside the others; `id` makes the name its own. */
WARN_UNUSED enum err files_stage(struct files *f, struct str content, int64_t id,
                                 const char **staged, struct arena *a, struct err_ctx *e);

/* Takes back what was staged and not published. */
void files_discard(const char *staged);

void files_lock(struct files *f);
void files_unlock(struct files *f);
WARN_UNUSED enum err files_publish(struct files *f, const char *staged, struct str sha256,
                                   struct err_ctx *e);

/* Removes the file if no version refers to it. */
void files_forget(struct files *f, struct str sha256);

#endif
