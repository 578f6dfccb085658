#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err read_all(int fd, const char *path, char *text, size_t size, struct err_ctx *e)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = read(fd, text + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(e, errno, path);
        if (got == 0)
            return err_set(e, ERR_IO, "%s became shorter while it was read", path);
        done += (size_t)got;
    }
    return ERR_OK;
}

enum err file_read(const char *path, size_t size_max, char **out, size_t *size, struct err_ctx *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(e, errno, path);
    struct stat st;
    enum err err = ERR_OK;
    char *text = NULL;
    if (fstat(fd, &st) < 0)
        err = err_set_errno(e, errno, path);
    else if (!S_ISREG(st.st_mode))
        err = err_set(e, ERR_INVALID, "%s is not a file", path);
    else if ((uintmax_t)st.st_size > size_max)
        err = err_set(e, ERR_TOO_LARGE, "%s has %jd bytes; at most %zu are read", path,
                      (intmax_t)st.st_size, size_max);
    if (err)
        goto out_close;

    text = xmalloc((size_t)st.st_size + 1);
    err = read_all(fd, path, text, (size_t)st.st_size, e);
    if (err)
        goto out_free;
    text[st.st_size] = '\0';
    *out = text;
    *size = (size_t)st.st_size;
    goto out_close;

out_free:
    free(text);
out_close:
    close(fd);
    return err;
}

enum err file_append(int fd, const char *path, const void *bytes, size_t size, struct err_ctx *e)
{
    assert(fd >= 0 && (bytes || !size));
    const char *p = bytes;
    while (size > 0) {
        ssize_t put = write(fd, p, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_set_errno(e, errno, path);
        p += put;
        size -= (size_t)put;
    }
    return ERR_OK;
}

/* A rename is on the disk only when its folder is. */
static enum err sync_folder_of(const char *path, struct err_ctx *e)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(e, errno, folder);
    enum err err = fsync(fd) < 0 ? err_set_errno(e, errno, folder) : ERR_OK;
    close(fd);
    return err;
}

enum err file_write(const char *path, const void *bytes, size_t size, struct err_ctx *e)
{
    char part[PATH_MAX];
    if ((size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part)
        return err_set(e, ERR_INVALID, "the path %s is too long", path);
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_set_errno(e, errno, part);
    enum err err = file_append(fd, path, bytes, size, e);
    if (!err && fsync(fd) < 0)
        err = err_set_errno(e, errno, path);
    if (close(fd) < 0 && !err)
        err = err_set_errno(e, errno, path);
    if (!err && rename(part, path) < 0)
        err = err_set_errno(e, errno, path);
    if (err) {
        unlink(part);
        return err;
    }
    return sync_folder_of(path, e);
}

enum err file_open_log(const char *path, int *fd, struct err_ctx *e)
{
    *fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    return *fd < 0 ? err_set_errno(e, errno, path) : ERR_OK;
}

enum err file_make_folder(const char *path, struct err_ctx *e)
{
    char part[PATH_MAX];
    if ((size_t)snprintf(part, sizeof part, "%s", path) >= sizeof part)
        return err_set(e, ERR_INVALID, "the path %s is too long", path);
    for (char *p = part + 1;; p++) {
        if (*p && *p != '/')
            continue;
        char end = *p;
        *p = '\0';
        if (mkdir(part, 0755) < 0 && errno != EEXIST)
            return err_set_errno(e, errno, part);
        *p = end;
        if (!end)
            return ERR_OK;
    }
}
