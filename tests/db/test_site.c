/*
 * Sites: numbers, settings, their end, and that nothing of a deleted one stays. Runs under
 * tests/db/with-mariadb.
 */
#include <stdlib.h>

#include "db/migrate.h"
#include "store/apikey.h"
#include "store/keyscope.h"
#include "store/projectpurge.h"
#include "store/sitesettings.h"
#include "testdb.h"

static struct db *db;
static struct arena *arena;
static struct err_info info;

static void setup(void)
{
    const char *dir = getenv("MUSTER_SQL_DIR");
    arena = arena_new();
    db = testdb_new_in("site");
    info = (struct err_info){.code = ""};
    ck_assert_msg(migrate_run(db, dir != NULL ? dir : "sql", NULL, &info) == 0, "%s", info.message);
}

static void teardown(void)
{
    db_free(db);
    arena_free(arena);
}

static int64_t number(const char *sql, const struct db_param *params, unsigned count)
{
    AUTO(db_rows) rows = NULL;
    ck_assert_int_eq(db_one(db, sql, params, count, &rows, &info), 1);
    return db_i64(rows, 0);
}

static struct project make(uint32_t account_id)
{
    struct project project;
    ck_assert_int_eq(project_create(db, STR("A site"), account_id, &project, &info), 0);
    return project;
}

START_TEST(a_number_is_never_given_again)
{
    struct project first = make(0), second = make(first.account_id), found;
    struct sitesettings site = {.project.name = STR("Third"), .domain = STR("x.example")};
    ck_assert_uint_eq(second.site_index, 1);
    ck_assert_int_eq(sitesettings_delete(db, first.account_id, 1, &info), 0);
    ck_assert_int_eq(sitesettings_delete(db, first.account_id, 1, &info), ERR_NOT_FOUND);
    ck_assert_int_eq(sitesettings_create(db, first.account_id, &site, &info), 0);
    ck_assert_uint_eq(site.project.site_index, 2);
    ck_assert_int_eq(project_by_site(db, arena, first.account_id, 1, &found, &info), ERR_NOT_FOUND);
    ck_assert_int_eq(project_by_site(db, arena, first.account_id, 2, &found, &info), 0);
    ck_assert_int_eq(project_of_account(db, arena, first.account_id, &found, &info), ERR_INVAL);
    ck_assert_int_eq(sitesettings_delete(db, first.account_id, 2, &info), 0);
    ck_assert_int_eq(project_of_account(db, arena, first.account_id, &found, &info), 0);
    ck_assert_uint_eq(found.project_id, first.project_id);
}
END_TEST

START_TEST(settings_are_kept)
{
    struct project project = make(0);
    struct sitesettings site;
    ck_assert_int_eq(sitesettings_get(db, arena, project.account_id, 0, &site, &info), 0);
    ck_assert(site.domain.at == NULL && !site.has_cap);
    site.domain = STR("x.example");
    site.has_cap = true;
    site.frequency_cap_days = 3;
    ck_assert_int_eq(sitesettings_update(db, &site, &info), 0);
    ck_assert_int_eq(sitesettings_get(db, arena, project.account_id, 0, &site, &info), 0);
    ck_assert(str_eq_c(site.domain, "x.example") && site.has_cap && site.frequency_cap_days == 3);
    site.project.name = STR("  ");
    ck_assert_int_eq(sitesettings_update(db, &site, &info), ERR_INVAL);
}
END_TEST

START_TEST(its_keys_end_with_it)
{
    struct project project = make(0);
    char text[APIKEY_TEXT_MAX];
    struct apikey_text parsed;
    struct apikey_found found;
    const struct audit_actor actor = {.program = STR("test")};
    const struct apikey_new key = {.kind = APIKEY_SECRET,
                                   .account_id = project.account_id,
                                   .project_id = project.project_id,
                                   .name = STR("k"),
                                   .scopes = KEYSCOPE_ALL};
    ck_assert_int_eq(apikey_create(db, &key, &actor, text, &info), 0);
    ck_assert(apikey_parse(str_from(text), &parsed));
    ck_assert_int_eq(apikey_find(db, &parsed, 1, &found, &info), 0);
    ck_assert_int_eq(sitesettings_delete(db, project.account_id, 0, &info), 0);
    ck_assert_int_eq(apikey_find(db, &parsed, 2, &found, &info), ERR_DENIED);
}
END_TEST

START_TEST(what_was_sent_keeps_it)
{
    struct project project = make(0);
    testdb_exec(db,
                "INSERT INTO email_event (project_id, number, email_id, type, at_ms, ordinal,"
                " write_id, created_ms) VALUES (?, 1, 'x', 1, 0, 0, 0, 0)",
                DB_PARAMS(DB_I64(project.project_id)));
    ck_assert_int_eq(sitesettings_delete(db, project.account_id, 0, &info), ERR_CONFLICT);
}
END_TEST

static bool is_listed(struct str table)
{
    size_t count = 0;
    const char *const *tables = projectpurge_tables(&count);
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(table, tables[i]))
            return true;
    return str_eq_c(table, "project") || str_eq_c(table, "api_key");
}

START_TEST(every_table_of_projects_is_emptied)
{
    AUTO(db_rows) rows = NULL;
    int more;
    ck_assert_int_eq(db_query(db,
                              "SELECT table_name FROM information_schema.columns"
                              " WHERE table_schema = DATABASE() AND column_name = 'project_id'",
                              DB_NO_PARAMS, false, &rows, &info),
                     0);
    while ((more = db_next(rows, &info)) == 1)
        ck_assert_msg(is_listed(db_bytes(rows, 0)), "store/projectpurge.c forgets " STR_FMT,
                      STR_ARG(db_bytes(rows, 0)));
    ck_assert_int_eq(more, 0);
}
END_TEST

START_TEST(its_rows_go)
{
    struct project project = make(0), other = make(0);
    uint32_t *deleted = NULL;
    size_t count = 0;
    bool found = false;
    const struct db_param *const mine = &DB_I64(project.project_id);
    ck_assert_int_eq(sitesettings_delete(db, project.account_id, 0, &info), 0);
    ck_assert_int_eq(projectpurge_list(db, arena, &deleted, &count, &info), 0);
    for (size_t i = 0; i < count; i++)
        found = found || deleted[i] == project.project_id;
    ck_assert(found);
    ck_assert_int_eq(projectpurge_run(db, project.project_id, 1000, &info), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM project_state WHERE project_id = ?", mine, 1), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM project_state WHERE project_id = ?",
                            &DB_I64(other.project_id), 1),
                     1);
    /* An hour later it is done with. */
    ck_assert_int_eq(projectpurge_run(db, project.project_id, 1000, &info), 0);
    ck_assert_int_eq(number("SELECT purged_ms IS NULL FROM project WHERE project_id = ?", mine, 1),
                     1);
    testdb_exec(db, "UPDATE project SET deleted_ms = deleted_ms - 3700000 WHERE project_id = ?",
                mine, 1);
    ck_assert_int_eq(projectpurge_run(db, project.project_id, 1000, &info), 0);
    ck_assert_int_eq(number("SELECT purged_ms IS NULL FROM project WHERE project_id = ?", mine, 1),
                     0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("site");
    TCase *tc = tcase_create("site");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_number_is_never_given_again);
    tcase_add_test(tc, settings_are_kept);
    tcase_add_test(tc, its_keys_end_with_it);
    tcase_add_test(tc, what_was_sent_keeps_it);
    tcase_add_test(tc, every_table_of_projects_is_emptied);
    tcase_add_test(tc, its_rows_go);
    suite_add_tcase(suite, tc);
    return testdb_run(suite);
}
