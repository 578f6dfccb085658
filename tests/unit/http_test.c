/* The HTTP server, spoken to through real sockets: what it promises to handlers and to clients. */
#include "http/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/num.h"
#include "base/pool.h"

enum { CLIENTS = 4, REQUESTS_EACH = 1500, BODY_MAX = 1000 };

struct fixture {
    struct http_server *server;
    struct pool *pool, *others;
    uint16_t port;
};

/* ---- what is served ---- */

static enum err finish_later(struct http_request *rq, struct err_ctx *e)
{
    buf_add(&rq->answer.body, STR("\"later\""));
    return ERR_OK;
}

static void resume(void *rq)
{
    http_resume(rq);
}

static enum err answer_later(struct http_request *rq, struct err_ctx *e)
{
    struct fixture *f = rq->context;
    rq->then = finish_later;
    http_defer(rq);
    if (pool_submit(f->others, resume, rq))
        http_resume(rq);
    return ERR_OK;
}

static enum err answer_now(struct http_request *rq, struct err_ctx *e)
{
    buf_add(&rq->answer.body, STR("\"now\""));
    return ERR_OK;
}

static enum err answer_slowly(struct http_request *rq, struct err_ctx *e)
{
    nanosleep(&(struct timespec){0, 100000000}, NULL);
    return answer_now(rq, e);
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/later/pool", .run = HTTP_POOL, .handle = answer_later},
    {.method = HTTP_GET, .pattern = "/later/inline", .run = HTTP_INLINE, .handle = answer_later},
    {.method = HTTP_GET, .pattern = "/slow", .run = HTTP_POOL, .handle = answer_slowly},
    {.method = HTTP_GET, .pattern = "/now/{name}", .run = HTTP_INLINE, .handle = answer_now},
    {.method = HTTP_POST, .pattern = "/now", .run = HTTP_INLINE, .handle = answer_now},
};

static void open_pool(const char *name, struct pool **out)
{
    struct err_ctx e;
    err_ctx_init(&e);
    assert_int_equal(
        pool_open(&(struct pool_opts){.name = name, .threads = 2, .queue_max = 64}, out, &e),
        ERR_OK);
}

static int open_fixture(void **state)
{
    static struct fixture f;
    struct err_ctx e;
    const char *url;
    uint64_t port;
    err_ctx_init(&e);
    open_pool("test", &f.pool);
    open_pool("others", &f.others);
    struct http_server_opts opts = {.listen = "127.0.0.1:0",
                                    .threads = 2,
                                    .connections_max = 64,
                                    .idle_timeout_s = 10,
                                    .body_timeout_s = 10,
                                    .body_max_bytes = BODY_MAX,
                                    .upload_max_bytes = BODY_MAX,
                                    .spool_folder = "/tmp",
                                    .pool = f.pool};
    assert_int_equal(http_server_open(&opts, &f.server, &e), ERR_OK);
    http_server_mount(f.server, &(struct http_mount){
                                    .routes = routes, .count = ARRAY_LEN(routes), .context = &f});
    assert_int_equal(http_server_start(f.server, &url, &e), ERR_OK);
    assert_true(num_parse_u64(str_of(strrchr(url, ':') + 1), 65535, &port));
    f.port = (uint16_t)port;
    *state = &f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;
    (void)!http_server_drain(f->server, 5000);
    http_server_close(f->server);
    pool_close(f->pool);
    pool_close(f->others);
    return 0;
}

/* ---- a client ---- */

static int connect_to(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval patience = {5, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return connect(fd, (struct sockaddr *)&to, sizeof to) ? -1 : fd;
}

/* One request and what came back, up to the end of `ending`. */
static bool ask(int fd, const char *request, const char *ending, char *answer, size_t room)
{
    size_t n = 0;
    if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
        return false;
    while (n + 1 < room) {
        ssize_t got = recv(fd, answer + n, room - n - 1, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        answer[n] = '\0';
        if (strstr(answer, ending))
            return true;
    }
    return false;
}

static void ask_once(struct fixture *f, const char *request, const char *ending, char *answer,
                     size_t room)
{
    int fd = connect_to(f->port);
    assert_true(fd >= 0);
    assert_true(ask(fd, request, ending, answer, room));
    close(fd);
}

struct client {
    struct fixture *f;
    const char *request;
    int answered;
};

static void *ask_often(void *argument)
{
    struct client *c = argument;
    char answer[2048];
    int fd = connect_to(c->f->port);
    while (c->answered < REQUESTS_EACH && ask(fd, c->request, "\"later\"", answer, sizeof answer))
        c->answered++;
    close(fd);
    return NULL;
}

static void ask_from_all_sides(struct fixture *f, const char *request)
{
    struct client clients[CLIENTS];
    pthread_t threads[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){f, request, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &clients[i]), 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(clients[i].answered, REQUESTS_EACH);
    }
}

/* ---- promises ---- */

static void a_handler_on_the_pool_may_answer_later(void **state)
{
    ask_from_all_sides(*state, "GET /later/pool HTTP/1.1\r\nHost: x\r\n\r\n");
}

static void a_handler_on_an_http_thread_may_answer_later(void **state)
{
    ask_from_all_sides(*state, "GET /later/inline HTTP/1.1\r\nHost: x\r\n\r\n");
}

static void text_that_cannot_be_decoded_is_refused(void **state)
{
    static const char *const requests[] = {
        "GET /now/x?a=%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /now/x?a=%ff HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /now/%ff HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /now/%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    };
    char answer[2048];
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        ask_once(*state, requests[i], "}", answer, sizeof answer);
        assert_non_null(strstr(answer, "HTTP/1.1 400"));
    }
}

static void a_body_that_nobody_wants_has_a_limit_too(void **state)
{
    char answer[2048];
    ask_once(*state, "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", "}", answer,
             sizeof answer);
    assert_non_null(strstr(answer, "HTTP/1.1 413"));
}

static void *ask_slowly(void *argument)
{
    struct client *c = argument;
    char answer[2048];
    int fd = connect_to(c->f->port);
    if (ask(fd, c->request, "\"now\"", answer, sizeof answer) &&
        strstr(answer, "Connection: close"))
        c->answered++;
    close(fd);
    return NULL;
}

static void draining_answers_what_has_begun_and_says_goodbye(void **state)
{
    struct client c = {*state, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n", 0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, ask_slowly, &c), 0);
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    assert_true(http_server_drain(c.f->server, 5000));
    pthread_join(thread, NULL);
    assert_int_equal(c.answered, 1);
    assert_int_equal(connect_to(c.f->port), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handler_on_the_pool_may_answer_later),
        cmocka_unit_test(a_handler_on_an_http_thread_may_answer_later),
        cmocka_unit_test(text_that_cannot_be_decoded_is_refused),
        cmocka_unit_test(a_body_that_nobody_wants_has_a_limit_too),
        cmocka_unit_test(draining_answers_what_has_begun_and_says_goodbye),
    };
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
