/* The body of a logged request as a disk might give it back: unpacked, or refused as damaged. What
 * is unpacked packs into a body that reads back the same. */
#include "predictions/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void pack_again(const struct record_view *view, struct arena *arena)
{
    struct record *r = NULL;
    struct record_view again;
    struct record_head head = {.row_ids = view->row_ids};
    if (record_new(&head, view->input_count ? view->inputs : NULL, view->input_count, &view->scores,
                   &r, NULL))
        return;
    enum err err = record_read(r->body, arena, &again, NULL);
    assert(err == ERR_OK && again.rows == view->rows && again.input_count == view->input_count);
    for (uint32_t i = 0; i < view->rows && i < 4; i++)
        (void)record_same_row(view, i, &again, i);
    record_unref(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err_ctx e;
    struct record_view view;
    arena_init(&arena);
    err_ctx_init(&e);
    enum err err = record_read(str_from((const char *)data, size), &arena, &view, &e);
    assert(err == ERR_OK || err == ERR_CORRUPT);
    if (!err)
        pack_again(&view, &arena);
    arena_release(&arena);
    return 0;
}
