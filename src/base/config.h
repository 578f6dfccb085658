/* base/config.h: stand-in until the configuration of the branch store has landed. */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "base/err.h"
#include "base/str.h"

struct config;

WARN_UNUSED enum err config_open(struct config **out, struct err_ctx *e);
void config_close(struct config *c);
WARN_UNUSED enum err config_set(struct config *c, const char *name, const char *value,
                                struct err_ctx *e);
const char *config_text(const struct config *c, const char *name);
int64_t config_i64(const struct config *c, const char *name);
bool config_bool(const struct config *c, const char *name);

#endif
