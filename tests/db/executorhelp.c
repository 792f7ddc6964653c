#include "executorhelp.h"

#include <unistd.h>

#include "flow/executor.h"
#include "flow/start.h"
#include "flowhelp.h"
#include "store/template.h"

struct contacthelp executorhelp;
static char mail_id[37];

void executorhelp_open(void)
{
    static const char *const tables[] = {"message", "template", "segment", "flow_run_part"};
    struct template mail;
    flowhelp_reset();
    contacthelp_open(&executorhelp);
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        testdb_exec(executorhelp.handles.db,
                    arena_printf(executorhelp.arena, "DELETE FROM %s", tables[i]), DB_NO_PARAMS);
    const struct template draft = {.name = STR("m"),
                                   .subject = STR("s"),
                                   .body = STR("b"),
                                   .sender = STR("a@example.com"),
                                   .type = CAMPAIGN_MARKETING};
    ck_assert_int_eq(template_create(executorhelp.handles.db, CONTACTHELP_PROJECT, &draft, &mail,
                                     &executorhelp.info),
                     0);
    uuid_format(&mail.uuid, mail_id);
}

void executorhelp_close(void)
{
    contacthelp_close(&executorhelp);
}

struct workflow executorhelp_make(const char *trigger, bool reentry, const char *steps,
                                  const char *links)
{
    struct definition definition;
    struct str *events = NULL;
    struct workflow ret;
    const char *text = arena_printf(executorhelp.arena,
                                    "{\"trigger\":%s,\"allowReentry\":%s,\"steps\":[%s],"
                                    "\"transitions\":[%s]}",
                                    trigger, reentry ? "true" : "false", steps, links);
    const char *at;
    while ((at = strstr(text, "%s")) != NULL)
        text =
            arena_printf(executorhelp.arena, "%.*s%s%s", (int)(at - text), text, mail_id, at + 2);
    int err = definition_read(executorhelp.arena, str_from(text), &definition, &executorhelp.info);
    ck_assert_msg(err == 0, "%s: %s", text, executorhelp.info.message);
    struct workflow_edit edit = {.arena = executorhelp.arena,
                                 .workflow = {.name = STR("w"),
                                              .trigger = (enum workflow_trigger)definition.trigger,
                                              .event = definition.event,
                                              .cron = definition.cron,
                                              .allow_reentry = reentry,
                                              .enabled = true,
                                              .definition = str_from(text),
                                              .due_ms = 1000}};
    edit.event_count = definition_events(executorhelp.arena, &definition, &events);
    edit.events = events;
    err = workflow_create(executorhelp.handles.db, executorhelp.arena, CONTACTHELP_PROJECT, &edit,
                          &ret, &executorhelp.info);
    ck_assert_msg(err == 0, "%s", executorhelp.info.message);
    return ret;
}

void executorhelp_track(const char *email, const char *event, const char *json)
{
    struct contactwrite_item item;
    int err = contacthelp_track(&executorhelp, email, event, json, &item);
    (void)usleep(2000);
    ck_assert_msg(err == 0, "%s", executorhelp.info.message);
}

bool executorhelp_round(int64_t ahead_ms)
{
    const struct executor executor = {executorhelp.handles.db, ahead_ms, EXECUTORHELP_LEASE_MS};
    struct executor_report report = {0};
    struct start_report started = {0};
    int64_t now_ms = 0;
    if (db_now_ms(executorhelp.handles.db, &now_ms, &executorhelp.info) < 0)
        return true;
    int err = executor_batch(&executor, CONTACTHELP_PROJECT, &report, &executorhelp.info);
    if (err == 0)
        err = start_events(executorhelp.handles.db, executorhelp.arena, CONTACTHELP_PROJECT,
                           now_ms + ahead_ms, &started, &executorhelp.info);
    return err < 0 || report.claimed + started.taken > 0;
}

void executorhelp_run(int64_t ahead_ms)
{
    int rounds = 0;
    while (executorhelp_round(ahead_ms))
        ck_assert_msg(++rounds < 1000, "it never comes to rest: %s", executorhelp.info.message);
}

const char *executorhelp_story(void)
{
    AUTO(db_rows) rows = NULL;
    const char *text = "";
    static const char sql[] =
        "SELECT e.status, (SELECT GROUP_CONCAT(CONCAT(s.step, COALESCE(CONCAT(':',"
        " s.outcome), '')) ORDER BY s.number SEPARATOR ' ') FROM execution_step s WHERE"
        " s.project_id = e.project_id AND s.execution_id = e.execution_id) FROM execution e"
        " WHERE e.project_id = 7 ORDER BY e.execution_id";
    ck_assert_int_eq(
        db_query(executorhelp.handles.db, sql, DB_NO_PARAMS, false, &rows, &executorhelp.info), 0);
    while (db_next(rows, &executorhelp.info) > 0)
        text = arena_printf(executorhelp.arena, "%s%s%s%s" STR_FMT, text, *text == '\0' ? "" : "; ",
                            execution_status_word((enum execution_status)db_i64(rows, 0)),
                            db_bytes(rows, 1).len > 0 ? " " : "", STR_ARG(db_bytes(rows, 1)));
    return text;
}

int64_t executorhelp_messages(void)
{
    return contacthelp_i64(&executorhelp, "SELECT COUNT(*) FROM message");
}
