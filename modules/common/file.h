/* common/file.h
 *
 * Files that are whole or not there. A disk may be full at any write and a trainer may be killed
 * between two of them, so a result is written beside its place, flushed to the disk and renamed;
 * and a line of a log that others read while it grows is one write.
 *
 *     enum err err = file_write("artifacts/model/model.onnx", bytes, count, e);
 *
 * No state, no threads. What file_read() returns belongs to the caller (free()). */
#ifndef COMMON_FILE_H
#define COMMON_FILE_H

#include "base/err.h"

/* Reads the whole file; a NUL that is not counted follows the last byte. A file larger than
 * `size_max` is ERR_TOO_LARGE. */
WARN_UNUSED enum err file_read(const char *path, size_t size_max, char **out, size_t *size,
                               struct err_ctx *e);

/* Puts a whole file at `path`, or leaves there what was there before. */
WARN_UNUSED enum err file_write(const char *path, const void *bytes, size_t size,
                                struct err_ctx *e);

/* Opens a log for appending; made if it is not there. */
WARN_UNUSED enum err file_open_log(const char *path, int *fd, struct err_ctx *e);

/* Appends to what file_open_log() opened; `path` is for the message. */
WARN_UNUSED enum err file_append(int fd, const char *path, const void *bytes, size_t size,
                                 struct err_ctx *e);

/* Makes the folder and those above it; fine when it is there. */
WARN_UNUSED enum err file_make_folder(const char *path, struct err_ctx *e);

#endif
