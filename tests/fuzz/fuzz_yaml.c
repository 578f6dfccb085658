/* Any bytes as the module.yaml that somebody put into the folder of modules. */
#include "base/yaml.h"
#include "catalog/parameters.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *value = NULL, *complete = NULL;
    if (yaml_read(str_from((const char *)data, size), &value, NULL))
        return 0;
    if (parameters_check(value, NULL) == ERR_OK &&
        parameters_complete(value, value, &complete, NULL) == ERR_OK)
        json_decref(complete);
    json_decref(value);
    return 0;
}
