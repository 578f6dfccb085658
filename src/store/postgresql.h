/* store/postgresql.h
 *
 * The store on a PostgreSQL server. Any thread, one at a time for each connection. */
#ifndef STORE_POSTGRESQL_H
#define STORE_POSTGRESQL_H

#include "store/backend.h"

extern const struct backend postgresql_backend;

#endif
