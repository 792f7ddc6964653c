#include "db/conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/timeutil.h"
#include "db/retry.h"

#define CONNECT_TIMEOUT_S 2u
#define UNKNOWN_VARIABLE 1193u

static const char SQL_MODE[] = "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
                               "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,"
                               "ONLY_FULL_GROUP_BY";

/* Lock waits must end well inside a request's budget of 10 s. */
static const char *const PREAMBLE[] = {
    "SET SESSION time_zone='+00:00', autocommit=1, innodb_lock_wait_timeout=3, "
    "lock_wait_timeout=10, sql_mode='STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY'",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
};

/* ON makes a delete by seq in a snapshot-write fail instead of seeing the newest row. */
static const char NO_SNAPSHOT_ERRORS[] = "SET SESSION innodb_snapshot_isolation=OFF";

/* SHOW, because it leaves out what a server does not have, where SELECT @@x would fail. */
static const char READ_BACK[] =
    "SHOW SESSION VARIABLES WHERE Variable_name IN ('character_set_client',"
    "'character_set_connection','character_set_results','time_zone','autocommit','sql_mode',"
    "'tx_isolation','transaction_isolation','innodb_snapshot_isolation','max_allowed_packet')";

static const struct {
    const char *name;
    const char *value;
} EXPECTED[] = {
    {"character_set_client", "utf8mb4"},
    {"character_set_connection", "utf8mb4"},
    {"character_set_results", "utf8mb4"},
    {"time_zone", "+00:00"},
    {"autocommit", "ON"},
    {"tx_isolation", "READ-COMMITTED"},
    {"transaction_isolation", "READ-COMMITTED"},
    {"innodb_snapshot_isolation", "OFF"},
};

unsigned conn_fail(struct conn *conn, unsigned code, const char *text)
{
    if (text != conn->error)
        snprintf(conn->error, sizeof(conn->error), "%s", text);
    return code ? code : 2000;
}

static unsigned fail_mysql(struct conn *conn)
{
    return conn_fail(conn, mysql_errno(conn->mysql), mysql_error(conn->mysql));
}

unsigned conn_command_str(struct conn *conn, struct str sql)
{
    if (mysql_real_query(conn->mysql, sql.at, (unsigned long)sql.len))
        return fail_mysql(conn);
    if (mysql_field_count(conn->mysql) > 0) {
        MYSQL_RES *result = mysql_store_result(conn->mysql);
        if (!result)
            return fail_mysql(conn);
        mysql_free_result(result);
    }
    conn->used_us = timeutil_mono_us();
    return 0;
}

unsigned conn_command(struct conn *conn, const char *sql)
{
    return conn_command_str(conn, str_from(sql));
}

static bool same_modes(const char *value)
{
    /* The server lists them in its own order: all of ours inside the same length is the same set.
     */
    const char *mode = SQL_MODE;
    while (*mode) {
        size_t len = strcspn(mode, ",");
        char one[64];
        snprintf(one, sizeof(one), "%.*s", (int)len, mode);
        if (!strstr(value, one))
            return false;
        mode += len + (mode[len] == ',');
    }
    return strlen(value) == sizeof(SQL_MODE) - 1;
}

static bool as_expected(const char *name, const char *value)
{
    if (strcmp(name, "sql_mode") == 0)
        return same_modes(value);
    for (size_t i = 0; i < ARRAY_LEN(EXPECTED); i++) {
        if (strcmp(name, EXPECTED[i].name) == 0)
            return strcmp(value, EXPECTED[i].value) == 0;
    }
    return true;
}

/* A proxy or a pooler between us and the server may drop a SET: believe only what is read back. */
static unsigned verify(struct conn *conn)
{
    if (mysql_query(conn->mysql, READ_BACK))
        return fail_mysql(conn);
    MYSQL_RES *result = mysql_store_result(conn->mysql);
    if (!result)
        return fail_mysql(conn);
    unsigned code = 0;
    unsigned seen = 0;
    MYSQL_ROW row;
    while ((row = mysql_fetch_row(result))) {
        seen++;
        if (strcmp(row[0], "max_allowed_packet") == 0)
            (void)num_parse_u64(str_from(row[1]), SIZE_MAX, &conn->max_packet_bytes);
        if (!as_expected(row[0], row[1])) {
            char text[256];
            snprintf(text, sizeof(text), "the session's %s is '%s'", row[0], row[1]);
            code = conn_fail(conn, 0, text);
        }
    }
    mysql_free_result(result);
    if (!code && (seen < 8 || conn->max_packet_bytes == 0))
        code = conn_fail(conn, 0, "the server does not tell its session variables");
    return code;
}

static unsigned set_up_session(struct conn *conn, const struct db_config *config)
{
    unsigned code = 0;
    if (mysql_set_character_set(conn->mysql, "utf8mb4"))
        return fail_mysql(conn);
    for (size_t i = 0; !code && i < ARRAY_LEN(PREAMBLE); i++)
        code = conn_command(conn, PREAMBLE[i]);
    if (code)
        return code;
    code = conn_command(conn, NO_SNAPSHOT_ERRORS);
    if (code && code != UNKNOWN_VARIABLE)
        return code;
    code = conn_set_budget(conn, config->statement_timeout_ms);
    return code ? code : verify(conn);
}

static MYSQL *new_handle(const struct db_config *config)
{
    MYSQL *mysql = mysql_init(NULL);
    if (!mysql)
        abort();
    unsigned connect_s = CONNECT_TIMEOUT_S;
    unsigned off = 0;
    my_bool truncation = 1;
    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &config->io_timeout_s);
    mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &config->io_timeout_s);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &off);
    mysql_options(mysql, MYSQL_REPORT_DATA_TRUNCATION, &truncation);
    return mysql;
}

unsigned conn_open(struct conn *conn, const struct db_config *config)
{
    conn->mysql = new_handle(config);
    conn->thrifty = false;
    conn->is_manual = false;
    conn->budget_ms = 0;
    conn->max_packet_bytes = 0;
    /* CLIENT_FOUND_ROWS: a compare-and-set that changes nothing still says that it matched. */
    const char *host = config->socket ? "localhost" : config->host;
    unsigned code;
    if (!mysql_real_connect(conn->mysql, host, config->user, config->password, config->name,
                            config->port, config->socket, CLIENT_FOUND_ROWS)) {
        code = fail_mysql(conn);
    } else {
        conn->is_mariadb = mariadb_connection(conn->mysql);
        code = set_up_session(conn, config);
    }
    if (code)
        conn_close(conn);
    return code;
}

void conn_close(struct conn *conn)
{
    if (conn->mysql)
        mysql_close(conn->mysql);
    conn->mysql = NULL;
}

unsigned conn_set_budget(struct conn *conn, unsigned ms)
{
    char sql[80];
    if (conn->is_mariadb)
        snprintf(sql, sizeof(sql), "SET SESSION max_statement_time=%u.%03u", ms / 1000, ms % 1000);
    else
        snprintf(sql, sizeof(sql), "SET SESSION max_execution_time=%u", ms);
    unsigned code = conn_command(conn, sql);
    if (!code)
        conn->budget_ms = ms;
    return code;
}

unsigned conn_be_thrifty(struct conn *conn)
{
    static const char *const WISHES[] = {
        "SET SESSION binlog_row_image='MINIMAL'",
        "SET SESSION binlog_annotate_row_events=OFF",
    };
    for (size_t i = 0; i < ARRAY_LEN(WISHES); i++) {
        unsigned code = conn_command(conn, WISHES[i]);
        if (code && retry_classify(code) != RETRY_FATAL)
            return code;
    }
    conn->thrifty = true;
    return 0;
}

bool conn_answers(struct conn *conn)
{
    if (mysql_ping(conn->mysql))
        return false;
    conn->used_us = timeutil_mono_us();
    return true;
}
