#include "base/config.h"

#include "base/num.h"

static const char *const defaults[][2] = {
    {"data", "./crisol-data"},
    {"listen", "127.0.0.1:8080"},
    {"database", ""},
    {"clock.virtual", ""},
    {"log.level", "info"},
    {"web.dir", ""},
    {"http.threads", "2"},
    {"http.workers", "8"},
    {"http.queue", "256"},
    {"http.connections", "1024"},
    {"http.idle_s", "60"},
    {"http.body_max_bytes", "16777216"},
    {"http.upload_max_bytes", "1073741824"},
    {"http.drain_s", "10"},
    {"node", "0"},
    {"store.readers", "8"},
    {"store.busy_timeout_ms", "5000"},
    {"identity.session_days", "7"},
    {"identity.registration", "false"},
    {"serving.anonymous", "false"},
    {"metrics.anonymous", "false"},
    {"predictions.durability", "committed"},
};

struct config {
    char *values[ARRAY_LEN(defaults)];
};

static size_t find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
        if (strcmp(defaults[i][0], name) == 0)
            return i;
    return ARRAY_LEN(defaults);
}

enum err config_open(struct config **out, struct err_ctx *e)
{
    *out = xcalloc(1, sizeof **out);
    return ERR_OK;
}

void config_close(struct config *c)
{
    for (size_t i = 0; c && i < ARRAY_LEN(defaults); i++)
        free(c->values[i]);
    free(c);
}

enum err config_set(struct config *c, const char *name, const char *value, struct err_ctx *e)
{
    size_t i = find(name);
    if (i == ARRAY_LEN(defaults))
        return err_set(e, ERR_INVALID, "there is no setting \"%s\"", name);
    free(c->values[i]);
    c->values[i] = xstrdup(value);
    return ERR_OK;
}

const char *config_text(const struct config *c, const char *name)
{
    size_t i = find(name);
    assert(i < ARRAY_LEN(defaults));
    return c->values[i] ? c->values[i] : defaults[i][1];
}

int64_t config_i64(const struct config *c, const char *name)
{
    int64_t value = 0;
    (void)!num_parse_i64(str_of(config_text(c, name)), INT64_MIN, INT64_MAX, &value);
    return value;
}

bool config_bool(const struct config *c, const char *name)
{
    return strcmp(config_text(c, name), "true") == 0;
}
