/* Any bytes as a table: the first says how it is read, the rest is the file. */
#include "catalog/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv_reader r;
    struct arena a;
    struct schema schema;
    json_t *columns = NULL, *preview = NULL, *warnings = json_array();
    struct csv_opts opts = {.separator = size ? ",;\t|\0"[data[0] % 5] : '\0',
                            .header = size ? (enum csv_header)(data[0] / 5 % 3) : CSV_HEADER_YES};
    arena_init(&a);
    if (size && csv_open(str_from((const char *)data + 1, size - 1), &opts, &r, NULL) == ERR_OK) {
        if (schema_read(&r, &a, &schema, warnings, NULL) == ERR_OK &&
            profile_read(&r, &schema, &columns, &preview, NULL) == ERR_OK) {
            json_decref(columns);
            json_decref(preview);
        }
        csv_close(&r);
    }
    json_decref(warnings);
    arena_release(&a);
    return 0;
}
