/* catalog/parameters.h
 *
 * The parameters that a module declares, each by a JSON Schema of one value, and the values that a
 * run gives them.
 *
 *     err = parameters_check(declared, e);                         when a module is read
 *     err = parameters_complete(declared, given, &complete, e);    when a run is asked for
 *
 * What of JSON Schema is understood stands in json_schema.h. */
#ifndef CATALOG_PARAMETERS_H
#define CATALOG_PARAMETERS_H

#include "base/json.h"

/* `declared` is an object: name → schema. ERR_INVALID says what is wrong with which schema; a
 * default must obey its own schema. */
WARN_UNUSED enum err parameters_check(json_t *declared, struct err_ctx *e);

/* `*complete` (the caller's) has every declared parameter that is given or has a default.
 * ERR_INVALID with an item "/parameters/NAME" for each value that does not fit and each name that
 * is not declared. `given` may be NULL. */
WARN_UNUSED enum err parameters_complete(json_t *declared, json_t *given, json_t **complete,
                                         struct err_ctx *e);

#endif
