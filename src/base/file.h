/* base/file.h
 *
 * Files and folders, so that what is written is whole or not there at all.
 *
 *     struct mapping m;
 *     err = mapping_open(path, &m, e);        m.text is the file, read-only
 *     mapping_close(&m);
 *
 *     err = file_write(path, text, e);        beside it, flushed, then renamed into place
 *
 * Paths are the program's own: a name from outside becomes a path only through file_is_name() or
 * file_is_relative(). Any thread. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/arena.h"
#include "base/err.h"

struct mapping {
    struct str text;
    void *base; /* NULL for an empty file */
};

/* A view of the whole file that needs no memory for it. */
WARN_UNUSED enum err mapping_open(const char *path, struct mapping *m, struct err_ctx *e);
WARN_UNUSED enum err mapping_open_fd(int fd, struct mapping *m, struct err_ctx *e);
void mapping_close(struct mapping *m);

/* Reads a file of at most `bytes_max` into the arena. */
WARN_UNUSED enum err file_read(struct arena *a, const char *path, size_t bytes_max, struct str *out,
                               struct err_ctx *e);

/* Replaces the file in one step: a crash leaves the old one or the new one. */
WARN_UNUSED enum err file_write(const char *path, struct str content, struct err_ctx *e);

/* Writes everything or says why not (a full disk, mostly). */
WARN_UNUSED enum err file_write_all(int fd, struct str content, const char *what,
                                    struct err_ctx *e);

/* Makes the folder and those above it, 0700. */
WARN_UNUSED enum err file_make_folders(const char *path, struct err_ctx *e);

/* Flushes a folder's entries, after a rename or a removal in it. */
WARN_UNUSED enum err file_sync_folder(const char *path, struct err_ctx *e);

/* Removes a folder with all that is in it; does not follow links. Missing is fine. */
WARN_UNUSED enum err file_remove_tree(const char *path, struct err_ctx *e);

bool file_exists(const char *path);

/* True for a folder that can be read and is not empty. */
bool file_folder_has_entries(const char *path);

/* -1 when it cannot be told. */
int64_t file_bytes(const char *path);

/* One path element: not empty, not "." or "..", no separator, no control character. */
bool file_is_name(struct str s);

/* Elements joined by "/", each a name: cannot leave the folder that it is joined to. */
bool file_is_relative(struct str s);

#endif
