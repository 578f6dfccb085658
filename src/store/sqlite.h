/* store/sqlite.h
 *
 * The store in one file of the user's own machine. Any thread, one at a time for each connection.
 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "store/backend.h"

extern const struct backend sqlite_backend;

#endif
