/* base/config.h
 *
 * What the user decided, from four sources: flags, environment variables, a file, defaults; the
 * first one that says something counts. All settings stand in config.def.
 *
 *     struct config *c = NULL;
 *     const char *const flags[] = {"http.threads=4", "data=/srv/crisol"};
 *     err = config_load(&(struct config_sources){.flags = flags, .flag_count = 2,
 *                                                .environment = environ}, &c, e);
 *     ... c->http_threads ...
 *     config_unref(c);
 *
 * The environment variable of http.threads is CRISOL_HTTP_THREADS. The file is YAML; maps in it
 * are joined by dots. Everything wrong is an error that names the source, the setting, what was
 * given and what is allowed; so is a setting that does not exist.
 *
 * A configuration does not change after it was loaded and may be read by any thread. */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdatomic.h>

#include "base/json.h"

enum config_source { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_ENVIRONMENT, CONFIG_FLAG };

enum config_setting {
#define X(field, ...) CONFIG_##field,
#include "base/config.def"
#undef X
    CONFIG_COUNT
};

/* The type of the fields below. A time is in milliseconds, 0 for none; texts belong to the
 * configuration and are never NULL. */
typedef bool config_BOOL;
typedef const char *config_CHOICE;
typedef int64_t config_INT;
typedef const char *config_TEXT;
typedef int64_t config_TIME;

struct config {
#define X(field, name, type, ...) config_##type field;
#include "base/config.def"
#undef X
    const char *texts[CONFIG_COUNT]; /* as they were written */
    enum config_source sources[CONFIG_COUNT];
    const char *file; /* NULL when none was read */
    json_t *rest;     /* what the file holds for other readers, by dotted name */
    struct arena arena;
    _Atomic unsigned refs;
};

struct config_sources {
    const char *const *flags; /* "name=value", a later one of the same name counts */
    size_t flag_count;
    char *const *environment; /* like environ; NULL: none */
    const char *file;         /* NULL: crisol.yaml in the data folder, where there is one */
    bool no_file;             /* not even that one */
};

WARN_UNUSED enum err config_load(const struct config_sources *from, struct config **out,
                                 struct err_ctx *e);

/* What holds where nobody says anything; no source is read. */
struct config *config_defaults(void);

struct config *config_ref(struct config *c);
void config_unref(struct config *c); /* NULL is fine */

/* The file's connections, probes and schedules and every list in it, as they stand there. A
 * borrowed reference, NULL where there is none. */
json_t *config_rest(const struct config *c, const char *name);

/* A file that says the same, with comments that explain it and tell where each value comes from;
 * secrets and what is there for other readers are left out. */
void config_dump(const struct config *c, struct buf *out);

/* An array with an object for each setting: {"name","value","default","unit","reloadable",
 * "description","source"}. A secret's value is null, or "***" where it is set. */
json_t *config_json(const struct config *c);

#endif
