#include "svm/settings.h"

#include <math.h>

/* The parameters that are numbers, with the limits of module.yaml. */
static const struct limit {
    const char *name;
    size_t at;
    double min, max;
    bool above_min; /* the minimum itself is excluded */
    bool integer;
} limits[] = {
    {"C", offsetof(struct settings, c), 0, 1e6, true, false},
    {"coef0", offsetof(struct settings, coef0), -1e6, 1e6, false, false},
    {"degree", offsetof(struct settings, degree), 1, 20, false, true},
    {"epsilon", offsetof(struct settings, epsilon), 0, 1e6, false, false},
    {"folds", offsetof(struct settings, folds), 0, 50, false, true},
    {"gamma", offsetof(struct settings, gamma), 0, 1e6, true, false},
    {"nu", offsetof(struct settings, nu), 0, 1, true, false},
};

static const char *const kernel_names[] = {
    [KERNEL_LINEAR] = "linear",
    [KERNEL_POLYNOMIAL] = "polynomial",
    [KERNEL_RADIAL] = "radial",
    [KERNEL_SIGMOID] = "sigmoid",
};

static const char *const other_names[] = {"class_weight", "kernel", "probability", "scale"};

static enum err refuse(struct err_ctx *e, const char *name, const char *what)
{
    return err_set(e, ERR_INVALID, "the parameter %s %s", name, what);
}

static enum err read_number(struct settings *settings, const struct run *run,
                            const struct limit *limit, struct err_ctx *e)
{
    enum run_kind kind = run_parameter_kind(run, limit->name);
    if (kind == RUN_NONE)
        return ERR_OK;
    if (kind != RUN_NUMBER)
        return refuse(e, limit->name, "has to be a number");
    double value = run_parameter_number(run, limit->name);
    if (limit->integer && value != floor(value))
        return refuse(e, limit->name, "has to be an integer");
    if (!(value <= limit->max) ||
        (limit->above_min ? !(value > limit->min) : !(value >= limit->min)))
        return err_set(e, ERR_INVALID, "the parameter %s is %g; it has to be %s %g and at most %g",
                       limit->name, value, limit->above_min ? "greater than" : "at least",
                       limit->min, limit->max);
    memcpy((char *)settings + limit->at, &value, sizeof value);
    return ERR_OK;
}

static enum err read_numbers(struct settings *settings, const struct run *run, struct err_ctx *e)
{
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        if (strcmp(limits[i].name, "gamma") == 0 && run_parameter_kind(run, "gamma") == RUN_TEXT) {
            if (strcmp(run_parameter_text(run, "gamma"), "scale") != 0)
                return refuse(e, "gamma", "has to be a number or \"scale\"");
            continue;
        }
        enum err err = read_number(settings, run, &limits[i], e);
        if (err)
            return err;
    }
    return settings->folds == 1
               ? refuse(e, "folds", "has to be 0 (no cross-validation) or at least 2")
               : ERR_OK;
}

static enum err read_bool(bool *out, const struct run *run, const char *name, struct err_ctx *e)
{
    enum run_kind kind = run_parameter_kind(run, name);
    if (kind != RUN_NONE && kind != RUN_BOOL)
        return refuse(e, name, "has to be true or false");
    if (kind == RUN_BOOL)
        *out = run_parameter_bool(run, name);
    return ERR_OK;
}

static enum err read_kernel(struct settings *settings, const struct run *run, struct err_ctx *e)
{
    enum run_kind kind = run_parameter_kind(run, "kernel");
    if (kind == RUN_NONE)
        return ERR_OK;
    for (size_t i = 0; kind == RUN_TEXT && i < ARRAY_LEN(kernel_names); i++)
        if (strcmp(run_parameter_text(run, "kernel"), kernel_names[i]) == 0) {
            settings->kernel = (enum kernel)i;
            return ERR_OK;
        }
    return refuse(e, "kernel", "has to be \"radial\", \"polynomial\", \"linear\" or \"sigmoid\"");
}

static enum err read_weighting(struct settings *settings, const struct run *run, struct err_ctx *e)
{
    enum run_kind kind = run_parameter_kind(run, "class_weight");
    if (kind == RUN_NONE)
        return ERR_OK;
    if (kind == RUN_OBJECT)
        settings->weighting = WEIGHT_BY_LABEL;
    else if (kind == RUN_TEXT && strcmp(run_parameter_text(run, "class_weight"), "balanced") == 0)
        settings->weighting = WEIGHT_BALANCED;
    else
        return refuse(e, "class_weight",
                      "has to be \"balanced\" or an object of labels with their weights");
    if (!settings->classification)
        return refuse(e, "class_weight", "has no meaning for a regression: leave it out");
    if (settings->nu > 0)
        return refuse(e, "class_weight", "has no effect together with nu: leave one of them out");
    return ERR_OK;
}

static enum err check_names(const struct run *run, struct err_ctx *e)
{
    for (const char *name = NULL; (name = run_parameter_next(run, name));) {
        bool known = false;
        for (size_t i = 0; i < ARRAY_LEN(limits) && !known; i++)
            known = strcmp(name, limits[i].name) == 0;
        for (size_t i = 0; i < ARRAY_LEN(other_names) && !known; i++)
            known = strcmp(name, other_names[i]) == 0;
        if (!known)
            return err_set(e, ERR_INVALID, "the module svm has no parameter named \"%.60s\"", name);
    }
    return ERR_OK;
}

enum err settings_read(struct settings *settings, const struct run *run, struct err_ctx *e)
{
    *settings = (struct settings){.kernel = KERNEL_RADIAL,
                                  .c = 1,
                                  .degree = 3,
                                  .epsilon = 0.1,
                                  .scale = true,
                                  .probability = true,
                                  .classification = run->classification};
    enum err err = check_names(run, e);
    if (!err)
        err = read_kernel(settings, run, e);
    if (!err)
        err = read_numbers(settings, run, e);
    if (!err)
        err = read_bool(&settings->scale, run, "scale", e);
    if (!err)
        err = read_bool(&settings->probability, run, "probability", e);
    if (!err)
        err = read_weighting(settings, run, e);
    settings->probability = settings->probability && settings->classification;
    return err;
}

enum err settings_label_weights(const struct run *run, const struct classes *classes,
                                double *weight, struct err_ctx *e)
{
    for (size_t i = 0; i < classes->count; i++)
        weight[i] = 1;
    const char *label = NULL;
    double value;
    while (run_parameter_member(run, "class_weight", &label, &value)) {
        int at = classes_find(classes, label);
        if (at < 0)
            return err_set(e, ERR_INVALID,
                           "the parameter class_weight names \"%.60s\", and no training row has "
                           "that class",
                           label);
        if (!(value > 0) || value > 1e6)
            return err_set(e, ERR_INVALID,
                           "the parameter class_weight: the weight of \"%.60s\" has to be a "
                           "number greater than 0 and at most 1e+06",
                           label);
        weight[at] = value;
    }
    return ERR_OK;
}
