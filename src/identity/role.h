/* identity/role.h
 *
 * One ladder: each step may do what the ones before it may. A route names its step in routes.def,
 * and with it the setting that opens the route to anybody, if there is one:
 *
 *     ROUTE(HTTP_POST, "/v2/models/{model}/infer", ROLE_SERVICE | OPEN_SERVING, ...) */
#ifndef IDENTITY_ROLE_H
#define IDENTITY_ROLE_H

#include "base/str.h"

enum role {
    ROLE_NONE,      /* anybody */
    ROLE_SERVICE,   /* predict, tell the truth, health: tokens only */
    ROLE_VIEWER,    /* reads everything */
    ROLE_DEVELOPER, /* trains, registers, changes traffic */
    ROLE_ADMIN      /* users, settings */
};

/* Added to a route's role. */
enum {
    ROLE_MASK = 0xff,
    OPEN_SERVING = 0x100,     /* serving.anonymous: prediction and health, not feedback */
    OPEN_METRICS = 0x200,     /* metrics.anonymous */
    OPEN_REGISTRATION = 0x400 /* identity.registration */
};

static inline enum role role_of_route(int route_role)
{
    return (enum role)(route_role & ROLE_MASK);
}

const char *role_text(enum role role);
WARN_UNUSED bool role_parse(struct str s, enum role *role);

#endif
