/*
 * One connection: opening with its session preamble, the verification of that preamble, plain
 * commands. Functions return the server's or library's error code, 0 for none; the text of the
 * last one stays in `error`.
 */
#ifndef MUSTER_DB_CONN_H
#define MUSTER_DB_CONN_H

#include <mysql.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/db.h"

struct conn {
    MYSQL *mysql; /* NULL: not connected */
    bool is_mariadb;
    bool thrifty;              /* the session writes the small binlog form, or was refused it */
    bool is_manual;            /* autocommit is off: any statement begins a transaction */
    unsigned budget_ms;        /* the server's limit for one statement now; 0: none */
    uint64_t max_packet_bytes; /* of one statement with its values */
    int64_t used_us;           /* monotonic; when it last answered */
    char error[512];           /* text of the last failure; outlives the connection */
};

/* Connects within 2 s, sets the session up and reads it back. Returns 0 or a code. */
unsigned conn_open(struct conn *conn, const struct db_config *config);

/* Disconnects; a closed one is allowed. Statements of it must have been closed before. */
void conn_close(struct conn *conn);

/* Sends `sql` as text and throws rows away. Returns 0 or a code. Not for anything with values. */
unsigned conn_command(struct conn *conn, const char *sql);
unsigned conn_command_str(struct conn *conn, struct str sql);

/* Limits every later statement of the session to `ms` (0: no limit) on the server. MySQL limits
 * SELECT only. Returns 0 or a code. */
unsigned conn_set_budget(struct conn *conn, unsigned ms);

/* Asks for the small binlog form for large derived rows; a server that refuses is left as it is.
 * Returns 0, or a code when the connection was lost. */
unsigned conn_be_thrifty(struct conn *conn);

/* True when the server answers a ping. */
bool conn_answers(struct conn *conn);

/* Keeps the text and returns the code, which is 2000 (unknown) where the library gave none. */
unsigned conn_fail(struct conn *conn, unsigned code, const char *text);

#endif
