/*
 * WEBHOOK steps against a real queue and a receiver in a thread: each is called and the execution
 * goes on, what fails is called again for a day, what a dead worker may have called is told, and a
 * receiver that hangs keeps nobody else. Runs under tests/db/with-mariadb.
 */
#include "worker/calljob.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/stopsignal.h"
#include "contacthelp.h"
#include "db/fault.h"
#include "flow/executor.h"
#include "flow/start.h"
#include "store/workflow.h"

#define DAY_S UINT64_C(86400)
#define LEASE_S 60
#define REQUEST_BYTES 65536
#define REQUESTS_MAX 1000

static struct contacthelp help;
static struct config config;
static uint64_t ahead_s;

/* ---- the receiver -------------------------------------------------------------------------- */

static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    int listener;
    unsigned port;
    char away[128];                   /* the answer of /away: to another host */
    char requests[REQUESTS_MAX][400]; /* how each began: method and path, headers */
    size_t count;
} receiver = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const struct {
    const char *path, *answer;
} answers[] = {
    {" /ok", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
    {" /no", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"},
    {" /gone", "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"},
    {" /move", "HTTP/1.1 302 Found\r\nLocation: /ok?moved\r\nContent-Length: 0\r\n\r\n"},
    {" /keep", "HTTP/1.1 307 There\r\nLocation: /ok?kept\r\nContent-Length: 0\r\n\r\n"},
    {" /loop", "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n"},
    {" /inside", "HTTP/1.1 302 Found\r\nLocation: http://10.1.2.3/\r\nContent-Length: 0\r\n\r\n"},
};

/* The bytes of a whole request; 0: there is more to come. */
static size_t whole_request(const char *at, size_t len)
{
    const char *end = memmem(at, len, "\r\n\r\n", 4);
    const char *length = memmem(at, len, "Content-Length: ", 16);
    if (!end)
        return 0;
    size_t whole = (size_t)(end + 4 - at) + (length ? strtoul(length + 16, NULL, 10) : 0);
    return len < whole ? 0 : whole;
}

static void take_request(const char *at, int fd)
{
    pthread_mutex_lock(&receiver.lock);
    ck_assert_uint_lt(receiver.count, REQUESTS_MAX);
    snprintf(receiver.requests[receiver.count++], sizeof receiver.requests[0], "%s", at);
    pthread_mutex_unlock(&receiver.lock);
    const char *space = strchr(at, ' ');
    if (space && strncmp(space, " /away", 6) == 0)
        ck_assert_int_gt(write(fd, receiver.away, strlen(receiver.away)), 0);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        if (space && strncmp(space, answers[i].path, strlen(answers[i].path)) == 0)
            ck_assert_int_gt(write(fd, answers[i].answer, strlen(answers[i].answer)), 0);
    } /* others hang */
}

static void *serve_link(void *link)
{
    int fd = *(int *)link;
    char *bytes = calloc(1, REQUEST_BYTES + 1);
    size_t len = 0;
    free(link);
    for (ssize_t got = 1; got > 0;) {
        got = read(fd, bytes + len, REQUEST_BYTES - len);
        len += got > 0 ? (size_t)got : 0;
        for (size_t whole = whole_request(bytes, len); whole; whole = whole_request(bytes, len)) {
            take_request(bytes, fd);
            memmove(bytes, bytes + whole, len -= whole);
            bytes[len] = '\0';
        }
    }
    free(bytes);
    close(fd);
    return NULL;
}

static void *serve(void *nothing)
{
    (void)nothing;
    for (int fd = accept(receiver.listener, NULL, NULL); fd >= 0;
         fd = accept(receiver.listener, NULL, NULL)) {
        pthread_t thread;
        int *link = malloc(sizeof *link);
        *link = fd;
        ck_assert_int_eq(pthread_create(&thread, NULL, serve_link, link), 0);
        pthread_detach(thread);
    }
    return NULL;
}

static void start_receiver(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t len = sizeof address;
    receiver.count = 0;
    receiver.listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(receiver.listener, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(receiver.listener, 64), 0);
    ck_assert_int_eq(getsockname(receiver.listener, (struct sockaddr *)&address, &len), 0);
    receiver.port = ntohs(address.sin_port);
    snprintf(
        receiver.away, sizeof receiver.away,
        "HTTP/1.1 307 There\r\nLocation: http://127.0.0.2:%u/ok?away\r\nContent-Length: 0\r\n\r\n",
        receiver.port);
    ck_assert_int_eq(pthread_create(&receiver.thread, NULL, serve, NULL), 0);
}

static void setup(void)
{
    static const char *const tables[] = {"workflow",      "workflow_event", "flow_version",
                                         "flow_wait",     "flow_event",     "execution",
                                         "execution_due", "execution_step", "sequence"};
    contacthelp_reset();
    contacthelp_open(&help);
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        testdb_exec(help.handles.db, arena_printf(help.arena, "DELETE FROM %s", tables[i]),
                    DB_NO_PARAMS);
    config = (struct config){.webhook_allow = "http://127.0.0.0/8", .lease_s = LEASE_S};
    ahead_s = 0;
    stopsignal_prepare();
    start_receiver();
}

static void teardown(void)
{
    shutdown(receiver.listener, SHUT_RDWR);
    pthread_join(receiver.thread, NULL);
    close(receiver.listener);
    contacthelp_close(&help);
}

/* ---- short forms --------------------------------------------------------------------------- */

/* An enabled workflow that calls `url` when somebody does `event`, and then ends. */
static void make(const char *event, const char *url)
{
    struct workflow ret;
    struct str events[] = {str_from(event)};
    const char *text = arena_printf(
        help.arena,
        "{\"trigger\":{\"type\":\"EVENT\",\"config\":{\"eventName\":\"%s\"}},\"allowReentry\":"
        "false,\"steps\":[{\"id\":\"t\",\"type\":\"TRIGGER\",\"name\":\"t\",\"config\":{}},"
        "{\"id\":\"h\",\"type\":\"WEBHOOK\",\"name\":\"Tell them\",\"config\":{\"url\":\"%s\","
        "\"headers\":{\"X-Key\":\"{{email}}\"}}},"
        "{\"id\":\"x\",\"type\":\"EXIT\",\"name\":\"x\",\"config\":{}}],"
        "\"transitions\":[{\"from\":\"t\",\"to\":\"h\"},{\"from\":\"h\",\"to\":\"x\"}]}",
        event, url);
    struct workflow_edit edit = {.arena = help.arena,
                                 .workflow = {.name = STR("w"),
                                              .trigger = WORKFLOW_EVENT,
                                              .event = str_from(event),
                                              .enabled = true,
                                              .definition = str_from(text),
                                              .due_ms = WORKFLOW_NEVER},
                                 .events = events,
                                 .event_count = 1};
    int err =
        workflow_create(help.handles.db, help.arena, CONTACTHELP_PROJECT, &edit, &ret, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
}

/* The same on the receiver. */
static void make_path(const char *event, const char *path)
{
    make(event, arena_printf(help.arena, "http://127.0.0.1:%u%s", receiver.port, path));
}

static void track(const char *email, const char *event)
{
    struct contactwrite_item item;
    int err = contacthelp_track(&help, email, event, "{\"n\":1}", &item);
    ck_assert_msg(err == 0, "%s", help.info.message);
}

/* What the job `flows` does. */
static void flow(void)
{
    const struct executor executor = {help.handles.db, (int64_t)ahead_s * 1000, LEASE_S * 1000};
    struct start_report started = {.taken = 1};
    struct executor_report report = {.claimed = 1};
    int64_t now_ms = 0;
    while (started.taken + report.claimed > 0) {
        ck_assert_int_eq(db_now_ms(help.handles.db, &now_ms, &help.info), 0);
        ck_assert_msg(start_events(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                   now_ms + (int64_t)ahead_s * 1000, &started, &help.info) == 0,
                      "%s", help.info.message);
        ck_assert_msg(executor_batch(&executor, CONTACTHELP_PROJECT, &report, &help.info) == 0,
                      "%s", help.info.message);
    }
}

static bool call(void)
{
    AUTO(arena) arena = arena_new();
    const struct job job = {.db = help.handles.db, .arena = arena, .config = &config, .now = true};
    bool more;
    config.clock_ahead_s = ahead_s;
    return calljob_run(&job, &more);
}

static void work(void)
{
    flow();
    ck_assert(call());
    flow();
}

#define COUNT(where) contacthelp_i64(&help, "SELECT COUNT(*) FROM " where)
#define LAST(column)                                                                               \
    contacthelp_text(&help, "SELECT " column " FROM execution_step WHERE step = 'h'"               \
                            " ORDER BY execution_id DESC LIMIT 1")

static bool is_last(const char *begin)
{
    return receiver.count > 0 &&
           strncmp(receiver.requests[receiver.count - 1], begin, strlen(begin)) == 0;
}

/* ---- tests --------------------------------------------------------------------------------- */

START_TEST(each_is_called_and_goes_on)
{
    char email[40];
    make_path("buy", "/ok");
    for (int i = 0; i < 200; i++) {
        snprintf(email, sizeof email, "a%d@example.com", i);
        track(email, "buy");
    }
    work();
    ck_assert_uint_eq(receiver.count, 200);
    ck_assert_int_eq(COUNT("execution WHERE status = 4"), 200);
    ck_assert_int_eq(COUNT("execution_step WHERE step = 'h' AND outcome = '200'"), 200);
    ck_assert_int_eq(COUNT("execution_step WHERE problem IS NOT NULL"), 0);
    ck_assert_ptr_nonnull(strstr(receiver.requests[0], "X-Key: a"));
    ck_assert_ptr_nonnull(strstr(receiver.requests[0], "{\"contact\":{\"email\":\"a"));
}
END_TEST

START_TEST(what_fails_is_called_again_for_a_day)
{
    make_path("buy", "/no");
    track("a@example.com", "buy");
    work();
    work();
    ck_assert_uint_eq(receiver.count, 1);
    ck_assert_int_eq(COUNT("execution_due WHERE class = 2 AND attempts = 1 AND told = 1"), 1);
    for (ahead_s = 60; ahead_s < 2 * DAY_S; ahead_s += 1800)
        work();
    ck_assert_uint_ge(receiver.count, 6);
    ck_assert_uint_le(receiver.count, 7);
    ck_assert_int_eq(COUNT("execution WHERE status = 5"), 1);
    ck_assert_str_eq(LAST("outcome"), "failed");
    ck_assert_ptr_nonnull(strstr(LAST("problem"), "The answer was 503 ("));
    ck_assert_ptr_nonnull(strstr(contacthelp_text(&help, "SELECT reason FROM execution"),
                                 "The step \"Tell them\" failed: The answer was 503"));
}
END_TEST

START_TEST(an_answer_410_ends_it)
{
    make_path("buy", "/gone");
    track("a@example.com", "buy");
    work();
    ck_assert_uint_eq(receiver.count, 1);
    ck_assert_str_eq(LAST("problem"), "The answer was 410 (1 call)");
}
END_TEST

START_TEST(redirects)
{
    make_path("move", "/move");
    make_path("keep", "/keep");
    make_path("loop", "/loop");
    make_path("inside", "/inside");
    track("a@example.com", "move");
    work();
    ck_assert(is_last("GET /ok?moved"));
    track("a@example.com", "keep");
    work();
    ck_assert(is_last("POST /ok?kept"));
    ck_assert_ptr_nonnull(strstr(receiver.requests[receiver.count - 1], "X-Key: a@example.com"));
    ck_assert_int_eq(COUNT("execution WHERE status = 4"), 2);
    receiver.count = 0;
    track("a@example.com", "loop");
    work();
    ck_assert_uint_eq(receiver.count, 6);
    track("a@example.com", "inside");
    work();
    ck_assert_uint_eq(receiver.count, 7);
    ck_assert_int_eq(COUNT("execution_due WHERE class = 2 AND told = 1"), 2);
}
END_TEST

/* What one receiver may know another one may not. */
START_TEST(headers_do_not_go_to_another_origin)
{
    make_path("away", "/away");
    track("a@example.com", "away");
    work();
    ck_assert(is_last("POST /ok?away"));
    const char *request = receiver.requests[receiver.count - 1];
    ck_assert_ptr_null(strstr(request, "X-Key"));
    ck_assert_ptr_nonnull(strstr(request, "Content-Type: application/json"));
}
END_TEST

START_TEST(a_url_that_is_not_allowed_fails_at_once)
{
    make("buy", "http://10.1.2.3/{{email}}");
    track("a@example.com", "buy");
    work();
    ck_assert_int_eq(COUNT("execution WHERE status = 5"), 1);
    ck_assert_str_eq(LAST("outcome"), "failed");
}
END_TEST

/* Somebody died with the call in flight: it is made again, and the log says so. */
START_TEST(a_dead_worker_is_told_of)
{
    struct execution *claimed = NULL;
    size_t count = 0;
    int64_t now_ms = 0;
    make_path("buy", "/ok");
    track("a@example.com", "buy");
    flow();
    ck_assert_int_eq(db_now_ms(help.handles.db, &now_ms, &help.info), 0);
    ck_assert_int_eq(execution_claim(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                     EXECUTION_CALL, now_ms, 10, LEASE_S * 1000, &claimed, &count,
                                     &help.info),
                     0);
    ck_assert_uint_eq(count, 1);
    work();
    ck_assert_uint_eq(receiver.count, 0);
    ahead_s = LEASE_S + 1;
    work();
    ck_assert_uint_eq(receiver.count, 1);
    ck_assert_str_eq(LAST("outcome"), "200");
    ck_assert_ptr_nonnull(strstr(LAST("problem"), "more than once"));
}
END_TEST

/* Those that hang take as many places as one may have; the others are done long before. */
START_TEST(one_that_hangs_harms_nobody)
{
    char email[40];
    make("slow", arena_printf(help.arena, "http://127.0.0.2:%u/hang", receiver.port));
    make_path("buy", "/ok");
    for (int i = 0; i < 16; i++) {
        snprintf(email, sizeof email, "a%d@example.com", i);
        track(email, "slow");
    }
    for (int i = 0; i < 100; i++) {
        snprintf(email, sizeof email, "a%d@example.com", i);
        track(email, "buy");
    }
    flow();
    ck_assert(call());
    ck_assert_int_eq(COUNT("execution_step WHERE outcome = '200'"), 100);
    ck_assert_int_eq(COUNT("execution_due WHERE told = 1"), 16);
    ck_assert_int_lt(contacthelp_i64(&help, "SELECT MAX(s.at_ms - e.started_ms) FROM execution e"
                                            " JOIN execution_step s USING (execution_id)"
                                            " WHERE s.outcome = '200'"),
                     5000);
}
END_TEST

#ifdef MUSTER_FAULTS

START_TEST(nothing_is_lost_or_stuck_whatever_fails)
{
    static const struct {
        unsigned code;
        bool after;
    } faults[] = {{1213, false}, {2006, false}, {2013, true}};
    make_path("buy", "/ok");
    for (unsigned n = 1; n <= 20; n++) {
        track(arena_printf(help.arena, "a%d.%u@example.com", _i, n), "buy");
        flow();
        fault_arm(n, faults[_i].code, faults[_i].after);
        IGNORE_RESULT(call());
        fault_arm(0, 0, false);
        for (int round = 0; COUNT("execution_due") > 0; round++) {
            ck_assert_msg(round < 5, "%u: stuck", n);
            ahead_s += LEASE_S + 1;
            work();
        }
        ck_assert_int_eq(COUNT("execution WHERE status = 4"), n);
        ck_assert_int_eq(COUNT("execution_step WHERE outcome = '200'"), n);
        ck_assert_uint_ge(receiver.count, n);
    }
}
END_TEST

#endif

int main(void)
{
    Suite *suite = suite_create("calljob");
    TCase *tests = tcase_create("calljob");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, each_is_called_and_goes_on);
    tcase_add_test(tests, what_fails_is_called_again_for_a_day);
    tcase_add_test(tests, an_answer_410_ends_it);
    tcase_add_test(tests, redirects);
    tcase_add_test(tests, headers_do_not_go_to_another_origin);
    tcase_add_test(tests, a_url_that_is_not_allowed_fails_at_once);
    tcase_add_test(tests, a_dead_worker_is_told_of);
    tcase_add_test(tests, one_that_hangs_harms_nobody);
#ifdef MUSTER_FAULTS
    tcase_add_loop_test(tests, nothing_is_lost_or_stuck_whatever_fails, 0, 3);
#endif
    suite_add_tcase(suite, tests);
    return testdb_run(suite);
}
