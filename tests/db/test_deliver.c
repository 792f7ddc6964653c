/*
 * The sender against a real queue and a receiver in a thread: everything goes out, signed and under
 * its id; what fails waits; and whatever happens to the database, nothing is lost or stuck. Runs
 * under tests/db/with-mariadb, in an empty database.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/stopsignal.h"
#include "db/fault.h"
#include "db/migrate.h"
#include "deliver/deliver.h"
#include "store/delivery.h"
#include "store/webhook.h"
#include "testdb.h"

#define PROJECT 7
#define IDS_MAX 4096
#define REQUEST_BYTES 65536
#define LEASE_MS 300

static struct db *db;
static struct arena *arena;
static struct err_info info;
static struct urlguard guard;
static struct seal seal;
static struct deliver_report sum;

/* ---- the receiver --------------------------------------------------------------------------- */

static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    int listener;
    unsigned port;
    const char *answer; /* to every request */
    char ids[IDS_MAX][37];
    size_t count;
} receiver = {.lock = PTHREAD_MUTEX_INITIALIZER};

#define ANSWER_OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* Keeps the webhook-id of a request; returns the bytes that it has, 0: it is not whole. */
static size_t take_request(const char *at, size_t len)
{
    const char *end = memmem(at, len, "\r\n\r\n", 4), *id = memmem(at, len, "webhook-id: ", 12);
    const char *length = memmem(at, len, "Content-Length: ", 16);
    if (!end || !id || !length)
        return 0;
    size_t whole = (size_t)(end + 4 - at) + (size_t)strtoul(length + 16, NULL, 10);
    if (len < whole)
        return 0;
    pthread_mutex_lock(&receiver.lock);
    ck_assert_uint_lt(receiver.count, IDS_MAX);
    snprintf(receiver.ids[receiver.count++], 37, "%.36s", id + 12);
    pthread_mutex_unlock(&receiver.lock);
    return whole;
}

static void *serve_link(void *link)
{
    int fd = *(int *)link;
    char *bytes = malloc(REQUEST_BYTES);
    size_t len = 0;
    free(link);
    for (ssize_t got = 1; got > 0;) {
        got = read(fd, bytes + len, REQUEST_BYTES - len);
        len += got > 0 ? (size_t)got : 0;
        for (size_t whole = take_request(bytes, len); whole; whole = take_request(bytes, len)) {
            memmove(bytes, bytes + whole, len -= whole);
            ck_assert_int_gt(write(fd, receiver.answer, strlen(receiver.answer)), 0);
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
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    receiver.answer = ANSWER_OK;
    receiver.count = 0;
    receiver.listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(receiver.listener, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(receiver.listener, 64), 0);
    ck_assert_int_eq(getsockname(receiver.listener, (struct sockaddr *)&address, &len), 0);
    receiver.port = ntohs(address.sin_port);
    ck_assert_int_eq(pthread_create(&receiver.thread, NULL, serve, NULL), 0);
}

static void stop_receiver(void)
{
    shutdown(receiver.listener, SHUT_RDWR);
    pthread_join(receiver.thread, NULL);
    close(receiver.listener);
}

/* Different ids that came. */
static size_t distinct_ids(void)
{
    size_t distinct = 0;
    for (size_t i = 0; i < receiver.count; i++) {
        size_t j = 0;
        while (strcmp(receiver.ids[j], receiver.ids[i]) != 0)
            j++;
        distinct += j == i;
    }
    return distinct;
}

/* ---- the queue ------------------------------------------------------------------------------ */

static void run(const char *sql)
{
    (void)testdb_exec(db, sql, DB_NO_PARAMS);
}

static int64_t count_of(const char *sql)
{
    return testdb_i64(db, sql, DB_NO_PARAMS);
}
#define COUNT(where) count_of("SELECT COUNT(*) FROM " where)

static uint32_t make_webhook(uint32_t project_id)
{
    struct webhook webhook;
    struct str secret;
    const char *url = arena_printf(arena, "http://127.0.0.1:%u/hook", receiver.port);
    struct webhook_input input = {.url = str_from(url), .events = STR("[\"*\"]"), .enabled = true};
    ck_assert_msg(webhook_create(db, arena, &seal, project_id, &input, &webhook, &secret, &info) ==
                      0,
                  "%s", info.message);
    return webhook.webhook_id;
}

/* `count` messages that are due. */
static void queue(uint32_t project_id, uint32_t webhook_id, unsigned count)
{
    testdb_exec(db,
                "INSERT INTO delivery (project_id, delivery_id, webhook_id, event_id, type, state,"
                " due_ms, segment_id, sequence, body, created_ms, updated_ms) SELECT ?,"
                " RANDOM_BYTES(16), ?, RANDOM_BYTES(16), 'contact.created', 1, 1, 0, 0,"
                " CONCAT('{\"n\":', seq, '}'), 1, 1 FROM seq_1_to_5000 WHERE seq <= ?",
                DB_PARAMS(DB_I64(project_id), DB_I64(webhook_id), DB_I64(count)));
    testdb_exec(db,
                "INSERT INTO delivery_due (project_id, webhook_id, due_ms, delivery_id, attempts)"
                " SELECT project_id, webhook_id, 1, delivery_id, 0 FROM delivery"
                " WHERE project_id = ? AND webhook_id = ? AND state = 1",
                DB_PARAMS(DB_I64(project_id), DB_I64(webhook_id)));
}

static void add_up(const struct deliver_report *report)
{
    sum.delivered += report->delivered;
    sum.failed += report->failed;
    sum.dead += report->dead;
    sum.refused += report->refused;
    sum.stale += report->stale;
    sum.unreadable += report->unreadable;
}

static int deliver(void)
{
    struct deliver_config config = {
        .guard = &guard, .seal = &seal, .lease_ms = LEASE_MS, .tell = add_up};
    bool more = true;
    info = (struct err_info){.code = ""};
    int err = deliver_run(db, &config, &more, &info);
    ck_assert(!more);
    return err;
}

static void setup(void)
{
    const char *dir = getenv("MUSTER_SQL_DIR");
    arena = arena_new();
    db = testdb_new();
    info = (struct err_info){.code = ""};
    sum = (struct deliver_report){0};
    ck_assert_msg(migrate_run(db, dir != NULL ? dir : "sql", NULL, &info) == 0, "%s", info.message);
    run("DELETE FROM webhook");
    run("DELETE FROM delivery");
    run("DELETE FROM delivery_due");
    run("DELETE FROM delivery_attempt");
    run("INSERT IGNORE INTO project (project_id, uuid, account_id, site_index, name, created_ms)"
        " VALUES (7, RANDOM_BYTES(16), 7, 0, 'p', 1), (8, RANDOM_BYTES(16), 7, 1, 'q', 1)");
    memset(&seal, 5, sizeof seal);
    ck_assert_int_eq(urlguard_parse("http://127.0.0.0/8", &guard, &info), 0);
    stopsignal_prepare();
    start_receiver();
}

static void teardown(void)
{
    stop_receiver();
    db_free(db);
    arena_free(arena);
}

/* ---- tests ---------------------------------------------------------------------------------- */

START_TEST(everything_goes_out_once)
{
    uint32_t other = make_webhook(8);
    queue(PROJECT, make_webhook(PROJECT), 450);
    queue(PROJECT, make_webhook(PROJECT), 1);
    queue(8, other, 3);
    ck_assert_msg(deliver() == 0, "%s", info.message);
    ck_assert_uint_eq(receiver.count, 454);
    ck_assert_uint_eq(distinct_ids(), 454);
    ck_assert_uint_eq(sum.delivered, 454);
    ck_assert_int_eq(COUNT("delivery WHERE state = 3 AND attempts = 1"), 454);
    ck_assert_int_eq(COUNT("delivery_attempt WHERE status = 200 AND reply = 'ok'"), 454);
    ck_assert_int_eq(COUNT("delivery_due"), 0);
}
END_TEST

START_TEST(what_fails_waits_for_its_step)
{
    queue(PROJECT, make_webhook(PROJECT), 30);
    receiver.answer = "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
    ck_assert_int_eq(deliver(), 0);
    ck_assert_int_eq(deliver(), 0); /* nothing is due */
    ck_assert_uint_eq(receiver.count, 30);
    ck_assert_uint_eq(sum.failed, 30);
    ck_assert_int_eq(COUNT("delivery WHERE state = 2"), 30);
    ck_assert_int_eq(COUNT("delivery_due WHERE step = 1 AND lease_token = 0"), 30);
}
END_TEST

START_TEST(an_address_that_is_not_allowed_is_not_sent_to)
{
    queue(PROJECT, make_webhook(PROJECT), 3);
    guard = (struct urlguard){.count = 0};
    ck_assert_int_eq(deliver(), 0);
    ck_assert_uint_eq(receiver.count, 0);
    ck_assert_uint_eq(sum.refused, 3);
    ck_assert_int_eq(COUNT("delivery_attempt WHERE status IS NULL AND duration_ms = 0"), 3);
}
END_TEST

/* The key of another installation: the messages wait, untried, and the run tells. */
START_TEST(a_secret_that_does_not_open_costs_no_attempt)
{
    uint32_t webhook_id = make_webhook(PROJECT);
    queue(PROJECT, webhook_id, 3);
    seal.key[0] ^= 1;
    ck_assert_int_eq(deliver(), 0);
    ck_assert_uint_ge(sum.unreadable, 1);
    ck_assert_uint_eq(receiver.count, 0);
    ck_assert_int_eq(COUNT("delivery_due WHERE attempts = 0"), 3);
    seal.key[0] ^= 1;
    ck_assert_int_eq(deliver(), 0);
    ck_assert_uint_eq(receiver.count, 3);
}
END_TEST

#ifdef MUSTER_FAULTS

static const struct {
    unsigned code;
    bool after;
} faults[] = {{1213, false}, {1205, false}, {2006, false}, {2013, false}, {2013, true}};

START_TEST(nothing_is_lost_or_stuck_whatever_fails)
{
    uint32_t webhook_id = make_webhook(PROJECT);
    for (unsigned n = 1; n <= 60; n++) {
        run("DELETE FROM delivery");
        receiver.count = 0;
        queue(PROJECT, webhook_id, 5);
        fault_arm(n, faults[_i].code, faults[_i].after);
        IGNORE_RESULT(deliver());
        fault_arm(0, 0, false);
        for (int round = 0; COUNT("delivery_due") > 0; round++) {
            ck_assert_msg(round < 20, "%u: %lld are stuck", n, (long long)COUNT("delivery_due"));
            ck_assert_msg(deliver() == 0, "%u: %s", n, info.message);
            usleep(LEASE_MS * 1000 / 4);
        }
        ck_assert_msg(distinct_ids() == 5, "%u: %zu ids", n, distinct_ids());
        ck_assert_msg(COUNT("delivery WHERE state = 3") == 5, "%u", n);
    }
}
END_TEST

#endif

int main(void)
{
    Suite *suite = suite_create("deliver");
    TCase *tests = tcase_create("deliver");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 240);
    tcase_add_test(tests, everything_goes_out_once);
    tcase_add_test(tests, what_fails_waits_for_its_step);
    tcase_add_test(tests, an_address_that_is_not_allowed_is_not_sent_to);
    tcase_add_test(tests, a_secret_that_does_not_open_costs_no_attempt);
#ifdef MUSTER_FAULTS
    tcase_add_loop_test(tests, nothing_is_lost_or_stuck_whatever_fails, 0, ARRAY_LEN(faults));
#endif
    suite_add_tcase(suite, tests);
    return testdb_run(suite);
}
