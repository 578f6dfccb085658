/* crisol-supervise RUN_FOLDER
 *
 * Runs one training program and outlives the server that started it: puts the program into a
 * process group of its own, sends what it prints to log.txt, holds it to its limits, ends it with
 * all its descendants when the file `cancel` appears or its time is up, and says in exit.json how
 * it went. Whether this process is alive is told by the lock that it inherits on descriptor 3
 * (supervisor.lock, locked by the server): the kernel releases it at the end, whatever that was.
 *
 * The room for exit.json is taken at the start, so that a disk that the program has filled cannot
 * keep the news back. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"

enum { LOCK_FD = 3, ROOM_BYTES = 4096, LOOK_MS = 100, LAUNCH_BYTES_MAX = 1 << 20, NICE = 5 };

/* A build with AddressSanitizer comes with modules that have it too, and its shadow memory is
 * larger than any limit. */
#ifdef __SANITIZE_ADDRESS__
enum { LIMITS_MEMORY = false };
#else
enum { LIMITS_MEMORY = true };
#endif

static const int ignored[] = {SIGHUP, SIGPIPE, SIGXFSZ};

struct launch {
    char **argv;
    const char *module_folder;
    int64_t cpu, memory_mb, timeout_s, file_mb, stop_grace_s;
};

struct supervision {
    const char *folder;
    struct launch launch;
    pid_t child;
    int room_fd;
    const char *cause; /* "exited", "cancelled", "timeout", "not started" */
    int64_t started_ms;
    uint64_t asked_ns; /* when it was asked to stop; 0: it was not */
    int status;        /* of waitpid() */
    struct rusage usage;
    struct arena arena;
};

static char *path_of(struct supervision *s, const char *name)
{
    return arena_printf(&s->arena, "%s/%s", s->folder, name);
}

static enum err read_launch(struct supervision *s, struct err_ctx *e)
{
    struct str text;
    json_t *launch = NULL, *argv = NULL, *word;
    size_t i;
    enum err err = file_read(&s->arena, path_of(s, "launch.json"), LAUNCH_BYTES_MAX, &text, e);
    if (!err)
        err = json_read_object(text, &launch, e);
    if (!err)
        err = json_want_array(launch, "argv", 64, &argv, e);
    if (err)
        return err;
    s->launch.argv = arena_zalloc(&s->arena, (json_array_size(argv) + 1) * sizeof(char *));
    json_array_foreach(argv, i, word)
    {
        s->launch.argv[i] = arena_strdup(&s->arena, json_str(word));
    }
    s->launch.module_folder =
        arena_strdup(&s->arena, json_str(json_object_get(launch, "module_folder")));
    s->launch.cpu = json_integer_value(json_object_get(launch, "cpu"));
    s->launch.memory_mb = json_integer_value(json_object_get(launch, "memory_mb"));
    s->launch.timeout_s = json_integer_value(json_object_get(launch, "timeout_s"));
    s->launch.file_mb = json_integer_value(json_object_get(launch, "file_mb"));
    s->launch.stop_grace_s = json_integer_value(json_object_get(launch, "stop_grace_s"));
    json_decref(launch);
    return s->launch.argv[0] ? ERR_OK : err_set(e, ERR_INVALID, "launch.json names no program");
}

/* ---- the news ---- */

static enum err take_room(struct supervision *s, struct err_ctx *e)
{
    char blanks[ROOM_BYTES];
    const char *path = path_of(s, "exit.room");
    memset(blanks, ' ', sizeof blanks);
    s->room_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (s->room_fd < 0)
        return err_set_errno(e, errno, path);
    enum err err = file_write_all(s->room_fd, str_from(blanks, sizeof blanks), path, e);
    if (!err && fsync(s->room_fd))
        err = err_set_errno(e, errno, path);
    return err;
}

static int64_t free_bytes(const char *folder)
{
    struct statvfs fs;
    return statvfs(folder, &fs) ? -1 : (int64_t)(fs.f_bavail * fs.f_frsize);
}

static json_t *report(struct supervision *s, const char *error)
{
    json_t *to = json_object();
    bool ran = s->child > 0;
    json_set_cstr(to, "cause", s->cause);
    if (ran && WIFEXITED(s->status))
        json_set_i64(to, "exit_code", WEXITSTATUS(s->status));
    if (ran && WIFSIGNALED(s->status))
        json_set_i64(to, "signal", WTERMSIG(s->status));
    json_set_cstr(to, "error", error);
    json_set_i64(to, "started_ms", s->started_ms);
    json_set_f64(to, "user_s",
                 (double)s->usage.ru_utime.tv_sec + (double)s->usage.ru_utime.tv_usec / 1e6);
    json_set_f64(to, "system_s",
                 (double)s->usage.ru_stime.tv_sec + (double)s->usage.ru_stime.tv_usec / 1e6);
    json_set_i64(to, "memory_max_kb", s->usage.ru_maxrss);
    json_set_i64(to, "disk_free_bytes", free_bytes(s->folder));
    return to;
}

static void tell_end(struct supervision *s, const char *error)
{
    struct clock clock;
    clock_init(&clock);
    json_t *to = report(s, error);
    json_set_i64(to, "ended_ms", clock_now_ms(&clock));
    struct str text = json_dump(to, &s->arena);
    json_decref(to);
    ssize_t n = pwrite(s->room_fd, text.p, MIN(text.n, (size_t)ROOM_BYTES), 0);
    if (n < 0 || fsync(s->room_fd) || rename(path_of(s, "exit.room"), path_of(s, "exit.json")))
        log_error("supervise", "exit.json: %s", strerror(errno));
    if (file_sync_folder(s->folder, NULL))
        log_error("supervise", "%s cannot be flushed", s->folder);
}

/* ---- the program ---- */

static void set_limit(int what, int64_t value)
{
    struct rlimit limit = {(rlim_t)value, (rlim_t)value};
    if (setrlimit(what, &limit))
        dprintf(STDERR_FILENO, "crisol: a limit cannot be set: %s\n", strerror(errno));
}

static void set_limits(const struct launch *l)
{
    set_limit(RLIMIT_CORE, 0);
    if (l->memory_mb && LIMITS_MEMORY)
        set_limit(RLIMIT_DATA, l->memory_mb << 20);
    if (l->file_mb)
        set_limit(RLIMIT_FSIZE, l->file_mb << 20);
    errno = 0;
    if (nice(NICE) == -1 && errno)
        dprintf(STDERR_FILENO, "crisol: nice: %s\n", strerror(errno));
}

/* The server's own settings, which may hold secrets, are not for the program. */
static void set_environment(const struct supervision *s)
{
    static const char *const threads[] = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                                          "MKL_NUM_THREADS"};
    char number[24];
    for (char **at = environ; *at;) {
        char *equals = strchr(*at, '=');
        char name[256];
        if (strncmp(*at, "CRISOL_", 7) || !equals || equals - *at >= (ptrdiff_t)sizeof name) {
            at++;
            continue;
        }
        snprintf(name, sizeof name, "%.*s", (int)(equals - *at), *at);
        unsetenv(name);
    }
    setenv("CRISOL_RUN_DIR", s->folder, 1);
    setenv("CRISOL_MODULE_DIR", s->launch.module_folder, 1);
    snprintf(number, sizeof number, "%lld", (long long)s->launch.cpu);
    for (size_t i = 0; i < ARRAY_LEN(threads) && s->launch.cpu; i++)
        setenv(threads[i], number, 1);
}

/* In the child: tells by the pipe why exec did not work. */
static void become_program(struct supervision *s, int tell_fd, int log_fd)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
        signal(ignored[i], SIG_DFL); /* exec would keep them ignored */
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int nothing = open("/dev/null", O_RDONLY);
    if (dup2(nothing, STDIN_FILENO) < 0 || dup2(log_fd, STDOUT_FILENO) < 0 ||
        dup2(log_fd, STDERR_FILENO) < 0 || chdir(s->folder))
        goto failed;
    set_limits(&s->launch);
    set_environment(s);
    execvp(s->launch.argv[0], s->launch.argv);
failed:;
    int why = errno;
    if (write(tell_fd, &why, sizeof why) < 0)
        _exit(126);
    _exit(127);
}

static enum err start_program(struct supervision *s, struct err_ctx *e)
{
    int pipe_fds[2], why = 0;
    int log_fd = open(path_of(s, "log.txt"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0 || pipe2(pipe_fds, O_CLOEXEC))
        return err_set_errno(e, errno, "log.txt");
    s->child = fork();
    if (s->child == 0)
        become_program(s, pipe_fds[1], log_fd);
    close(pipe_fds[1]);
    close(log_fd);
    if (s->child < 0)
        return err_set_errno(e, errno, "fork");
    setpgid(s->child, s->child); /* also here: whoever is first */
    ssize_t n = read(pipe_fds[0], &why, sizeof why);
    close(pipe_fds[0]);
    if (n <= 0)
        return ERR_OK;
    waitpid(s->child, &s->status, 0);
    s->child = 0;
    return err_set(e, ERR_IO, "the module's program %s cannot be started: %s", s->launch.argv[0],
                   strerror(why));
}

/* ---- the end ---- */

/* Everything below this process: those whose parents have died are its children now. */
static bool signal_descendants(int signal)
{
    char path[64], list[65536];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, list, sizeof list - 1);
    if (fd >= 0)
        close(fd);
    bool any = false;
    for (char *at = list; n > 0 && at < list + n;) {
        long pid = strtol(at, &at, 10);
        at++;
        if (pid <= 0)
            continue;
        any = true;
        kill(-(pid_t)pid, signal); /* its group, where it leads one */
        kill((pid_t)pid, signal);
    }
    return any;
}

static void reap_rest(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
}

static void kill_rest(struct supervision *s)
{
    if (s->child > 0)
        kill(-s->child, SIGKILL);
    for (int i = 0; i < 100; i++) {
        reap_rest();
        if (!signal_descendants(SIGKILL))
            return;
        poll(NULL, 0, 20);
    }
}

static void ask_to_stop(struct supervision *s, const char *cause)
{
    if (!s->asked_ns) {
        s->asked_ns = clock_monotonic_ns();
        s->cause = cause;
        kill(-s->child, SIGTERM);
        signal_descendants(SIGTERM);
        return;
    }
    uint64_t waited_ns = clock_monotonic_ns() - s->asked_ns;
    if (waited_ns >= (uint64_t)s->launch.stop_grace_s * 1000000000u) {
        kill(-s->child, SIGKILL);
        signal_descendants(SIGKILL);
    }
}

static volatile sig_atomic_t told_to_end;

static void on_signal(int signal)
{
    told_to_end = 1;
}

static void look_after(struct supervision *s)
{
    uint64_t began_ns = clock_monotonic_ns();
    uint64_t limit_ns = (uint64_t)s->launch.timeout_s * 1000000000u;
    const char *cancel = path_of(s, "cancel");
    int pidfd = (int)syscall(SYS_pidfd_open, s->child, 0);
    for (;;) {
        struct pollfd wait_for = {.fd = pidfd, .events = POLLIN};
        poll(&wait_for, pidfd >= 0, LOOK_MS);
        if (wait4(s->child, &s->status, WNOHANG, &s->usage) == s->child)
            break;
        if (s->asked_ns || file_exists(cancel) || told_to_end)
            ask_to_stop(s, "cancelled");
        else if (limit_ns && clock_monotonic_ns() - began_ns > limit_ns)
            ask_to_stop(s, "timeout");
    }
    if (pidfd >= 0)
        close(pidfd);
}

static enum err supervise(struct supervision *s, struct err_ctx *e)
{
    enum err err = read_launch(s, e);
    if (!err)
        err = start_program(s, e);
    if (err)
        return err;
    s->cause = "exited";
    look_after(s);
    kill_rest(s);
    return ERR_OK;
}

/* SIGTERM ends the program as a cancellation does; the server's own death does nothing. */
static void set_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
        signal(ignored[i], SIG_IGN);
}

int main(int argc, char **argv)
{
    struct supervision s = {.cause = "not started", .room_fd = -1};
    struct clock clock;
    struct err_ctx e;
    if (argc != 2) {
        fputs("usage: crisol-supervise RUN_FOLDER (Crisol calls this by itself)\n", stderr);
        return 2;
    }
    err_ctx_init(&e);
    arena_init(&s.arena);
    clock_init(&clock);
    s.folder = argv[1];
    s.started_ms = clock_now_ms(&clock);
    fcntl(LOCK_FD, F_SETFD, FD_CLOEXEC);
    setsid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    set_signals();
    enum err err = take_room(&s, &e);
    if (!err)
        err = supervise(&s, &e);
    tell_end(&s, err ? e.detail : NULL);
    arena_release(&s.arena);
    return 0;
}
