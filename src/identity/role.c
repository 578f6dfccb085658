#include "identity/role.h"

static const char *const role_names[] = {
    [ROLE_NONE] = "none",           [ROLE_SERVICE] = "service", [ROLE_VIEWER] = "viewer",
    [ROLE_DEVELOPER] = "developer", [ROLE_ADMIN] = "admin",
};

const char *role_text(enum role role)
{
    assert((unsigned)role < ARRAY_LEN(role_names));
    return role_names[role];
}

bool role_parse(struct str s, enum role *role)
{
    for (size_t i = 0; i < ARRAY_LEN(role_names); i++) {
        if (str_is(s, role_names[i])) {
            *role = (enum role)i;
            return true;
        }
    }
    return false;
}
