#include "contacthelp.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/migrate.h"
#include "store/contactdata.h"
#include "store/dictionary.h"
#include "json/jsonread.h"

static const char *memory_path(void)
{
    static char path[200];
    const char *dir = getenv("MUSTER_TEST_MARIADB_DIR");
    (void)snprintf(path, sizeof path, "%s/hostmem", dir != NULL ? dir : "/tmp");
    return path;
}

void contacthelp_reset(void)
{
    static const char *const statements[] = {
        "DELETE FROM contact",       "DELETE FROM event",         "DELETE FROM contact_event",
        "DELETE FROM member",        "DELETE FROM dirty",         "DELETE FROM field",
        "DELETE FROM event_name",    "DELETE FROM counter",       "DELETE FROM idempotency",
        "DELETE FROM ordinal_block", "DELETE FROM project_state", "DELETE FROM project",
    };
    const char *dir = getenv("MUSTER_SQL_DIR");
    struct err_info info = {.code = ""};
    AUTO(db) db = testdb_new();
    ck_assert_msg(migrate_run(db, dir != NULL ? dir : "sql", NULL, &info) == 0, "%s", info.message);
    for (size_t i = 0; i < ARRAY_LEN(statements); i++) {
        testdb_exec(db, statements[i], DB_NO_PARAMS);
    }
    testdb_exec(db,
                "INSERT INTO project (project_id, account_id, site_index, uuid, name, created_ms)"
                " VALUES (7, 1, 0, RANDOM_BYTES(16), 'p', 1)",
                DB_NO_PARAMS);
    testdb_exec(db, "INSERT INTO project_state (project_id) VALUES (7)", DB_NO_PARAMS);
    testdb_exec(db, "INSERT INTO ordinal_block (project_id, next_ordinal) VALUES (7, 1)",
                DB_NO_PARAMS);
    (void)unlink(memory_path());
}

void contacthelp_open(struct contacthelp *help)
{
    *help = (struct contacthelp){.arena = arena_new()};
    dictionary_forget();
    help->handles.db = testdb_new();
    help->handles.reserve = testdb_new();
    ck_assert_int_eq(hostmem_open(memory_path(), &help->handles.hostmem, &help->info), 0);
}

void contacthelp_close(struct contacthelp *help)
{
    db_free(help->handles.db);
    db_free(help->handles.reserve);
    hostmem_close(help->handles.hostmem);
    arena_free(help->arena);
}

struct contactdata_input contacthelp_data(struct contacthelp *help, const char *json)
{
    struct contactdata_input input = {0};
    const struct jsonval *value = NULL;
    if (json != NULL) {
        int err = jsonread_parse(help->arena, str_from(json), &value, &help->info);
        ck_assert_msg(err == 0, "%s: %s", json, help->info.message);
    }
    int err = contactdata_read(help->arena, value, "data", &input, &help->info);
    ck_assert_msg(err == 0, "%s", help->info.message);
    return input;
}

static int write_item(struct contacthelp *help, struct contactwrite_item *item)
{
    struct contactwrite_batch batch = {
        .project_id = CONTACTHELP_PROJECT, .items = item, .count = 1, .all_or_nothing = true};
    help->info = (struct err_info){.code = ""};
    return contactwrite_upsert(&help->handles, help->arena, &batch, &help->info);
}

int contacthelp_upsert(struct contacthelp *help, const char *email,
                       enum contactchange_subscribe subscribe, const char *json,
                       struct contactwrite_item *ret)
{
    *ret = (struct contactwrite_item){.email = str_from(email),
                                      .subscribe = subscribe,
                                      .patch = contacthelp_data(help, json).patch};
    return write_item(help, ret);
}

int contacthelp_track(struct contacthelp *help, const char *email, const char *event,
                      const char *json, struct contactwrite_item *ret)
{
    struct contactdata_input input = contacthelp_data(help, json);
    struct contactwrite_event *tracked = arena_alloc(help->arena, sizeof *tracked);
    tracked->name = str_from(event);
    tracked->at_ms = CONTACTWRITE_NOW;
    ck_assert_int_eq(contactdata_print(help->arena, input.all, &tracked->data, &help->info), 0);
    *ret = (struct contactwrite_item){
        .email = str_from(email), .patch = input.patch, .event = tracked};
    return write_item(help, ret);
}

struct contact contacthelp_must(struct contacthelp *help, const char *email,
                                enum contactchange_subscribe subscribe, const char *json)
{
    struct contactwrite_item item;
    int err = contacthelp_upsert(help, email, subscribe, json, &item);
    ck_assert_msg(err == 0, "%s: %s", err_name(err), help->info.message);
    return *item.contact;
}

int64_t contacthelp_i64(struct contacthelp *help, const char *sql)
{
    return testdb_i64(help->handles.db, sql, DB_NO_PARAMS);
}

const char *contacthelp_text(struct contacthelp *help, const char *sql)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(help->handles.db, sql, DB_NO_PARAMS, &rows, &help->info);
    ck_assert_msg(found == 1, "%s: %d %s", sql, found, help->info.message);
    return str_copy(help->arena, db_bytes(rows, 0)).at;
}

int contacthelp_fork(int count, int (*child)(struct contacthelp *help, int number))
{
    int good = 0;
    int gate[2];
    ck_assert_int_eq(pipe(gate), 0);
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
            struct contacthelp help;
            char byte;
            contacthelp_open(&help);
            (void)db_ping(help.handles.db);
            (void)close(gate[1]);
            (void)!read(gate[0], &byte, 1); /* all start when the parent closes its end */
            _exit(child(&help, i) == 0 ? 0 : 1);
        }
    }
    usleep(200000);
    (void)close(gate[0]);
    (void)close(gate[1]);
    for (int i = 0; i < count; i++) {
        int status;
        ck_assert_int_gt(wait(&status), 0);
        good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return good;
}
