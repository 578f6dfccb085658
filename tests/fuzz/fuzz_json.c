/* A request body: whatever the bytes, json_read() answers a document or says why not. */
#include "base/json.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err_ctx e;
    err_ctx_init(&e);
    json_t *document = NULL;
    enum err err = json_read(str_from((const char *)data, size), &document, &e);
    assert((err == ERR_OK) == (document != NULL));
    assert(err == ERR_OK || e.detail[0] != '\0');
    json_decref(document);
    return 0;
}
