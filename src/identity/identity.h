/* identity/identity.h
 *
 * Who may do what: users, roles, sessions, API tokens, the audit log, and the hooks by which the
 * HTTP server asks before it lets a request through. The folder's door.
 *
 *     struct identity *identity = NULL;
 *     err = identity_open(&opts, &identity, e);
 *     opts_of_http.hooks = identity_hooks(identity);
 *     http_server_mount(server, &(struct http_mount){.routes = identity_routes,
 *                                                    .count = identity_route_count,
 *                                                    .context = identity});
 *     ...
 *     identity_close(identity);                              after the server has stopped
 *
 * Any thread. The caller owns what the options point to. */
#ifndef IDENTITY_IDENTITY_H
#define IDENTITY_IDENTITY_H

#include "base/clock.h"
#include "base/id.h"
#include "http/http.h"
#include "store/store.h"

enum { IDENTITY_LINK_BYTES = 41 };

struct streams;

struct identity_opts {
    struct store *store;
    const struct clock *clock;
    struct id_source *ids;
    struct streams *streams; /* that end with the credential that opened them */
    const char *version;     /* of the program, for the pages */
    int64_t session_ms;      /* how long a session lasts without being used */
    unsigned login_attempts; /* that may fail in 15 minutes, for one name */
    bool open_registration;  /* anybody may become a viewer */
    bool open_serving;       /* anybody may ask for predictions */
    bool open_metrics;       /* anybody may read /metrics */
};

struct identity;

extern const struct http_route identity_routes[];
extern const size_t identity_route_count;

WARN_UNUSED enum err identity_open(const struct identity_opts *opts, struct identity **out,
                                   struct err_ctx *e);
void identity_close(struct identity *identity);

struct http_hooks identity_hooks(struct identity *identity);

/* Users, tokens or sessions were changed and the change is committed: it takes effect now, also
 * for streams that are open. */
void identity_changed(struct identity *identity);

/* Makes the one-time link for the first administrator; `needed` is false where there is one. */
WARN_UNUSED enum err identity_make_link(struct identity *identity, bool *needed,
                                        char token[IDENTITY_LINK_BYTES], struct err_ctx *e);

#endif
