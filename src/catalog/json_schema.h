/* catalog/json_schema.h
 *
 * JSON Schema 2020-12 of one value, as far as parameters of modules need it.
 *
 *     err = json_schema_check(schema, e);              when it is declared
 *     if (!json_schema_fits(schema, value)) ...        a schema that was checked
 *     json_schema_describe(schema, &out);              "a number greater than 0"
 *
 * Understood: type, enum, const, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf,
 * minLength, maxLength, pattern (a POSIX extended expression), items, minItems, maxItems,
 * additionalProperties, maxProperties, oneOf, anyOf, not, default; title, description, examples
 * and whatever begins with "x-" is carried along. A schema with another keyword is refused, because
 * a rule that is not checked is worse than none. Nothing is kept; any thread. */
#ifndef CATALOG_JSON_SCHEMA_H
#define CATALOG_JSON_SCHEMA_H

#include "base/json.h"

/* ERR_INVALID says what is wrong; a default must obey its own schema. */
WARN_UNUSED enum err json_schema_check(json_t *schema, struct err_ctx *e);

bool json_schema_fits(const json_t *schema, const json_t *value);

/* What a value has to be, for people, at the end of the buffer. */
void json_schema_describe(const json_t *schema, struct buf *out);

#endif
