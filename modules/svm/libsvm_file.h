/* svm/libsvm_file.h
 *
 * Writes a machine as LIBSVM's own model file, so that svm-predict, e1071 and every other program
 * on LIBSVM can take it up. LIBSVM 3.24's svm_save_model() rounds to six digits, enough to move a
 * large decision value by more than what the ONNX file is off; this writer keeps every digit. */
#ifndef SVM_LIBSVM_FILE_H
#define SVM_LIBSVM_FILE_H

#include "svm/machine.h"

/* The classes appear as their places among the labels of signature.json: 0, 1, 2, ... The support
 * vectors are scaled: who uses the file scales its rows first (libsvm_file_write_scaling()). */
WARN_UNUSED enum err libsvm_file_write(const struct machine *m, const char *path,
                                       struct err_ctx *e);

/* A CSV file with a line per feature: feature, offset, scale. LIBSVM is given
 * (x - offset) × scale. */
WARN_UNUSED enum err libsvm_file_write_scaling(const struct machine *m, const char *const *features,
                                               const char *path, struct err_ctx *e);

#endif
