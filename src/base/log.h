/* base/log.h
 *
 * One line per event on standard error, in logfmt:
 *
 *     time=2026-01-31T08:15:00.000Z level=info where=training msg="run r1 is done" took_ms=1204
 *
 *     log_info("training", "run %s is done", id);
 *     log_error("store", "%s", e.detail);
 *
 * Never log a secret. Any thread; a line is written with one call and so stays whole. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Lines below the level are dropped; LOG_INFO at the start. */
void log_set_level(enum log_level level);
WARN_UNUSED bool log_level_parse(struct str s, enum log_level *level);

void log_write(enum log_level level, const char *where, const char *format, ...) PRINTF_LIKE(3, 4);

#define log_debug(where, ...) log_write(LOG_DEBUG, where, __VA_ARGS__)
#define log_info(where, ...) log_write(LOG_INFO, where, __VA_ARGS__)
#define log_warning(where, ...) log_write(LOG_WARNING, where, __VA_ARGS__)
#define log_error(where, ...) log_write(LOG_ERROR, where, __VA_ARGS__)

#endif
