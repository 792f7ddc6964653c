/*
 * Everything at once: processes that write on every kind of part, one that folds, one that merges
 * and rebuilds, readers that compare the engine's answers with rows read in the same snapshot, and
 * one that kills connections under all of them.
 * At the end the columns must be those that the rows give, bit for bit. Runs under
 * tests/db/with-mariadb.
 *
 * MUSTER_LIVE_SECONDS (15), MUSTER_LIVE_SEED (random; printed): the same seed draws the same, but
 * who comes first is the machine's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audience/chunkcache.h"
#include "audience/columnbuild.h"
#include "audience/rebuild.h"
#include "base/timeutil.h"
#include "column/key.h"
#include "columnhelp.h"
#include "livedraw.h"
#include "store/contactdata.h"
#include "store/contactdelete.h"
#include "store/event.h"
#include "store/eventdelete.h"
#include "store/member.h"
#include "json/jsonread.h"

#define CONTACTS 1500 /* that are written to */
#define BYSTANDERS                                                                                 \
    10000 /* and others: a large run is a twentieth of a base chunk, and over 256                  \
           */
#define WRITERS 4
#define READERS 3
#define FILTERS_AT_ONCE 12

/* What all processes see. */
static struct shared {
    int stop;
    uint64_t writes, refused, unavailable, deleted, batches, killed;
    uint64_t folds, folded, large, merges, merged, rebuilds, builds;
    uint64_t snapshots, comparisons, members;
} * shared;

static struct columnhelp help;
static uint64_t seed;
static char cache_dirs[READERS][300];
static const char *segments[4]; /* two static ones, a dynamic one, and one that names the others */
static uint64_t sets[6];        /* two static segments, tags and lists */
static struct uuid changing;    /* the dynamic one */

static void add(uint64_t *counter, uint64_t n)
{
    (void)__atomic_add_fetch(counter, n, __ATOMIC_RELAXED);
}

/* A COMMIT whose answer is lost, of one who cannot find out: it is for the next run to go on. */
static bool is_bad_luck(int err)
{
    if (err == ERR_UNAVAILABLE)
        add(&shared->unavailable, 1);
    return err == ERR_UNAVAILABLE;
}

/* ---- writers ------------------------------------------------------------------------------- */

struct writer {
    struct columnhelp help;
    struct livedraw draw;
};

static int read_patch(struct writer *w, const struct jsonval **ret)
{
    const struct jsonval *json;
    struct contactdata_input input;
    int err =
        jsonread_parse(w->help.arena, str_from(livedraw_patch(&w->draw)), &json, &w->help.info);
    if (!err)
        err = contactdata_read(w->help.arena, json, "data", &input, &w->help.info);
    if (!err)
        *ret = input.patch;
    return err;
}

static struct contactwrite_event *draw_event(struct writer *w)
{
    struct contactwrite_event *event = arena_alloc(w->help.arena, sizeof *event);
    event->name = str_from(livedraw_event(&w->draw));
    event->at_ms = CONTACTWRITE_NOW;
    event->data = str_from(livedraw_event_data(&w->draw));
    if (livedraw_number(&w->draw, 3) == 0) /* up to ten days ago, or a minute ahead */
        event->at_ms =
            timeutil_wall_ms() + 60000 - (int64_t)livedraw_number(&w->draw, 10 * 86400) * 1000;
    return event;
}

/* Upserts `count` contacts at once, some of them with an event. */
static int upsert(struct writer *w, size_t count)
{
    struct contactwrite_item *items = arena_array(w->help.arena, count, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        items[i].email = str_from(livedraw_email(&w->draw, CONTACTS));
        items[i].subscribe = (enum contactchange_subscribe)livedraw_number(&w->draw, 3);
        if (livedraw_number(&w->draw, 2))
            items[i].event = draw_event(w);
        int err = livedraw_number(&w->draw, 4) ? read_patch(w, &items[i].patch) : 0;
        if (err)
            return err;
    }
    struct contactwrite_batch batch = {
        .project_id = w->help.project_id, .items = items, .count = count};
    return contactwrite_upsert(&w->help.handles, w->help.arena, &batch, &w->help.info);
}

static int upsert_one(struct writer *w)
{
    return upsert(w, 1);
}

static int upsert_many(struct writer *w)
{
    add(&shared->batches, 1);
    return upsert(w, 20 + livedraw_number(&w->draw, 200));
}

/* A contact that is there, by a random address. */
static int find(struct writer *w, struct contact *ret)
{
    return contact_by_email(w->help.db, w->help.arena, w->help.project_id,
                            str_from(livedraw_email(&w->draw, CONTACTS)), ret, &w->help.info);
}

static int patch(struct writer *w)
{
    struct contact contact;
    struct contactchange change = {.subscribe =
                                       (enum contactchange_subscribe)livedraw_number(&w->draw, 3),
                                   .clear_data = livedraw_number(&w->draw, 10) == 0};
    if (livedraw_number(&w->draw, 4) == 0)
        change.email = str_from(livedraw_email(&w->draw, CONTACTS));
    int err = find(w, &contact);
    if (!err)
        err = read_patch(w, &change.patch);
    return err ? err
               : contactwrite_patch(w->help.db, w->help.arena, w->help.project_id, &contact.uuid,
                                    &change, &contact, &w->help.info);
}

static int erase(struct writer *w)
{
    struct contact contact;
    int err = find(w, &contact);
    if (!err)
        err = contactdelete_one(w->help.db, w->help.arena, w->help.project_id, &contact.uuid,
                                &w->help.info);
    if (!err)
        add(&shared->deleted, 1);
    return err;
}

static int record(struct writer *w)
{
    struct contact contact;
    struct event event;
    int err = find(w, &contact);
    return err ? err
               : event_record(w->help.db, w->help.arena, w->help.project_id,
                              str_from(livedraw_event(&w->draw)), &contact.uuid, (struct str){0},
                              str_from(livedraw_event_data(&w->draw)), &event, &w->help.info);
}

/* Half of them exist. */
static size_t draw_ordinals(struct writer *w, uint32_t *ret)
{
    size_t count = 1 + livedraw_number(&w->draw, 60);
    struct contact contact;
    for (size_t i = 0; i < count; i++)
        ret[i] = find(w, &contact) == 0 ? contact.ordinal : livedraw_number(&w->draw, 70000);
    w->help.info = (struct err_info){.code = ""};
    return count;
}

static int join(struct writer *w)
{
    uint32_t ordinals[60];
    size_t count = draw_ordinals(w, ordinals);
    return member_add(w->help.db, w->help.arena, w->help.project_id,
                      sets[livedraw_number(&w->draw, ARRAY_LEN(sets))], ordinals, count, NULL,
                      &w->help.info);
}

static int leave(struct writer *w)
{
    uint32_t ordinals[60];
    size_t count = draw_ordinals(w, ordinals);
    return member_remove(w->help.db, w->help.arena, w->help.project_id,
                         sets[livedraw_number(&w->draw, ARRAY_LEN(sets))], ordinals, count, NULL,
                         &w->help.info);
}

static int forget_event(struct writer *w)
{
    uint64_t deleted;
    return eventdelete_name(w->help.db, w->help.arena, w->help.project_id,
                            str_from(livedraw_number(&w->draw, 3) ? "rare" : "left"), &deleted,
                            &w->help.info);
}

/* A static segment that comes, fills and goes, with its set. */
static int short_lived_segment(struct writer *w)
{
    struct uuid uuid = uuid_new();
    struct segment segment;
    struct segment_input input = {
        .name = STR("short"), .slug = STR("short"), .kind = SEGMENT_STATIC, .counted_ms = 1};
    uint32_t ordinals[60];
    size_t count = draw_ordinals(w, ordinals);
    int err = segment_create(w->help.db, w->help.arena, w->help.project_id, &uuid, &input, &segment,
                             &w->help.info);
    if (!err)
        err = member_add(w->help.db, w->help.arena, w->help.project_id,
                         KEY_SET_SEGMENT(segment.segment_id), ordinals, count, NULL, &w->help.info);
    usleep(livedraw_number(&w->draw, 300) * 1000);
    if (!err)
        err = segment_delete(w->help.db, w->help.arena, w->help.project_id, &uuid, &w->help.info);
    return err ? err : member_sweep(w->help.db, w->help.arena, 3, &w->help.info);
}

static int change_filter(struct writer *w)
{
    struct segment segment;
    const char *condition = livedraw_condition(&w->draw, true);
    struct segment_input input = {
        .filter = str_from(condition), .source = str_from(condition), .counted_ms = 1};
    return segment_update(w->help.db, w->help.arena, w->help.project_id, &changing,
                          SEGMENT_SET_FILTER, &input, &segment, &w->help.info);
}

static const struct {
    unsigned weight;
    int (*write)(struct writer *w);
} kinds[] = {
    {30, upsert_one},   {4, upsert_many},  {20, patch},
    {10, erase},        {20, record},      {6, join},
    {4, leave},         {1, forget_event}, {1, short_lived_segment},
    {2, change_filter},
};

static int write_one(struct writer *w)
{
    unsigned total = 0;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        total += kinds[i].weight;
    unsigned at = livedraw_number(&w->draw, total);
    for (size_t i = 0;; i++) {
        if (at < kinds[i].weight)
            return kinds[i].write(w);
        at -= kinds[i].weight;
    }
}

static int writer(struct columnhelp *own, unsigned number)
{
    struct writer w = {.help = *own, .draw = {.state = seed + number, .arena = own->arena}};
    while (!shared->stop) {
        arena_reset(own->arena);
        w.help.info = (struct err_info){.code = ""};
        int err = write_one(&w);
        add(&shared->writes, 1);
        if (err == ERR_NOT_FOUND || err == ERR_CONFLICT)
            add(&shared->refused, 1);
        else if (!is_bad_luck(err) && err) {
            *own = w.help;
            return err;
        }
    }
    return 0;
}

/* ---- bad luck ------------------------------------------------------------------------------ */

/* Kills a connection several times a second. */
static int saboteur(struct columnhelp *own, unsigned number)
{
    struct livedraw draw = {.state = seed + number};
    int err = 0;
    while (!err && !shared->stop) {
        AUTO(db_rows) rows = NULL;
        usleep(livedraw_number(&draw, 300) * 1000);
        int got = db_one(own->db,
                         "SELECT id FROM information_schema.processlist WHERE db = DATABASE()"
                         " AND id <> CONNECTION_ID() ORDER BY RAND() LIMIT 1",
                         DB_NO_PARAMS, &rows, &own->info);
        if (got < 0)
            return got;
        if (got &&
            db_exec(own->db, "KILL ?", DB_PARAMS(DB_I64(db_i64(rows, 0))), NULL, &own->info) == 0)
            add(&shared->killed, 1);
        own->info = (struct err_info){.code = ""};
    }
    return err;
}

/* ---- upkeep -------------------------------------------------------------------------------- */

/* Counts the large runs: the levels between are to be used too. */
static int see_large(struct columnhelp *own)
{
    AUTO(db_rows) rows = NULL;
    int got = db_one(own->db, "SELECT COUNT(*) FROM delta_chunk WHERE project_id = ? AND run = 1",
                     DB_PARAMS(DB_U64(own->project_id)), &rows, &own->info);
    if (got < 0)
        return got;
    add(&shared->large, (uint64_t)db_i64(rows, 0));
    return 0;
}

static int folder(struct columnhelp *own, unsigned number)
{
    struct livedraw draw = {.state = seed + number};
    int err = 0;
    while (!err && !shared->stop) {
        struct upkeep_report report = {0};
        err = upkeep_fold(own->db, own->project_id, livedraw_number(&draw, 2), &report, &own->info);
        add(&shared->folds, 1);
        add(&shared->folded, report.folded_marks);
        if (!err)
            err = see_large(own);
        if (is_bad_luck(err))
            err = 0;
        usleep(livedraw_number(&draw, 60) * 1000);
    }
    return err;
}

static int merger(struct columnhelp *own, unsigned number)
{
    struct livedraw draw = {.state = seed + number};
    int err = 0;
    while (!err && !shared->stop) {
        struct upkeep_report report = {0};
        if (livedraw_number(&draw, 10) == 0) {
            err = columnbuild_run(own->db, own->project_id, NULL, &report, &own->info);
            add(&shared->builds, report.merged_chunks > 0);
        } else if (livedraw_number(&draw, 60) == 0) {
            err = rebuild_run(own->db, own->project_id, NULL, &report, &own->info);
            add(&shared->rebuilds, 1);
        } else {
            err = upkeep_merge(own->db, own->project_id, livedraw_number(&draw, 20) == 0, &report,
                               &own->info);
            add(&shared->merges, 1);
            add(&shared->merged, report.merged_chunks);
        }
        if (is_bad_luck(err))
            err = 0;
        usleep(livedraw_number(&draw, 100) * 1000);
    }
    return err;
}

/* ---- readers ------------------------------------------------------------------------------- */

/* As the API does it, which asks for columns of occurrences that are not there. */
static int ask(struct columnhelp *own, const char *condition)
{
    struct audience_page page;
    struct audience_query query = {.project_id = own->project_id,
                                   .filter = columnhelp_filter(own, condition),
                                   .at_ms = AUDIENCE_AT_NOW};
    return audience_page(own->db, own->arena, &query, &page, &own->info);
}

static int reader(struct columnhelp *own, unsigned number)
{
    struct livedraw draw = {.state = seed + number,
                            .arena = own->arena,
                            .segments = segments,
                            .segment_count = ARRAY_LEN(segments)};
    const char *dir = cache_dirs[number % READERS];
    int err = chunkcache_configure(*dir ? dir : NULL, &own->info);
    while (!err && !shared->stop) {
        const char *conditions[FILTERS_AT_ONCE];
        uint64_t members = 0;
        arena_reset(own->arena);
        for (size_t i = 0; i < ARRAY_LEN(conditions); i++)
            conditions[i] = livedraw_condition(&draw, false);
        err = columnhelp_compare(own, conditions, ARRAY_LEN(conditions), &members);
        add(&shared->snapshots, 1);
        add(&shared->comparisons, ARRAY_LEN(conditions));
        add(&shared->members, members);
        if (!err && livedraw_number(&draw, 4) == 0)
            err = ask(own, conditions[0]);
        if (is_bad_luck(err))
            err = 0;
        if (livedraw_number(&draw, 30) == 0)
            (void)chunkcache_evict(100000);
    }
    return err;
}

/* ---- the run ------------------------------------------------------------------------------- */

static pid_t start(int (*role)(struct columnhelp *own, unsigned number), unsigned number)
{
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct columnhelp own;
        int err = columnhelp_join(&own, help.project_id);
        if (!err)
            err = role(&own, number);
        if (err < 0)
            fprintf(stderr, "process %u: %s: %s\n", number, err_name(err), own.info.message);
        if (err)
            shared->stop = 1;
        _exit(err != 0);
    }
    return pid;
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void make_segments(void)
{
    struct segment made[4] = {columnhelp_static(&help, "s0"), columnhelp_static(&help, "s1")};
    struct livedraw draw = {.state = seed, .arena = help.arena, .segments = segments};
    char uuid[37];
    for (size_t i = 0; i < ARRAY_LEN(made); i++) {
        if (i == 2)
            made[i] = columnhelp_dynamic(&help, "d0", livedraw_condition(&draw, true));
        if (i == 3)
            made[i] = columnhelp_dynamic(
                &help, "d1",
                arena_printf(
                    help.arena,
                    "{\"logic\":\"OR\",\"groups\":[{\"filters\":[{\"field\":\"segment.%s\","
                    "\"operator\":\"memberOfSegment\"}]},{\"filters\":[{\"field\":"
                    "\"segment.%s\",\"operator\":\"notMemberOfSegment\"},{\"field\":"
                    "\"data.plan\",\"operator\":\"exists\"}]}]}",
                    segments[2], segments[0]));
        uuid_format(&made[i].uuid, uuid);
        segments[i] = arena_copy(help.arena, uuid, 36);
    }
    sets[0] = KEY_SET_SEGMENT(made[0].segment_id);
    sets[1] = KEY_SET_SEGMENT(made[1].segment_id);
    changing = made[2].uuid;
}

/* Tags 1 and 2, lists 1 and 2; of the third of each only conditions know. */
static void make_tags(void)
{
    struct uuid uuid;
    ck_assert(uuid_parse(STR(LIVEDRAW_TAG), &uuid));
    columnhelp_run(&help,
                   "INSERT INTO tag (project_id, tag_id, uuid, name, created_ms)"
                   " VALUES (?, 1, RANDOM_BYTES(16), 'one', 1)",
                   1);
    testdb_exec(help.db,
                "INSERT INTO tag (project_id, tag_id, uuid, name, created_ms)"
                " VALUES (?, 2, ?, 'two', 1)",
                DB_PARAMS(DB_U64(help.project_id), DB_BYTES(uuid.bytes, sizeof uuid.bytes)));
    columnhelp_run(&help,
                   "INSERT INTO contact_list (project_id, list_id, uuid, name, created_ms,"
                   " updated_ms) VALUES (?, 1, RANDOM_BYTES(16), 'one', 1, 1),"
                   " (?, 2, RANDOM_BYTES(16), 'two', 1, 1)",
                   2);
    for (uint32_t i = 1; i <= 2; i++) {
        sets[2 * i] = KEY_SET_TAG(i);
        sets[2 * i + 1] = KEY_SET_LIST(i);
    }
}

static void setup(void)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(shared, MAP_FAILED);
    seed = from_environment("MUSTER_LIVE_SEED", (uint64_t)uuid_random63() % 1000000000) * 1000;
    printf("seed %llu\n", (unsigned long long)(seed / 1000));
    (void)fflush(stdout);
    columnhelp_open(&help);
    make_segments();
    make_tags();
    columnhelp_contacts(&help, 1, BYSTANDERS,
                        "IF(seq % 10, NULL, JSON_OBJECT('plan', 'pro', 'score', seq % 7))", true);
    columnhelp_run(&help,
                   "UPDATE contact SET email = CONCAT('u', ordinal, '@live.example')"
                   " WHERE project_id = ?",
                   1);
    /* The new ones soon cross from chunk 0 to chunk 1. */
    columnhelp_run(&help, "UPDATE ordinal_block SET next_ordinal = 65000 WHERE project_id = ?", 1);
    for (unsigned i = 0; i + 1 < READERS; i++)
        (void)snprintf(cache_dirs[i], sizeof cache_dirs[i], "%s/cache-live-%u",
                       getenv("MUSTER_TEST_MARIADB_DIR"), i);
}

static void teardown(void)
{
    columnhelp_close(&help);
    (void)munmap(shared, sizeof *shared);
}

/* Roll-ups that are not what the log says. */
#define WRONG_ROLLUPS                                                                              \
    "SELECT COUNT(*) FROM (SELECT name_id, ordinal, COUNT(*) c, MIN(at_ms) f, MAX(at_ms) l"        \
    " FROM event WHERE project_id = ? AND ordinal IS NOT NULL GROUP BY name_id, ordinal) e"        \
    " LEFT JOIN contact_event r ON r.project_id = ? AND r.name_id = e.name_id AND"                 \
    " r.ordinal = e.ordinal WHERE r.count IS NULL OR r.count <> e.c OR r.first_ms <> e.f OR"       \
    " r.last_ms <> e.l"

static void check_end(void)
{
    struct upkeep_report report = {0};
    struct db_param project = DB_U64(help.project_id);
    ck_assert_int_eq(testdb_i64(help.db, WRONG_ROLLUPS, DB_PARAMS(project, project)), 0);
    columnhelp_verify(&help);
    ck_assert_int_eq(columnbuild_run(help.db, help.project_id, NULL, &report, &help.info), 0);
    columnhelp_verify(&help);
    columnhelp_fold(&help, true);
    columnhelp_merge(&help, true);
    ck_assert_int_eq(MARKS(&help), 0);
    ck_assert_int_eq(DELTAS(&help), 0);
    columnhelp_verify(&help);
    const char *merged = columnhelp_base_hashes(&help);
    columnhelp_rebuild(&help);
    ck_assert_str_eq(columnhelp_base_hashes(&help), merged);
    ck_assert_uint_gt(strlen(merged), 0);
    columnhelp_verify(&help);
}

static void tell(void)
{
    printf("%llu writes (%llu refused, %llu deletes, %llu batches, %llu killed,"
           " %llu unavailable), %llu folds"
           " of %llu marks (%llu large runs), %llu merges of %llu chunks, %llu rebuilds, %llu"
           " builds, %llu filters in %llu"
           " snapshots with %llu members\n",
           (unsigned long long)shared->writes, (unsigned long long)shared->refused,
           (unsigned long long)shared->deleted, (unsigned long long)shared->batches,
           (unsigned long long)shared->killed, (unsigned long long)shared->unavailable,
           (unsigned long long)shared->folds, (unsigned long long)shared->folded,
           (unsigned long long)shared->large, (unsigned long long)shared->merges,
           (unsigned long long)shared->merged, (unsigned long long)shared->rebuilds,
           (unsigned long long)shared->builds, (unsigned long long)shared->comparisons,
           (unsigned long long)shared->snapshots, (unsigned long long)shared->members);
}

START_TEST(live)
{
    int64_t end_us =
        timeutil_mono_us() + (int64_t)from_environment("MUSTER_LIVE_SECONDS", 15) * 1000000;
    pid_t pids[WRITERS + READERS + 3];
    unsigned count = 0;
    for (; count < WRITERS; count++)
        pids[count] = start(writer, count);
    for (; count < WRITERS + READERS; count++)
        pids[count] = start(reader, count);
    pids[count] = start(folder, count);
    count++;
    pids[count] = start(merger, count);
    count++;
    pids[count] = start(saboteur, count);
    while (!shared->stop && timeutil_mono_us() < end_us)
        usleep(20000);
    shared->stop = 1;
    bool good = true;
    for (size_t i = 0; i < ARRAY_LEN(pids); i++) {
        int status;
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        if (status)
            fprintf(stderr, "process %zu ended with status %#x\n", i, status);
        good &= status == 0;
    }
    tell();
    ck_assert_msg(good, "seed %llu", (unsigned long long)(seed / 1000));
    ck_assert_uint_le(shared->unavailable, shared->killed); /* no deadlock beyond five retries */
    ck_assert_uint_gt(shared->folded, 0);
    if (shared->folded > 20000) /* a slow machine may not come so far */
        ck_assert_uint_gt(shared->large, 0);
    ck_assert_uint_gt(shared->merged, 0);
    ck_assert_uint_gt(shared->members, 0);
    check_end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live");
    TCase *cases = tcase_create("live");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 0);
    tcase_add_test(cases, live);
    suite_add_tcase(suite, cases);
    return testdb_run(suite);
}
