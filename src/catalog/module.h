/* catalog/module.h
 *
 * What can be trained: the folders that hold a module.yaml, the built-in ones and those of the data
 * directory. They are read when they are asked for, so a folder that is put there is found at once.
 *
 *     struct module_list list;
 *     err = module_list_read(&folders, arena, &list, e);
 *     const struct module *m = NULL;
 *     err = module_find(&folders, name, arena, &m, e);         ERR_NOT_FOUND, or a broken one too
 *     err = module_usable(m, e);                               ERR_CONFLICT with its error
 *
 * A module that cannot be read is listed all the same, with its `error`. Everything lives in the
 * arena. No state, any thread. */
#ifndef CATALOG_MODULE_H
#define CATALOG_MODULE_H

#include "base/json.h"
#include "catalog/cell.h"

struct module_folders {
    const char *built_in; /* NULL: none */
    const char *local;    /* NULL: none */
    const char *programs; /* where the programs of the built-in ones were built or installed, in a
                             folder for each; NULL: beside their module.yaml */
};

struct module {
    const char *name;   /* the folder's */
    const char *folder; /* where its command is run from */
    const char *version;
    json_t *document;   /* as GET /modules shows it */
    json_t *parameters; /* name → JSON Schema; borrowed from the document, NULL: cannot train */
    unsigned argc;      /* train.command, the module's own files in it as absolute paths */
    const char **argv;  /* and a NULL */
    unsigned inputs;    /* the types of columns that it reads: bit 1 << enum cell_type */
    json_t *resources;  /* train.resources, or NULL */
    const char *error;  /* NULL: fine */
};

struct module_list {
    struct module *modules;
    unsigned count;
};

enum { MODULE_COUNT_MAX = 1000, MODULE_FILE_BYTES_MAX = 1 << 20, MODULE_ARGS_MAX = 64 };

/* In the order of the names. */
WARN_UNUSED enum err module_list_read(const struct module_folders *folders, struct arena *a,
                                      struct module_list *out, struct err_ctx *e);

WARN_UNUSED enum err module_find(const struct module_folders *folders, struct str name,
                                 struct arena *a, const struct module **out, struct err_ctx *e);

/* Can it train now? */
WARN_UNUSED enum err module_usable(const struct module *m, struct err_ctx *e);

/* Does it say of itself that it can do the task? */
bool module_has_task(const struct module *m, const char *task);

/* Can it read a column of the type? By `train.features` of its module.yaml, a list of types; where
 * that says nothing: integer, number and boolean. */
static inline bool module_reads(const struct module *m, enum cell_type type)
{
    return (m->inputs >> type & 1) != 0;
}

#endif
