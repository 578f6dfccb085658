/* base/banned.h
 *
 * Functions whose use has cost other programs dearly: they overflow, they share hidden state or
 * they cannot report an error. Calling one of them does not compile; what to call instead stands
 * beside it. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#pragma GCC poison strcpy strcat strncpy strncat  /* buf_add(), snprintf() */
#pragma GCC poison sprintf vsprintf gets          /* snprintf(), buf_addf() */
#pragma GCC poison strtok                         /* str_split() */
#pragma GCC poison atoi atol atoll atof           /* num_parse_*() */
#pragma GCC poison localtime gmtime ctime asctime /* clock_format() */
#pragma GCC poison rand srand                     /* stats/rng.h, crypto_random() */
#pragma GCC poison system popen                   /* posix_spawn() with an argument vector */

#endif
