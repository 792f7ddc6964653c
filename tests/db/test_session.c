/*
 * Sessions and sign-in links: what they are good for, when they end, and what is noted. Runs under
 * tests/db/with-mariadb.
 */
#include <stdlib.h>
#include <string.h>

#include "base/timeutil.h"
#include "db/migrate.h"
#include "store/keyscope.h"
#include "store/project.h"
#include "store/session.h"
#include "store/sitesettings.h"
#include "testdb.h"

static struct db *db;
static struct arena *arena;
static struct err_info info;
static struct project project;
static const struct audit_actor somebody = {.program = {"test", 4}};

static void setup(void)
{
    const char *dir = getenv("MUSTER_SQL_DIR");
    arena = arena_new();
    db = testdb_new_in("session");
    info = (struct err_info){.code = ""};
    ck_assert_msg(migrate_run(db, dir != NULL ? dir : "sql", NULL, &info) == 0, "%s", info.message);
    ck_assert_int_eq(project_create(db, STR("A project"), 0, &project, &info), 0);
}

static void teardown(void)
{
    db_free(db);
    arena_free(arena);
}

/* A key is believed for a second unless something was revoked: each question is a new revocation,
 * so that it is the database that answers. */
static int find(const char *text, struct apikey_found *ret)
{
    static uint64_t revocations;
    struct apikey_text parsed;
    struct err_info ignored = {0};
    ck_assert(apikey_parse(str_from(text), &parsed));
    return apikey_find(db, &parsed, ++revocations, ret, &ignored);
}

static struct apikey make_key(uint32_t project_id, unsigned scopes)
{
    struct apikey_new fresh = {.kind = project_id ? APIKEY_SECRET : APIKEY_ACCOUNT,
                               .account_id = project.account_id,
                               .project_id = project_id,
                               .name = STR("Shop"),
                               .scopes = scopes};
    char text[APIKEY_TEXT_MAX];
    struct apikey_text parsed;
    struct apikey key;
    ck_assert_int_eq(apikey_create(db, &fresh, &somebody, text, &info), 0);
    ck_assert(apikey_parse(str_from(text), &parsed));
    ck_assert_int_eq(
        apikey_get(db, arena, project.account_id, str_from(parsed.key_id), &key, &info), 0);
    return key;
}

static struct session begin(const struct apikey *key)
{
    struct session session;
    ck_assert_int_eq(session_of_key(db, key, project.project_id, &session, &info), 0);
    return session;
}

/* Lines "action actor", the newest first, of the project's acts. */
static const char *acts(void)
{
    struct audit_row *rows;
    size_t count;
    const char *text = "";
    ck_assert_int_eq(audit_list(db, arena, project.project_id, NULL, 10, &rows, &count, &info), 0);
    for (size_t i = 0; i < count; i++)
        text = arena_printf(arena, "%s" STR_FMT " " STR_FMT "\n", text, STR_ARG(rows[i].action),
                            STR_ARG(rows[i].actor));
    return text;
}

START_TEST(notes_are_in_the_order_of_the_acts)
{
    enum { ACTS = 40 }; /* some of them in one millisecond */
    struct audit_row *rows;
    size_t count;
    for (int i = 0; i < ACTS; i++) {
        struct str number = str_from(arena_printf(arena, "%d", i));
        struct audit_act act = {.action = "a", .object_type = "b", .object_id = number};
        ck_assert_int_eq(
            audit_note(db, project.account_id, project.project_id, &somebody, &act, &info), 0);
    }
    ck_assert_int_eq(audit_list(db, arena, project.project_id, NULL, ACTS, &rows, &count, &info),
                     0);
    ck_assert_uint_eq(count, ACTS);
    for (int i = 0; i < ACTS; i++)
        ck_assert_int_eq(atoi(arena_printf(arena, STR_FMT, STR_ARG(rows[i].object_id))),
                         ACTS - 1 - i);
}
END_TEST

START_TEST(a_session_is_its_key_for_a_while)
{
    struct apikey key = make_key(project.project_id, KEYSCOPE_WRITE);
    struct session session = begin(&key);
    struct apikey_found found;
    int64_t left_ms = session.expires_ms - timeutil_wall_ms();
    ck_assert(left_ms <= SESSION_MS && left_ms > SESSION_MS - 60000);
    ck_assert_int_eq(find(session.key, &found), 0);
    ck_assert_uint_eq(found.project_id, project.project_id);
    ck_assert_uint_eq(found.scopes, KEYSCOPE_WRITE);
    ck_assert_int_eq(found.expires_ms, session.expires_ms);
    ck_assert_str_eq(acts(), "session.created Shop\nkey.created test\n");
    testdb_exec(db, "UPDATE api_key SET expires_ms = ? WHERE key_id = ?",
                DB_PARAMS(DB_I64(timeutil_wall_ms()), DB_STR(str_from(session.key_id))));
    ck_assert_int_eq(find(session.key, &found), ERR_DENIED);
}
END_TEST

START_TEST(it_ends_with_its_key)
{
    struct apikey key = make_key(project.project_id, KEYSCOPE_ALL);
    struct session session = begin(&key), other = begin(&key);
    struct apikey_found found;
    struct apikey *keys;
    size_t count;
    ck_assert_int_eq(apikey_revoke(db, str_from(other.key_id), &somebody, "session.ended", &info),
                     0);
    ck_assert_int_eq(find(other.key, &found), ERR_DENIED);
    ck_assert_int_eq(find(session.key, &found), 0);
    ck_assert_int_eq(apikey_list_of_project(db, arena, project.project_id, &keys, &count, &info),
                     0);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(apikey_revoke(db, key.key_id, &somebody, "key.revoked", &info), 0);
    ck_assert_int_eq(apikey_revoke(db, key.key_id, &somebody, "key.revoked", &info), 0);
    ck_assert_int_eq(find(session.key, &found), ERR_DENIED);
    ck_assert_int_eq(apikey_list_of_project(db, arena, project.project_id, &keys, &count, &info),
                     0);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(strncmp(acts(), "key.revoked test\nsession.ended test\nsession", 42), 0);
}
END_TEST

static const char *make_token(void)
{
    const char *token = NULL;
    ck_assert_int_eq(
        logintoken_create(db, arena, project.project_id, STR("Ada"), KEYSCOPE_READ, &token, &info),
        0);
    return token;
}

START_TEST(a_link_is_good_once)
{
    struct session session, second;
    struct apikey_found found;
    struct str token = str_from(make_token());
    ck_assert_int_eq(session_of_link(db, arena, token, &session, &info), 0);
    ck_assert_int_eq(find(session.key, &found), 0);
    ck_assert_uint_eq(found.scopes, KEYSCOPE_READ);
    ck_assert(str_eq_c(session.name, "Ada"));
    ck_assert_int_eq(session_of_link(db, arena, token, &second, &info), ERR_DENIED);
    ck_assert_str_eq(info.code, "INVALID_LOGIN_TOKEN");
    ck_assert_str_eq(acts(), "session.created Ada\n");
}
END_TEST

/* One who takes it in a transaction of his own. */
struct taker {
    const struct logintoken_text *token;
    int taken;
};

static int take_body(struct db *handle, void *ctx, struct err_info *problem)
{
    struct taker *taker = ctx;
    struct logintoken found;
    taker->taken = logintoken_take_here(handle, arena, taker->token, &found, problem);
    return taker->taken < 0 ? taker->taken : 0;
}

START_TEST(whoever_comes_second_gets_nothing)
{
    struct logintoken_text token;
    ck_assert(logintoken_parse(arena, str_from(make_token()), &token));
    struct taker first = {&token, 0}, second = {&token, 0};
    ck_assert_int_eq(db_tx(db, DB_WRITE, take_body, &first, &info), 0);
    ck_assert_int_eq(db_tx(db, DB_WRITE, take_body, &second, &info), 0);
    ck_assert_int_eq(first.taken, 1);
    ck_assert_int_eq(second.taken, 0);
}
END_TEST

START_TEST(a_link_is_over_with_time_or_its_project)
{
    struct session session;
    struct str late = str_from(make_token()), lost;
    testdb_exec(db, "UPDATE login_token SET expires_ms = ? WHERE project_id = ?",
                DB_PARAMS(DB_I64(timeutil_wall_ms()), DB_I64(project.project_id)));
    ck_assert_int_eq(session_of_link(db, arena, late, &session, &info), ERR_DENIED);
    lost = str_from(make_token());
    ck_assert_int_eq(sitesettings_delete(db, project.account_id, 0, &info), 0);
    ck_assert_int_eq(session_of_link(db, arena, lost, &session, &info), ERR_DENIED);
}
END_TEST

START_TEST(what_is_over_is_swept)
{
    struct apikey key = make_key(project.project_id, KEYSCOPE_ALL);
    struct session session = begin(&key);
    struct audit_row *rows;
    struct apikey_found found;
    size_t count;
    int64_t later_ms = timeutil_wall_ms() + 2 * SESSION_MS;
    make_token();
    testdb_exec(db, "UPDATE login_token SET expires_ms = 1 WHERE project_id = ?",
                DB_PARAMS(DB_I64(project.project_id)));
    ck_assert_int_eq(logintoken_sweep(db, 10, &info), 0);
    AUTO(db_rows) left = NULL;
    ck_assert_int_eq(db_one(db, "SELECT 1 FROM login_token WHERE project_id = ? LIMIT 1",
                            DB_PARAMS(DB_I64(project.project_id)), &left, &info),
                     0);
    ck_assert_int_eq(session_sweep(db, timeutil_wall_ms(), 10, &info), 0);
    ck_assert_int_eq(find(session.key, &found), 0);
    ck_assert_int_eq(session_sweep(db, later_ms, 10, &info), 0);
    ck_assert_int_eq(find(session.key, &found), ERR_DENIED);
    ck_assert_int_eq(audit_sweep(db, project.project_id, timeutil_wall_ms() - 60000, 10, &info), 0);
    ck_assert_str_eq(acts(), "session.created Shop\nkey.created test\n");
    ck_assert_int_eq(audit_sweep(db, project.project_id, later_ms, 10, &info), 0);
    ck_assert_int_eq(audit_list(db, arena, project.project_id, NULL, 10, &rows, &count, &info), 0);
    ck_assert_uint_eq(count, 0);
}
END_TEST

/* A key of all sites belongs to none: each of them is told. */
START_TEST(each_project_hears_of_an_account_key)
{
    struct project second;
    struct audit_row *rows;
    size_t count;
    ck_assert_int_eq(project_create(db, STR("Two"), project.account_id, &second, &info), 0);
    make_key(0, KEYSCOPE_ALL);
    ck_assert_str_eq(acts(), "key.created test\n");
    ck_assert_int_eq(audit_list(db, arena, second.project_id, NULL, 10, &rows, &count, &info), 0);
    ck_assert_uint_eq(count, 1);
    ck_assert(rows[0].key_id.at == NULL && str_eq_c(rows[0].summary, "{\"name\":\"Shop\"}"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("session");
    TCase *tc = tcase_create("session");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, notes_are_in_the_order_of_the_acts);
    tcase_add_test(tc, a_session_is_its_key_for_a_while);
    tcase_add_test(tc, it_ends_with_its_key);
    tcase_add_test(tc, a_link_is_good_once);
    tcase_add_test(tc, whoever_comes_second_gets_nothing);
    tcase_add_test(tc, a_link_is_over_with_time_or_its_project);
    tcase_add_test(tc, what_is_over_is_swept);
    tcase_add_test(tc, each_project_hears_of_an_account_key);
    suite_add_tcase(suite, tc);
    return testdb_run(suite);
}
