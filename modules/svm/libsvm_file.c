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

/* RFC 4180: in quotes, with quotes doubled. */
static void write_quoted(FILE *to, const char *text)
{
    fputc('"', to);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', to);
        fputc(*text, to);
    }
    fputc('"', to);
}

/* The file is put together in memory first, so that it is on the disk whole or not at all. */
struct memory_file {
    FILE *to;
    char *text;
    size_t size;
};

static enum err memory_open(struct memory_file *file, const char *path, struct err_ctx *e)
{
    *file = (struct memory_file){0};
    file->to = open_memstream(&file->text, &file->size);
    return file->to ? ERR_OK : err_set_errno(e, errno, path);
}

static enum err memory_save(struct memory_file *file, const char *path, struct err_ctx *e)
{
    enum err err = ERR_OK;
    if (ferror(file->to))
        err = err_set(e, ERR_TOO_LARGE, "no memory to write %s", path);
    if (fclose(file->to) != 0 && !err)
        err = err_set_errno(e, errno, path);
    if (!err)
        err = file_write(path, str_from(file->text, file->size), e);
    free(file->text);
    return err;
}

enum err libsvm_file_write(const struct machine *m, const char *path, struct err_ctx *e)
{
    struct memory_file file;
    enum err err = memory_open(&file, path, e);
    if (err)
        return err;
    write_header(file.to, m);
    write_vectors(file.to, m);
    return memory_save(&file, path, e);
}

enum err libsvm_file_write_scaling(const struct machine *m, const char *const *features,
                                   const char *path, struct err_ctx *e)
{
    struct memory_file file;
    enum err err = memory_open(&file, path, e);
    if (err)
        return err;
    fputs("feature,offset,scale\n", file.to);
    for (size_t i = 0; i < m->feature_count; i++) {
        write_quoted(file.to, features[i]);
        fprintf(file.to, ",%.17g,%.17g\n", m->offset[i], m->scale[i]);
    }
    return memory_save(&file, path, e);
}
