#include "svm/libsvm_file.h"

#include <errno.h>

#include "base/file.h"

static const char *const kernel_words[] = {
    [KERNEL_LINEAR] = "linear",
    [KERNEL_POLYNOMIAL] = "polynomial",
    [KERNEL_RADIAL] = "rbf",
    [KERNEL_SIGMOID] = "sigmoid",
};

static const char *type_word(const struct machine *m)
{
    if (m->classification)
        return m->nu ? "nu_svc" : "c_svc";
    return m->nu ? "nu_svr" : "epsilon_svr";
}

static void write_numbers(FILE *to, const char *word, const double *values, size_t count)
{
    fputs(word, to);
    for (size_t i = 0; i < count; i++)
        fprintf(to, " %.17g", values[i]);
    fputc('\n', to);
}

static void write_header(FILE *to, const struct machine *m)
{
    fprintf(to, "svm_type %s\nkernel_type %s\n", type_word(m), kernel_words[m->kernel]);
    if (m->kernel == KERNEL_POLYNOMIAL)
        fprintf(to, "degree %d\n", m->degree);
    if (m->kernel != KERNEL_LINEAR)
        fprintf(to, "gamma %.17g\n", m->gamma);
    if (m->kernel == KERNEL_POLYNOMIAL || m->kernel == KERNEL_SIGMOID)
        fprintf(to, "coef0 %.17g\n", m->coef0);
    fprintf(to, "nr_class %zu\ntotal_sv %zu\n", m->classification ? m->class_count : 2,
            m->sv_count);
    write_numbers(to, "rho", m->rho, m->pair_count);
    if (!m->classification)
        return;
    fputs("label", to);
    for (size_t c = 0; c < m->class_count; c++)
        fprintf(to, " %zu", c);
    fputc('\n', to);
    if (m->prob_a) {
        write_numbers(to, "probA", m->prob_a, m->pair_count);
        write_numbers(to, "probB", m->prob_b, m->pair_count);
    }
    fputs("nr_sv", to);
    for (size_t c = 0; c < m->class_count; c++)
        fprintf(to, " %zu", m->class_sv_count[c]);
    fputc('\n', to);
}

static void write_vectors(FILE *to, const struct machine *m)
{
    size_t rows = m->classification ? m->class_count - 1 : 1;
    fputs("SV\n", to);
    for (size_t s = 0; s < m->sv_count; s++) {
        for (size_t r = 0; r < rows; r++)
            fprintf(to, "%.17g ", m->coef[r * m->sv_count + s]);
        const double *sv = m->sv + s * m->feature_count;
        for (size_t i = 0; i < m->feature_count; i++)
            if (sv[i] != 0)
                fprintf(to, "%zu:%.17g ", i + 1, sv[i]);
        fputc('\n', to);
    }
}

enum err libsvm_file_write(const struct machine *m, const char *path, struct err_ctx *e)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (!to)
        return err_set_errno(e, errno, path);
    write_header(to, m);
    write_vectors(to, m);
    enum err err = ferror(to) ? err_set(e, ERR_TOO_LARGE, "no memory to write %s", path) : ERR_OK;
    if (fclose(to) != 0 && !err)
        err = err_set_errno(e, errno, path);
    if (!err)
        err = file_write(path, str_from(text, size), e);
    free(text);
    return err;
}
