/*
 * Changing, deleting and reading many contacts by ordinal, the jobs that do it, and the secrets of
 * public links. Runs under tests/db/with-mariadb.
 */
#include <stdio.h>
#include <stdlib.h>

#include "contacthelp.h"
#include "store/bulkjob.h"
#include "store/contactdelete.h"
#include "store/contactmany.h"
#include "store/fielddelete.h"
#include "store/publiclink.h"

#define PROJECT CONTACTHELP_PROJECT
#define LEASE_MS 60000

static struct contacthelp help;

static void setup(void)
{
    static const char *const statements[] = {"DELETE FROM bulk_job", "DELETE FROM bulk_part",
                                             "DELETE FROM public_link", "DELETE FROM email_event"};
    contacthelp_reset();
    contacthelp_open(&help);
    for (size_t i = 0; i < ARRAY_LEN(statements); i++) {
        testdb_exec(help.handles.db, statements[i], DB_NO_PARAMS);
    }
}

static void teardown(void)
{
    contacthelp_close(&help);
}

static void must(int err)
{
    ck_assert_msg(err == 0, "%s", help.info.message);
}

/* `count` contacts; fills their ordinals, ascending. */
static void make(unsigned count, const char *data, uint32_t *ordinals)
{
    for (unsigned i = 0; i < count; i++) {
        char email[40];
        (void)snprintf(email, sizeof email, "c%04u@example.com", i);
        ordinals[i] = contacthelp_must(&help, email, CONTACTCHANGE_KEEP, data).ordinal;
    }
}

/* ---- reading ------------------------------------------------------------------------------- */

struct seen {
    uint32_t at[1000];
    size_t count;
};

static void see(const struct contact *contact, void *ctx)
{
    struct seen *seen = ctx;
    ck_assert_uint_lt(seen->count, ARRAY_LEN(seen->at));
    ck_assert_str_eq(strchr(str_copy(help.arena, contact->email).at, '@'), "@example.com");
    seen->at[seen->count++] = contact->ordinal;
}

/* _i % 2: descending; _i / 2: every so many contacts is asked for (ranges, then lists). */
START_TEST(visits_in_the_order_asked)
{
    uint32_t ordinals[700];
    uint32_t asked[1000];
    struct seen *seen = arena_alloc(help.arena, sizeof *seen);
    size_t step = _i / 2 == 0 ? 1 : 7;
    size_t count = 0;
    make(700, NULL, ordinals);
    for (size_t i = 0; i < 700; i += step) {
        asked[count++] = ordinals[_i % 2 ? 699 - i : i];
    }
    if (_i % 2 == 0) {
        asked[count++] = ordinals[699] + 100; /* nobody */
    }
    must(contact_visit(help.handles.db, PROJECT, asked, count, see, seen, &help.info));
    ck_assert_uint_eq(seen->count, _i % 2 ? count : count - 1);
    ck_assert_mem_eq(seen->at, asked, seen->count * sizeof *asked);
}
END_TEST

/* ---- changing ------------------------------------------------------------------------------ */

static int unsubscribe(struct arena *arena, const struct contact *contact,
                       struct contactchange *ret, void *ctx, struct err_info *info)
{
    (void)arena;
    (void)contact;
    (void)ctx;
    (void)info;
    ret->subscribe = CONTACTCHANGE_UNSUBSCRIBE;
    return 0;
}

START_TEST(changes_many_with_events_and_marks)
{
    uint32_t ordinals[6];
    struct contactmany_counts counts;
    struct contactmany batch = {.project_id = PROJECT,
                                .ordinals = ordinals,
                                .count = 6,
                                .may_flip = true,
                                .change = unsubscribe};
    make(5, NULL, ordinals);
    ordinals[5] = ordinals[4] + 1; /* nobody */
    (void)contacthelp_must(&help, "c0002@example.com", CONTACTCHANGE_UNSUBSCRIBE, NULL);
    testdb_exec(help.handles.db, "DELETE FROM dirty", DB_NO_PARAMS);
    must(contactmany_change(help.handles.db, help.arena, &batch, &counts, &help.info));
    ck_assert_uint_eq(counts.changed, 4);
    ck_assert_uint_eq(counts.unchanged, 1);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM contact WHERE status = 2"), 5);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM event"), 5);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM dirty WHERE part >> 56 = 1"), 4);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM dirty WHERE part >> 56 = 2"), 4);
}
END_TEST

static const struct {
    const char *data;
    const char *path;
    const char *left; /* "": no data */
} fields[] = {
    {"{\"a\":1,\"b\":2}", "a", "{\"b\":2}"},
    {"{\"a\":1}", "a", ""},
    {"{\"a\":{\"b\":1,\"c\":2},\"d\":3}", "a.b", "{\"a\":{\"c\":2},\"d\":3}"},
    {"{\"a\":{\"b\":1}}", "a.b", "{\"a\":{}}"},
    {"{\"a\":{\"b\":{\"c\":[1]}}}", "a.b.c", "{\"a\":{\"b\":{}}}"},
    {"{\"a\":{\"b\":1}}", "a", ""},
    {"{\"a\":1}", "a.b", "{\"a\":1}"},
    {"{\"a\":1}", "b", "{\"a\":1}"},
};

START_TEST(takes_a_field_out)
{
    uint32_t ordinal;
    uint64_t changed = 9;
    make(1, fields[_i].data, &ordinal);
    must(fielddelete_many(help.handles.db, help.arena, PROJECT, str_from(fields[_i].path), &ordinal,
                          1, &changed, &help.info));
    ck_assert_str_eq(contacthelp_text(&help, "SELECT data FROM contact"), fields[_i].left);
    ck_assert_uint_eq(changed, strcmp(fields[_i].data, fields[_i].left) != 0);
}
END_TEST

/* ---- deleting ------------------------------------------------------------------------------ */

struct deleted {
    size_t done;
    size_t erased;
};

static int note_deleted(struct db *db, size_t done, size_t erased, void *ctx, struct err_info *info)
{
    struct deleted *deleted = ctx;
    (void)db;
    (void)info;
    *deleted = (struct deleted){done, erased};
    return 0;
}

START_TEST(deletes_many_and_counts_those_that_were_there)
{
    uint32_t ordinals[5];
    struct deleted deleted = {0, 0};
    struct contactdelete_batch batch = {ordinals, 5, note_deleted, &deleted};
    make(4, "{\"a\":1}", ordinals);
    ordinals[4] = ordinals[3] + 1; /* nobody */
    must(contacthelp_track(&help, "c0001@example.com", "login", NULL,
                           &(struct contactwrite_item){.subscribe = CONTACTCHANGE_KEEP}));
    must(contactdelete_many(help.handles.db, help.arena, PROJECT, &batch, &help.info));
    ck_assert_uint_eq(deleted.done, 5);
    ck_assert_uint_eq(deleted.erased, 4);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM contact"), 0);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM event"), 0);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM contact_event"), 0);
}
END_TEST

START_TEST(one_with_a_long_log_takes_several_turns)
{
    uint32_t ordinals[3];
    struct deleted deleted = {0, 0};
    make(3, NULL, ordinals);
    testdb_exec(help.handles.db,
                "INSERT INTO event (project_id, at_ms, uuid, ordinal, name_id, created_ms)"
                " SELECT 7, seq, RANDOM_BYTES(16), ?, 1, 1 FROM seq_1_to_5001",
                DB_PARAMS(DB_I64(ordinals[1])));
    testdb_exec(help.handles.db,
                "INSERT INTO event_name (project_id, name_id, name, first_seen_ms)"
                " VALUES (7, 1, 'tick', 1)",
                DB_NO_PARAMS);
    testdb_exec(help.handles.db,
                "INSERT INTO contact_event (project_id, name_id, ordinal, count, first_ms, last_ms)"
                " VALUES (7, 1, ?, 5001, 1, 5001)",
                DB_PARAMS(DB_I64(ordinals[1])));
    static const struct deleted turns[] = {{1, 1}, {0, 0}, {2, 2}};
    size_t done = 0;
    for (size_t i = 0; i < ARRAY_LEN(turns); i++) {
        struct contactdelete_batch batch = {ordinals + done, 3 - done, note_deleted, &deleted};
        testdb_exec(help.handles.db, "DELETE FROM dirty", DB_NO_PARAMS);
        must(contactdelete_many(help.handles.db, help.arena, PROJECT, &batch, &help.info));
        ck_assert_uint_eq(deleted.done, turns[i].done);
        ck_assert_uint_eq(deleted.erased, turns[i].erased);
        done += deleted.done;
        if (i == 1) { /* a part of the log is gone: its event is marked, the contact is there */
            ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM event"), 1);
            ck_assert_int_eq(
                contacthelp_i64(&help, "SELECT COUNT(*) FROM dirty WHERE part >> 56 = 2"), 1);
        }
    }
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM event"), 0);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM contact_event"), 0);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM contact"), 0);
}
END_TEST

/* ---- jobs ---------------------------------------------------------------------------------- */

static struct bulkjob new_job(enum bulkjob_kind kind)
{
    const struct bulkjob_part parts[] = {{0, STR("ab")}, {3, STR("cd")}};
    struct bulkjob job = {.project_id = PROJECT, .kind = kind, .total = 2};
    must(bulkjob_create(help.handles.db, &job, parts, 2, &help.info));
    return job;
}

static int move_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct bulkjob *job = ctx;
    const struct bulkjob_step step = {.next_ordinal = 70000, .done = 1, .counts = {1, 0}};
    return bulkjob_move(db, job, &step, LEASE_MS, info);
}

static void end_leases(void)
{
    testdb_exec(help.handles.db, "UPDATE bulk_job SET lease_until_ms = 0", DB_NO_PARAMS);
}

START_TEST(a_job_is_held_by_one_and_goes_on_where_it_was)
{
    struct bulkjob made = new_job(BULKJOB_DELETE);
    struct bulkjob first;
    struct bulkjob second;
    struct bulkjob_part part;
    struct db *db = help.handles.db;
    ck_assert_int_eq(bulkjob_claim(db, help.arena, LEASE_MS, &first, &help.info), 1);
    ck_assert_int_eq(bulkjob_claim(db, help.arena, LEASE_MS, &second, &help.info), 0);
    must(db_tx(db, DB_WRITE, move_body, &first, &help.info));
    end_leases();
    ck_assert_int_eq(bulkjob_claim(db, help.arena, LEASE_MS, &second, &help.info), 1);
    ck_assert_uint_eq(second.next_ordinal, 70000);
    ck_assert_uint_eq(second.counts.changed, 1);
    ck_assert_uint_eq(second.tries, 1);
    /* Who lost his lease changes nothing any more. */
    ck_assert_int_eq(db_tx(db, DB_WRITE, move_body, &first, &help.info), ERR_CONFLICT);
    ck_assert_int_eq(bulkjob_finish(db, &first, (struct str){NULL, 0}, &help.info), ERR_CONFLICT);
    ck_assert_int_eq(bulkjob_part(db, help.arena, &second, 1, &part, &help.info), 1);
    ck_assert_uint_eq(part.chunk, 3);
    ck_assert(str_eq_c(part.rows, "cd"));
    ck_assert_int_eq(bulkjob_part(db, help.arena, &second, 4, &part, &help.info), 0);
    must(bulkjob_finish(db, &second, (struct str){NULL, 0}, &help.info));
    must(bulkjob_get(db, help.arena, PROJECT, &made.job_id, &first, &help.info));
    ck_assert_int_eq(first.state, BULKJOB_COMPLETED);
    must(bulkjob_sweep(db, &help.info));
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM bulk_part"), 0);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM bulk_job"), 1);
}
END_TEST

START_TEST(jobs_of_a_project_are_done_one_after_the_other)
{
    struct bulkjob first;
    struct bulkjob second;
    struct db *db = help.handles.db;
    (void)new_job(BULKJOB_SUBSCRIBE);
    (void)new_job(BULKJOB_UNSUBSCRIBE);
    ck_assert_int_eq(bulkjob_claim(db, help.arena, LEASE_MS, &first, &help.info), 1);
    ck_assert_int_eq(bulkjob_claim(db, help.arena, LEASE_MS, &second, &help.info), 0);
    must(bulkjob_finish(db, &first, STR("it broke"), &help.info));
    ck_assert_int_eq(bulkjob_claim(db, help.arena, LEASE_MS, &second, &help.info), 1);
    ck_assert_int_ne(first.kind, second.kind);
}
END_TEST

/* ---- public links -------------------------------------------------------------------------- */

START_TEST(a_projects_secret_is_made_once_and_bare_ids_are_off)
{
    struct publiclink_secret first;
    struct publiclink_secret second;
    struct contact contact = contacthelp_must(&help, "a@example.com", CONTACTCHANGE_KEEP, NULL);
    uint32_t project = 0;
    struct db *db = help.handles.db;
    ck_assert_int_eq(publiclink_find(db, PROJECT, &first, &help.info), 0);
    must(publiclink_secret(db, PROJECT, &first, &help.info));
    must(publiclink_secret(db, PROJECT, &second, &help.info));
    ck_assert_mem_eq(&first, &second, sizeof first);
    ck_assert_int_eq(publiclink_bare_id(db, &contact.uuid, &project, &help.info), 0);
    must(publiclink_allow_bare_ids(db, PROJECT, true, &help.info));
    ck_assert_int_eq(publiclink_bare_id(db, &contact.uuid, &project, &help.info), 1);
    ck_assert_uint_eq(project, PROJECT);
    must(publiclink_allow_bare_ids(db, PROJECT, false, &help.info));
    ck_assert_int_eq(publiclink_bare_id(db, &contact.uuid, &project, &help.info), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rights");
    TCase *rights = tcase_create("rights");
    tcase_add_checked_fixture(rights, setup, teardown);
    tcase_set_timeout(rights, 60);
    tcase_add_loop_test(rights, visits_in_the_order_asked, 0, 4);
    tcase_add_test(rights, changes_many_with_events_and_marks);
    tcase_add_loop_test(rights, takes_a_field_out, 0, ARRAY_LEN(fields));
    tcase_add_test(rights, deletes_many_and_counts_those_that_were_there);
    tcase_add_test(rights, one_with_a_long_log_takes_several_turns);
    tcase_add_test(rights, a_job_is_held_by_one_and_goes_on_where_it_was);
    tcase_add_test(rights, jobs_of_a_project_are_done_one_after_the_other);
    tcase_add_test(rights, a_projects_secret_is_made_once_and_bare_ids_are_off);
    suite_add_tcase(suite, rights);
    return testdb_run(suite);
}
