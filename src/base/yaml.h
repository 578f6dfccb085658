/* base/yaml.h
 *
 * Reads a YAML document as the JSON value that says the same, so that whatever is written in YAML
 * is checked by the same code as what arrives as JSON. The one place that knows libyaml.
 *
 *     json_t *value = NULL;
 *     err = yaml_read(text, &value, e);        ERR_SYNTAX names line and column
 *
 * Plain scalars follow YAML's core schema: null and ~, true and false, numbers; everything else,
 * and whatever is in quotes, is text. One document; no aliases, no tags, no repeated keys, at
 * most JSON_DEPTH_MAX levels. Any thread. */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/json.h"

/* The caller owns `*out`. */
WARN_UNUSED enum err yaml_read(struct str text, json_t **out, struct err_ctx *e);

#endif
