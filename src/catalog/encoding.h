/* catalog/encoding.h
 *
 * Turns a text in an old one-byte encoding into UTF-8.
 *
 *     char *utf8 = encoding_decode(text, &n);       free() it
 *
 * windows-1252 stands for Latin-1 too: they differ only where Latin-1 has control characters, and
 * what is called Latin-1 is windows-1252 more often than not. */
#ifndef CATALOG_ENCODING_H
#define CATALOG_ENCODING_H

#include "base/str.h"

/* The encoding by any of its names: "utf-8" or "windows-1252"; NULL for one that is not known. */
const char *encoding_find(struct str name);

/* From windows-1252. */
char *encoding_decode(struct str text, size_t *bytes);

#endif
