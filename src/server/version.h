/* server/version.h
 *
 * Which program this is; the number comes from the build. */
#ifndef SERVER_VERSION_H
#define SERVER_VERSION_H

extern const char version_text[];

#endif
