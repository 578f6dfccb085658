#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum err mapping_open_fd(int fd, struct mapping *m, struct err_ctx *e)
{
    struct stat st;
    if (fstat(fd, &st))
        return err_set_errno(e, errno, "a file's size");
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_IO, "not a regular file");
    *m = (struct mapping){{"", 0}, NULL};
    if (st.st_size == 0)
        return ERR_OK;
    void *base = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (base == MAP_FAILED)
        return err_set_errno(e, errno, "mapping a file");
    m->base = base;
    m->text = str_from(base, (size_t)st.st_size);
    return ERR_OK;
}

enum err mapping_open(const char *path, struct mapping *m, struct err_ctx *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(e, errno, path);
    enum err err = mapping_open_fd(fd, m, e);
    if (err && e)
        err_prefix(e, "%s", path);
    close(fd);
    return err;
}

void mapping_close(struct mapping *m)
{
    if (m->base)
        munmap(m->base, m->text.n);
    *m = (struct mapping){{"", 0}, NULL};
}

enum err file_read(struct arena *a, const char *path, size_t bytes_max, struct str *out,
                   struct err_ctx *e)
{
    struct mapping m;
    enum err err = mapping_open(path, &m, e);
    if (err)
        return err;
    if (m.text.n > bytes_max)
        err = err_set(e, ERR_TOO_LARGE, "%s has %zu bytes; at most %zu are read", path, m.text.n,
                      bytes_max);
    else
        *out = arena_str(a, m.text);
    mapping_close(&m);
    return err;
}

enum err file_write_all(int fd, struct str content, const char *what, struct err_ctx *e)
{
    while (content.n) {
        ssize_t n = write(fd, content.p, MIN(content.n, (size_t)1 << 30));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(e, errno, what);
        content = str_from(content.p + n, content.n - (size_t)n);
    }
    return ERR_OK;
}

enum err file_sync_folder(const char *path, struct err_ctx *e)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(e, errno, path);
    int failed = fsync(fd) ? errno : 0;
    close(fd);
    return failed ? err_set_errno(e, failed, path) : ERR_OK;
}

static enum err sync_parent(const char *path, struct err_ctx *e)
{
    char *copy = xstrdup(path);
    enum err err = file_sync_folder(dirname(copy), e);
    free(copy);
    return err;
}

static enum err write_and_sync(int fd, struct str content, const char *path, struct err_ctx *e)
{
    enum err err = file_write_all(fd, content, path, e);
    if (!err && fsync(fd))
        err = err_set_errno(e, errno, path);
    if (close(fd) && !err)
        err = err_set_errno(e, errno, path);
    return err;
}

enum err file_write(const char *path, struct str content, struct err_ctx *e)
{
    size_t room = strlen(path) + 8;
    char *beside = xmalloc(room);
    snprintf(beside, room, "%s.XXXXXX", path);
    enum err err;
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0) {
        err = err_set_errno(e, errno, beside);
        goto out_name;
    }
    err = write_and_sync(fd, content, path, e);
    if (!err && rename(beside, path))
        err = err_set_errno(e, errno, path);
    if (err)
        unlink(beside);
    else
        err = sync_parent(path, e);
out_name:
    free(beside);
    return err;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

enum err file_make_folders(const char *path, struct err_ctx *e)
{
    char *copy = xstrdup(path);
    enum err err = ERR_OK;
    for (char *at = copy + 1;; at++) {
        if (*at && *at != '/')
            continue;
        char kept = *at;
        *at = '\0';
        if (mkdir(copy, 0700) && errno != EEXIST)
            err = err_set_errno(e, errno, copy);
        else if (!is_folder(copy))
            err = err_set(e, ERR_CONFLICT, "%s is a file, and a folder is needed there", copy);
        *at = kept;
        if (!kept || err)
            break;
    }
    free(copy);
    return err;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    return remove(path);
}

enum err file_remove_tree(const char *path, struct err_ctx *e)
{
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
        return err_set_errno(e, errno, path);
    return ERR_OK;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool file_folder_has_entries(const char *path)
{
    DIR *folder = opendir(path);
    unsigned entries = 0;
    while (folder && entries < 3 && readdir(folder))
        entries++;
    if (folder)
        closedir(folder);
    return entries > 2; /* "." and ".." are always there */
}

int64_t file_bytes(const char *path)
{
    struct stat st;
    return stat(path, &st) ? -1 : (int64_t)st.st_size;
}

bool file_is_name(struct str s)
{
    if (s.n == 0 || s.n > 255 || str_is(s, ".") || str_is(s, ".."))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '/' || (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return true;
}

bool file_is_relative(struct str s)
{
    struct str element;
    if (s.n == 0)
        return false;
    while (str_split(&s, '/', &element))
        if (!file_is_name(element))
            return false;
    return true;
}
