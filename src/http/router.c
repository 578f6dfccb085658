#include "http/router.h"

struct router_node {
    char *literal; /* the segment, NULL for a parameter */
    size_t literal_bytes;
    struct router_node *children; /* literals */
    struct router_node *next;     /* sibling */
    struct router_node *param;    /* any one segment */
    struct router_node *rest;     /* everything that is left */
    const struct http_route *routes[HTTP_METHOD_COUNT];
    const struct http_mount *mounts[HTTP_METHOD_COUNT];
};

void router_init(struct router *r)
{
    r->root = xcalloc(1, sizeof *r->root);
}

static void free_node(struct router_node *node)
{
    while (node) {
        struct router_node *next = node->next;
        free_node(node->children);
        free_node(node->param);
        free_node(node->rest);
        free(node->literal);
        free(node);
        node = next;
    }
}

void router_release(struct router *r)
{
    free_node(r->root);
    r->root = NULL;
}

static struct router_node *find_literal(const struct router_node *node, struct str segment)
{
    for (struct router_node *child = node->children; child; child = child->next)
        if (str_eq(str_from(child->literal, child->literal_bytes), segment))
            return child;
    return NULL;
}

static struct router_node *ensure(struct router_node **slot)
{
    if (!*slot)
        *slot = xcalloc(1, sizeof **slot);
    return *slot;
}

static struct router_node *descend(struct router_node *node, struct str segment)
{
    if (str_starts(segment, STR("{")))
        return ensure(str_ends(segment, STR("*}")) ? &node->rest : &node->param);
    struct router_node *child = find_literal(node, segment);
    if (child)
        return child;
    child = xcalloc(1, sizeof *child);
    child->literal = xcalloc(1, segment.n + 1);
    memcpy(child->literal, segment.p, segment.n);
    child->literal_bytes = segment.n;
    child->next = node->children;
    node->children = child;
    return child;
}

/* Paths begin with a slash; one at the end makes no difference. */
static struct str segments_of(struct str path)
{
    if (path.n && path.p[0] == '/')
        path = str_from(path.p + 1, path.n - 1);
    if (path.n && path.p[path.n - 1] == '/')
        path.n--;
    return path;
}

void router_add(struct router *r, const struct http_route *route, const struct http_mount *mount)
{
    struct router_node *node = r->root;
    struct str rest = segments_of(str_of(route->pattern)), segment;
    if (rest.n)
        while (str_split(&rest, '/', &segment))
            node = descend(node, segment);
    assert(!node->routes[route->method]);
    node->routes[route->method] = route;
    node->mounts[route->method] = mount;
}

static bool has_routes(const struct router_node *node)
{
    for (unsigned m = 0; m < HTTP_METHOD_COUNT; m++)
        if (node->routes[m])
            return true;
    return false;
}

/* Tries the literal child, then the parameter, then the rest; a branch that has no route at its
 * end is left again. */
static const struct router_node *walk(const struct router_node *node, struct str rest,
                                      struct router_match *match)
{
    struct str segment;
    const struct router_node *found = NULL;
    struct str left = rest;
    if (!str_split(&left, '/', &segment))
        return has_routes(node) ? node : NULL;
    struct router_node *literal = find_literal(node, segment);
    if (literal)
        found = walk(literal, left, match);
    unsigned kept = match->param_count;
    if (!found && node->param && segment.n && kept < HTTP_PARAMS_MAX) {
        match->params[match->param_count++] = segment;
        found = walk(node->param, left, match);
        if (!found)
            match->param_count = kept;
    }
    if (!found && node->rest && kept < HTTP_PARAMS_MAX) {
        match->params[match->param_count++] = rest;
        found = node->rest;
    }
    return found;
}

void router_find(const struct router *r, enum http_method method, struct str path,
                 struct router_match *match)
{
    match->route = NULL;
    match->mount = NULL;
    match->param_count = 0;
    match->methods = 0;
    struct str rest = segments_of(path);
    if (rest.n == 0)
        rest.p = NULL;
    const struct router_node *node = walk(r->root, rest, match);
    if (!node && r->root->rest) {
        node = r->root->rest;
        match->params[match->param_count++] = segments_of(path);
    }
    if (!node)
        return;
    for (unsigned m = 0; m < HTTP_METHOD_COUNT; m++) {
        if (!node->routes[m])
            continue;
        match->methods |= 1u << m;
        match->mount = node->mounts[m];
    }
    match->route = node->routes[method];
    match->mount = match->route ? node->mounts[method] : match->mount;
}
