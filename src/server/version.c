#include "server/version.h"

const char version_text[] = CRISOL_VERSION;
