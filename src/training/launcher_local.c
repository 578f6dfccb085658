#include "training/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"

enum { LOCK_FD = 3, CHILDREN_MAX = 1024, TAIL_BYTES = 16384, LINE_BYTES = 300, EXIT_BYTES = 65536 };
enum { DISK_FULL_BYTES = 1 << 20 };

/* Supervisors that this process started and has not waited for. */
static struct {
    pthread_mutex_t lock;
    pid_t pids[CHILDREN_MAX];
    unsigned count;
} children = {.lock = PTHREAD_MUTEX_INITIALIZER};

void launcher_reap(void)
{
    pthread_mutex_lock(&children.lock);
    for (unsigned i = children.count; i-- > 0;)
        if (waitpid(children.pids[i], NULL, WNOHANG) != 0)
            children.pids[i] = children.pids[--children.count];
    pthread_mutex_unlock(&children.lock);
}

static void note_child(pid_t pid)
{
    pthread_mutex_lock(&children.lock);
    if (children.count < CHILDREN_MAX)
        children.pids[children.count++] = pid;
    pthread_mutex_unlock(&children.lock);
}

static const char *path_in(const char *folder, const char *name, char path[4096])
{
    snprintf(path, 4096, "%s/%s", folder, name);
    return path;
}

static enum err lock_folder(const char *folder, int *fd, struct err_ctx *e)
{
    char path[4096];
    path_in(folder, "supervisor.lock", path);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return err_set_errno(e, errno, path);
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return ERR_OK;
    int why = errno;
    close(*fd);
    return why == EWOULDBLOCK ? err_set(e, ERR_BUSY, "%s: the run is being executed", folder)
                              : err_set_errno(e, why, path);
}

/* The lock goes to the supervisor with its descriptor: there is no moment without it. */
enum err launcher_start(const char *supervisor, const char *folder, struct err_ctx *e)
{
    int lock_fd = -1;
    pid_t pid;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    char *argv[] = {(char *)(uintptr_t)supervisor, (char *)(uintptr_t)folder, NULL};
    enum err err = lock_folder(folder, &lock_fd, e);
    if (err)
        return err;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, lock_fd, LOCK_FD);
    posix_spawnattr_init(&attributes);
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int failed = posix_spawn(&pid, supervisor, &files, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    close(lock_fd);
    if (failed)
        return err_set_errno(e, failed, supervisor);
    note_child(pid);
    return ERR_OK;
}

enum launcher_state launcher_look(const char *folder)
{
    char path[4096];
    int fd = open(path_in(folder, "supervisor.lock", path), O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return file_exists(path_in(folder, "exit.json", path)) ? LAUNCHER_ENDED : LAUNCHER_NEVER;
    bool alive = flock(fd, LOCK_SH | LOCK_NB) != 0;
    close(fd);
    if (alive)
        return LAUNCHER_ALIVE;
    if (file_exists(path_in(folder, "exit.json", path)))
        return LAUNCHER_ENDED;
    /* The first thing that a supervisor does is to take the room for its last words. */
    return file_exists(path_in(folder, "exit.room", path)) ? LAUNCHER_LOST : LAUNCHER_NEVER;
}

enum err launcher_cancel(const char *folder, struct err_ctx *e)
{
    char path[4096];
    int fd = open(path_in(folder, "cancel", path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(e, errno, path);
    close(fd);
    return ERR_OK;
}

/* ---- how it ended ---- */

/* The last line that says something: what a program prints before it dies. */
static const char *last_line(const char *folder, struct arena *a)
{
    char path[4096];
    struct mapping log;
    if (mapping_open(path_in(folder, "log.txt", path), &log, NULL))
        return NULL;
    size_t from = log.text.n > TAIL_BYTES ? log.text.n - TAIL_BYTES : 0;
    struct str rest = str_from(log.text.p + from, log.text.n - from), line, last = {NULL, 0};
    while (str_split(&rest, '\n', &line))
        if (str_trim(line).n)
            last = str_trim(line);
    const char *copy = NULL;
    if (last.n) {
        size_t n = MIN(last.n, (size_t)LINE_BYTES);
        while (n > 0 && n < last.n && ((unsigned char)last.p[n] & 0xc0) == 0x80)
            n--;
        struct str cut = str_from(last.p, n);
        copy = str_is_utf8(cut) ? arena_strdup(a, cut) : NULL;
    }
    mapping_close(&log);
    return copy;
}

static const char *signal_sentence(json_t *report, int signal, struct arena *a)
{
    int64_t memory_mb = json_integer_value(json_object_get(report, "memory_max_kb")) / 1024;
    if (signal == SIGKILL)
        return arena_printf(a,
                            "the module's program was killed (SIGKILL), as the system does when "
                            "memory runs out; it had used %lld MB",
                            (long long)memory_mb);
    if (signal == SIGXFSZ)
        return "the module's program wrote a file larger than allowed (training.file_mb)";
    return arena_printf(a, "the module's program was ended by signal %d (%s)", signal,
                        strsignal(signal));
}

static const char *sentence_of(const char *folder, json_t *report, struct arena *a)
{
    json_t *signal = json_object_get(report, "signal");
    json_t *error = json_object_get(report, "error");
    const char *cause = json_string_value(json_object_get(report, "cause"));
    int64_t room = json_integer_value(json_object_get(report, "disk_free_bytes"));
    const char *line = last_line(folder, a), *what;
    if (json_is_string(error))
        return arena_strdup(a, json_str(error));
    if (cause && strcmp(cause, "timeout") == 0)
        return "the module's program did not end within its time limit and was stopped";
    if (cause && strcmp(cause, "cancelled") == 0)
        return "the run was cancelled";
    what = signal
               ? signal_sentence(report, (int)json_integer_value(signal), a)
               : arena_printf(a, "the module's program ended with code %lld",
                              (long long)json_integer_value(json_object_get(report, "exit_code")));
    return arena_printf(a, "%s%s%s%s", what,
                        room >= 0 && room < DISK_FULL_BYTES ? "; the disk is full" : "",
                        line ? ": " : "", line ? line : "");
}

void launcher_result(const char *folder, struct arena *a, struct launcher_result *out)
{
    char path[4096];
    struct str text;
    json_t *report = NULL;
    *out = (struct launcher_result){
        .error = "the run's supervisor is gone without a word: it was killed, or the machine went "
                 "down"};
    if (file_read(a, path_in(folder, "exit.json", path), EXIT_BYTES, &text, NULL) ||
        json_read_object(str_trim(text), &report, NULL))
        return;
    const char *cause = json_string_value(json_object_get(report, "cause"));
    json_t *code = json_object_get(report, "exit_code");
    out->ended_ms = json_integer_value(json_object_get(report, "ended_ms"));
    out->cancelled = cause && strcmp(cause, "cancelled") == 0;
    out->good = cause && strcmp(cause, "exited") == 0 && json_is_integer(code) &&
                json_integer_value(code) == 0;
    out->error = out->good ? NULL : sentence_of(folder, report, a);
    json_decref(report);
}
