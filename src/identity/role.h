/* identity/role.h
 *
 * One ladder: each step may do what the ones before it may. */
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

const char *role_text(enum role role);
WARN_UNUSED bool role_parse(struct str s, enum role *role);

#endif
