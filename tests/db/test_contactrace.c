/*
 * Writers of contacts against one another, and Idempotency-Key. Runs under tests/db/with-mariadb.
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/timeutil.h"
#include "contacthelp.h"
#include "db/fault.h"
#include "store/contactdelete.h"
#include "store/idempotency.h"

static struct contacthelp help;

static void setup(void)
{
    contacthelp_reset();
    contacthelp_open(&help);
}

static void teardown(void)
{
    contacthelp_close(&help);
}

#define COUNT(table) contacthelp_i64(&help, "SELECT COUNT(*) FROM " table)

/* ---- contacts ------------------------------------------------------------------------------ */

#define KEYS_EACH 20

static int write_own_keys(struct contacthelp *writer, int number)
{
    for (int i = 0; i < KEYS_EACH; i++) {
        struct contactwrite_item item;
        char json[40];
        (void)snprintf(json, sizeof json, "{\"w%dk%d\": %d}", number, i, i);
        if (contacthelp_upsert(writer, "one@b.c", CONTACTCHANGE_KEEP, json, &item) != 0) {
            return -1;
        }
    }
    return 0;
}

static int64_t keys_of_one(void)
{
    return contacthelp_i64(&help, "SELECT JSON_LENGTH(data) FROM contact WHERE email = 'one@b.c'");
}

START_TEST(eight_writers_of_one_contact_lose_no_key)
{
    contacthelp_must(&help, "one@b.c", CONTACTCHANGE_KEEP, "{\"first\": 1}");
    ck_assert_int_eq(contacthelp_fork(8, write_own_keys), 8);
    ck_assert_int_eq(keys_of_one(), 8 * KEYS_EACH + 1);
}
END_TEST

START_TEST(eight_writers_of_a_new_contact_lose_no_key)
{
    ck_assert_int_eq(contacthelp_fork(8, write_own_keys), 8);
    ck_assert_int_eq(COUNT("contact"), 1);
    ck_assert_int_eq(keys_of_one(), 8 * KEYS_EACH);
    ck_assert_int_eq(COUNT("field"), 8 * KEYS_EACH);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT last_value FROM counter WHERE kind = 3"),
                     8 * KEYS_EACH);
}
END_TEST

/* 0 when this process made it, 1 when another did. */
static int make_one(struct contacthelp *writer, int number)
{
    struct contactwrite_item item;
    (void)number;
    int err = contacthelp_upsert(writer, "one@b.c", CONTACTCHANGE_KEEP, NULL, &item);
    return err != 0 ? -1 : item.outcome == CONTACTWRITE_CREATED ? 0 : 1;
}

START_TEST(of_two_that_make_one_address_one_makes_it)
{
    for (int round = 0; round < 10; round++) {
        testdb_exec(help.handles.db, "DELETE FROM contact", DB_NO_PARAMS);
        ck_assert_int_eq(contacthelp_fork(2, make_one), 1);
        ck_assert_int_eq(COUNT("contact"), 1);
    }
}
END_TEST

#define BATCH 200
#define ROUNDS 5

/* All write the same addresses, every second process in the opposite order. */
static int write_batches(struct contacthelp *writer, int number)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct contactwrite_item *items = arena_array(writer->arena, BATCH, sizeof *items);
        for (int i = 0; i < BATCH; i++) {
            int at = number % 2 == 0 ? i : BATCH - 1 - i;
            char *json = arena_printf(writer->arena, "{\"w%d\": %d}", number, round);
            struct contactwrite_event *event = arena_alloc(writer->arena, sizeof *event);
            event->name = STR("tick");
            event->at_ms = CONTACTWRITE_NOW;
            items[i] = (struct contactwrite_item){
                .email = str_from(arena_printf(writer->arena, "c%d@x.y", at)),
                .patch = contacthelp_data(writer, json).patch,
                .event = event};
        }
        struct contactwrite_batch batch = {.project_id = CONTACTHELP_PROJECT,
                                           .items = items,
                                           .count = BATCH,
                                           .all_or_nothing = true};
        if (contactwrite_upsert(&writer->handles, writer->arena, &batch, &writer->info) != 0) {
            return -1;
        }
    }
    return 0;
}

START_TEST(batches_over_the_same_contacts)
{
    ck_assert_int_eq(contacthelp_fork(4, write_batches), 4);
    ck_assert_int_eq(COUNT("contact"), BATCH);
    ck_assert_int_eq(COUNT("contact WHERE JSON_LENGTH(data) = 4"), BATCH);
    ck_assert_int_eq(COUNT("event"), 4 * ROUNDS * BATCH);
    ck_assert_int_eq(COUNT("contact_event WHERE count = 20"), BATCH);
}
END_TEST

/* Even numbers track, odd ones delete. */
static int track_or_delete(struct contacthelp *writer, int number)
{
    for (int i = 0; i < 50; i++) {
        struct contactwrite_item item;
        int err = contacthelp_track(writer, "one@b.c", "tick", NULL, &item);
        if (err == 0 && number % 2 == 1) {
            err = contactdelete_one(writer->handles.db, writer->arena, CONTACTHELP_PROJECT,
                                    &item.contact->uuid, &writer->info);
        }
        /* Four that make and erase one contact without pause may give up: that stores nothing,
         * which is what is looked at in the end. */
        if (err != 0 && err != ERR_NOT_FOUND && err != ERR_UNAVAILABLE) {
            return -1;
        }
    }
    return 0;
}

START_TEST(deletes_against_tracks_leave_nothing_behind)
{
    struct contactwrite_item item;
    ck_assert_int_eq(contacthelp_fork(4, track_or_delete), 4);
    ck_assert_int_eq(contacthelp_track(&help, "one@b.c", "tick", NULL, &item), 0);
    int64_t left = contacthelp_i64(&help, "SELECT SUM(count) FROM contact_event");
    ck_assert_int_eq(COUNT("contact"), 1);
    ck_assert_int_eq(COUNT("contact_event"), 1);
    ck_assert_int_eq(COUNT("event"), left);
    ck_assert_int_eq(COUNT("event e JOIN contact c USING (project_id, ordinal)"), left);
    /* Whoever had an event has a mark, also those that are gone. */
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM dirty WHERE part >> 56 = 1"),
                     contacthelp_i64(&help, "SELECT COUNT(*) FROM dirty WHERE part >> 56 = 2"));
}
END_TEST

/* ---- Idempotency-Key ----------------------------------------------------------------------- */

static int track_with_key(struct contacthelp *writer, const char *key, const char *event,
                          int64_t at_ms)
{
    struct idempotency_claim claim = {
        .key = str_from(key), .request = STR("POST /v1/track"), .status = 200};
    struct contactwrite_event tracked = {.name = str_from(event), .at_ms = at_ms};
    struct contactwrite_item item = {.email = STR("one@b.c"), .event = &tracked};
    struct contactwrite_batch batch = {.project_id = CONTACTHELP_PROJECT,
                                       .items = &item,
                                       .count = 1,
                                       .claim = &claim,
                                       .all_or_nothing = true};
    writer->info = (struct err_info){.code = ""};
    return contactwrite_upsert(&writer->handles, writer->arena, &batch, &writer->info);
}

static int track_with_one_key(struct contacthelp *writer, int number)
{
    (void)number;
    int err = track_with_key(writer, "one key", "tick", CONTACTWRITE_NOW);
    return err == ERR_CONFLICT && strcmp(writer->info.code, "IDEMPOTENCY_KEY_REUSED") == 0 ? 1
                                                                                           : err;
}

START_TEST(of_many_with_one_key_one_takes_effect)
{
    for (int round = 0; round < 5; round++) {
        testdb_exec(help.handles.db, "DELETE FROM idempotency", DB_NO_PARAMS);
        ck_assert_int_eq(contacthelp_fork(6, track_with_one_key), 1);
        ck_assert_int_eq(COUNT("event"), round + 1);
    }
    struct idempotency_original original;
    ck_assert_int_eq(idempotency_look(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                      STR("one key"), &original, &help.info),
                     0);
    ck_assert(original.known && original.status == 200);
    ck_assert(str_eq_c(original.request, "POST /v1/track"));
}
END_TEST

START_TEST(a_refused_request_releases_its_key)
{
    int64_t now_ms;
    ck_assert_int_eq(db_now_ms(help.handles.db, &now_ms, &help.info), 0);
    ck_assert_int_eq(track_with_key(&help, "k", "tick", now_ms + 3600000), ERR_UNPROCESSABLE);
    ck_assert_int_eq(COUNT("idempotency"), 0);
    ck_assert_int_eq(track_with_key(&help, "k", "tick", CONTACTWRITE_NOW), 0);
    ck_assert_int_eq(track_with_key(&help, "k", "other", CONTACTWRITE_NOW), ERR_CONFLICT);
    ck_assert_int_eq(COUNT("event"), 1);
}
END_TEST

START_TEST(a_key_is_free_again_after_a_day)
{
    ck_assert_int_eq(track_with_key(&help, "k", "tick", CONTACTWRITE_NOW), 0);
    testdb_exec(help.handles.db,
                "UPDATE idempotency SET created_ms = created_ms - 86400000 + 60000", DB_NO_PARAMS);
    ck_assert_int_eq(track_with_key(&help, "k", "tick", CONTACTWRITE_NOW), ERR_CONFLICT);
    testdb_exec(help.handles.db, "UPDATE idempotency SET created_ms = created_ms - 60000",
                DB_NO_PARAMS);
    ck_assert_int_eq(track_with_key(&help, "k", "tick", CONTACTWRITE_NOW), 0);
    ck_assert_int_eq(track_with_key(&help, "k", "tick", CONTACTWRITE_NOW), ERR_CONFLICT);
    testdb_exec(help.handles.db, "UPDATE idempotency SET created_ms = created_ms - 86400000",
                DB_NO_PARAMS);
    ck_assert_int_eq(idempotency_purge(help.handles.db, CONTACTHELP_PROJECT, 10, &help.info), 0);
    ck_assert_int_eq(COUNT("idempotency"), 0);
}
END_TEST

/* The first use of a key, held open by a barrier in mid-transaction. */
struct held {
    struct db *db;
    pthread_barrier_t taken;
    pthread_barrier_t release;
};

static int held_body(struct db *db, void *ctx, struct err_info *info)
{
    struct held *held = ctx;
    struct idempotency_claim claim = {
        .key = STR("k"), .request = STR("POST /first"), .status = 200};
    int err = idempotency_take(db, CONTACTHELP_PROJECT, &claim, info);
    (void)pthread_barrier_wait(&held->taken);
    (void)pthread_barrier_wait(&held->release);
    return err < 0 ? err : ERR_INVAL;
}

static void *held_run(void *ctx)
{
    struct held *held = ctx;
    struct err_info info = {.code = ""};
    int err = db_tx(held->db, DB_WRITE, held_body, held, &info);
    return err == ERR_INVAL ? NULL : held;
}

START_TEST(a_key_in_use_is_waited_for_three_seconds)
{
    struct held held = {.db = testdb_new()};
    struct idempotency_original original;
    pthread_t thread;
    void *failed;
    pthread_barrier_init(&held.taken, NULL, 2);
    pthread_barrier_init(&held.release, NULL, 2);
    ck_assert_int_eq(pthread_create(&thread, NULL, held_run, &held), 0);
    (void)pthread_barrier_wait(&held.taken);
    int64_t started_us = timeutil_mono_us();
    ck_assert_int_eq(track_with_key(&help, "k", "tick", CONTACTWRITE_NOW), ERR_CONFLICT);
    int64_t waited_us = timeutil_mono_us() - started_us;
    ck_assert_msg(waited_us > 2900000 && waited_us < 4500000, "waited %lld us",
                  (long long)waited_us);
    ck_assert_str_eq(help.info.code, "IDEMPOTENCY_KEY_REUSED");
    ck_assert_int_eq(idempotency_look(help.handles.db, help.arena, CONTACTHELP_PROJECT, STR("k"),
                                      &original, &help.info),
                     0);
    ck_assert(original.known && original.status == 0);
    ck_assert(str_eq_c(original.request, "POST /first"));
    (void)pthread_barrier_wait(&held.release);
    pthread_join(thread, &failed);
    ck_assert_ptr_null(failed);
    /* The first one stored nothing: the key is free. */
    ck_assert_int_eq(track_with_key(&help, "k", "tick", CONTACTWRITE_NOW), 0);
    db_free(held.db);
}
END_TEST

/* ---- faults of the database ---------------------------------------------------------------- */

#ifdef MUSTER_FAULTS

/* A new contact, a field, an event name, a flip and a key: every kind of row that a track writes.
 */
static int track_all_kinds(void)
{
    struct idempotency_claim claim = {
        .key = STR("k"), .request = STR("POST /v1/track"), .status = 200};
    struct contactwrite_event events[2] = {
        {.name = STR("one"), .at_ms = CONTACTWRITE_NOW},
        {.name = STR("two"), .at_ms = CONTACTWRITE_NOW},
    };
    struct contactwrite_item items[2] = {
        {.email = STR("new@b.c"),
         .patch = contacthelp_data(&help, "{\"x\": {\"y\": 1}}").patch,
         .event = &events[0]},
        {.email = STR("old@b.c"), .subscribe = CONTACTCHANGE_UNSUBSCRIBE, .event = &events[1]},
    };
    struct contactwrite_batch batch = {.project_id = CONTACTHELP_PROJECT,
                                       .items = items,
                                       .count = 2,
                                       .claim = &claim,
                                       .all_or_nothing = true};
    help.info = (struct err_info){.code = ""};
    return contactwrite_upsert(&help.handles, help.arena, &batch, &help.info);
}

static void check_stored(bool stored)
{
    ck_assert_int_eq(COUNT("idempotency"), stored);
    ck_assert_int_eq(COUNT("contact WHERE email = 'new@b.c'"), stored);
    ck_assert_int_eq(COUNT("contact WHERE email = 'old@b.c' AND status = 2"), stored);
    ck_assert_int_eq(COUNT("event"), stored ? 3 : 0);
    ck_assert_int_eq(COUNT("contact_event WHERE count = 1"), stored ? 3 : 0);
    ck_assert_int_eq(COUNT("dirty"), stored ? 5 : 0);
}

static const struct {
    unsigned code;
    bool after;
} faults[] = {{1213, false}, {1205, false}, {2006, false}, {2013, false}, {2013, true}};

/* Makes the n-th statement fail. */
static void track_with_fault(unsigned n, unsigned code, bool after)
{
    struct contact old = contacthelp_must(&help, "old@b.c", CONTACTCHANGE_SUBSCRIBE, NULL);
    ck_assert_int_eq(old.status, CONTACT_SUBSCRIBED);
    testdb_exec(help.handles.db, "DELETE FROM dirty", DB_NO_PARAMS);
    testdb_exec(help.handles.db, "DELETE FROM event", DB_NO_PARAMS);
    testdb_exec(help.handles.db, "DELETE FROM contact_event", DB_NO_PARAMS);
    fault_arm(n, code, after);
    int err = track_all_kinds();
    fault_arm(0, 0, false);
    ck_assert_msg(err == 0 || err == ERR_UNAVAILABLE, "%u/%u: %s %s", n, code, err_name(err),
                  help.info.message);
    check_stored(err == 0);
    if (err < 0) {
        ck_assert_int_eq(track_all_kinds(), 0);
        check_stored(true);
    }
}

START_TEST(a_track_is_stored_once_whatever_fails)
{
    /* With all its names new a track makes fewer than 45 statements and COMMITs. */
    for (unsigned n = 1; n <= 45; n++) {
        contacthelp_close(&help);
        contacthelp_reset();
        contacthelp_open(&help);
        track_with_fault(n, faults[_i].code, faults[_i].after);
    }
}
END_TEST

START_TEST(a_delete_is_done_whatever_fails)
{
    for (unsigned n = 1; n <= 14; n++) {
        struct contactwrite_item item;
        ck_assert_int_eq(contacthelp_track(&help, "one@b.c", "tick", NULL, &item), 0);
        testdb_exec(help.handles.db, "DELETE FROM dirty", DB_NO_PARAMS);
        fault_arm(n, faults[_i].code, faults[_i].after);
        int err = contactdelete_one(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                    &item.contact->uuid, &help.info);
        fault_arm(0, 0, false);
        ck_assert_msg(err == 0, "%u: %s %s", n, err_name(err), help.info.message);
        ck_assert_int_eq(COUNT("contact"), 0);
        ck_assert_int_eq(COUNT("event"), 0);
        ck_assert_int_eq(COUNT("contact_event"), 0);
        ck_assert_int_eq(COUNT("dirty"), 2);
    }
}
END_TEST

#endif

int main(void)
{
    Suite *suite = suite_create("contactrace");
    TCase *races = tcase_create("races");
    tcase_add_checked_fixture(races, setup, teardown);
    tcase_set_timeout(races, 120);
    tcase_add_test(races, eight_writers_of_one_contact_lose_no_key);
    tcase_add_test(races, eight_writers_of_a_new_contact_lose_no_key);
    tcase_add_test(races, of_two_that_make_one_address_one_makes_it);
    tcase_add_test(races, batches_over_the_same_contacts);
    tcase_add_test(races, deletes_against_tracks_leave_nothing_behind);
    tcase_add_test(races, of_many_with_one_key_one_takes_effect);
    tcase_add_test(races, a_refused_request_releases_its_key);
    tcase_add_test(races, a_key_is_free_again_after_a_day);
    tcase_add_test(races, a_key_in_use_is_waited_for_three_seconds);
#ifdef MUSTER_FAULTS
    tcase_add_loop_test(races, a_track_is_stored_once_whatever_fails, 0, ARRAY_LEN(faults));
    tcase_add_loop_test(races, a_delete_is_done_whatever_fails, 0, ARRAY_LEN(faults));
#endif
    suite_add_tcase(suite, races);
    return testdb_run(suite);
}
