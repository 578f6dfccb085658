#include "base/log.h"

#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARNING] = "warning", [LOG_ERROR] = "error"};

static _Atomic int level_min = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&level_min, (int)level);
}

bool log_level_parse(struct str s, enum log_level *level)
{
    for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
        if (str_is(s, level_names[i])) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* Quotes and control characters are escaped, so that a value cannot forge a line of its own. */
static size_t escape(char *to, size_t max, const char *from)
{
    size_t n = 0;
    for (; *from && n + 4 < max; from++) {
        unsigned char c = (unsigned char)*from;
        if (c == '"' || c == '\\') {
            to[n++] = '\\';
            to[n++] = (char)c;
        } else if (c == '\n') {
            to[n++] = '\\';
            to[n++] = 'n';
        } else {
            to[n++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
        }
    }
    return n;
}

void log_write(enum log_level level, const char *where, const char *format, ...)
{
    if ((int)level < atomic_load_explicit(&level_min, memory_order_relaxed))
        return;
    char message[1024], line[2400], at[CLOCK_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);

    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_format((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, at);
    int head = snprintf(line, sizeof line, "time=%s level=%s where=%s msg=\"", at,
                        level_names[level], where);
    assert(head > 0 && (size_t)head < sizeof line / 8);
    size_t n = (size_t)head;
    n += escape(line + n, sizeof line - n - 2, message);
    line[n++] = '"';
    line[n++] = '\n';
    /* There is nowhere left to report that the log cannot be written. */
    ssize_t ignored = write(STDERR_FILENO, line, n);
    (void)ignored;
}
