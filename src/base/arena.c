#include "base/arena.h"

#include "base/err.h"

enum { BLOCK_BYTES = 32768, ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *older;
    size_t bytes;
    _Alignas(ALIGNMENT) char room[];
};

struct arena_hook {
    struct arena_hook *older;
    void (*run)(void *);
    void *argument;
};

void arena_init(struct arena *a)
{
    *a = (struct arena){NULL, NULL, NULL, 0};
}

static void run_hooks(struct arena *a)
{
    while (a->hooks) {
        struct arena_hook *hook = a->hooks;
        a->hooks = hook->older;
        hook->run(hook->argument);
    }
}

static void free_blocks(struct arena_block *block)
{
    while (block) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void arena_release(struct arena *a)
{
    run_hooks(a);
    free_blocks(a->blocks);
    arena_init(a);
}

void arena_reset(struct arena *a)
{
    run_hooks(a);
    struct arena_block *keep = a->blocks;
    while (keep && keep->bytes != BLOCK_BYTES) {
        struct arena_block *older = keep->older;
        free(keep);
        keep = older;
    }
    if (keep) {
        free_blocks(keep->older);
        keep->older = NULL;
    }
    a->blocks = keep;
    a->next = keep ? keep->room : NULL;
    a->left = keep ? keep->bytes : 0;
}

static void grow(struct arena *a, size_t bytes)
{
    size_t room = MAX(bytes, (size_t)BLOCK_BYTES);
    assert(room < SIZE_MAX - sizeof(struct arena_block));
    struct arena_block *block = xmalloc(sizeof *block + room);
    block->older = a->blocks;
    block->bytes = room;
    a->blocks = block;
    a->next = block->room;
    a->left = room;
}

void *arena_alloc_aligned(struct arena *a, size_t bytes, size_t alignment)
{
    assert(alignment >= ALIGNMENT && (alignment & (alignment - 1)) == 0);
    size_t pad = (size_t)(-(uintptr_t)a->next & (alignment - 1));
    if (!a->next || pad > a->left || bytes > a->left - pad) {
        assert(bytes < SIZE_MAX - alignment);
        grow(a, bytes + alignment);
        pad = (size_t)(-(uintptr_t)a->next & (alignment - 1));
    }
    void *p = a->next + pad;
    a->next += pad + bytes;
    a->left -= pad + bytes;
    return p;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    return arena_alloc_aligned(a, bytes, ALIGNMENT);
}

void *arena_zalloc(struct arena *a, size_t bytes)
{
    return memset(arena_alloc(a, bytes), 0, bytes);
}

char *arena_strdup(struct arena *a, struct str s)
{
    char *copy = arena_alloc(a, s.n + 1);
    if (s.n)
        memcpy(copy, s.p, s.n);
    copy[s.n] = '\0';
    return copy;
}

struct str arena_str(struct arena *a, struct str s)
{
    return str_from(arena_strdup(a, s), s.n);
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(n >= 0);
    char *text = arena_alloc(a, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

void arena_on_release(struct arena *a, void (*run)(void *), void *argument)
{
    struct arena_hook *hook = arena_alloc(a, sizeof *hook);
    *hook = (struct arena_hook){a->hooks, run, argument};
    a->hooks = hook;
}
