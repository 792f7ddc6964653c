#include "db/retry.h"

#include <stddef.h>

#include "base/macros.h"

/* Numbers, not names: neither server's header knows the codes of the other one. */
static const struct {
    unsigned code;
    enum retry_class class;
} CODES[] = {
    {0, RETRY_NONE},           {1062, RETRY_DUPLICATE}, /* duplicate entry */
    {1586, RETRY_DUPLICATE},   /* the same, from an update or an online ALTER */
    {1213, RETRY_ROLLED_BACK}, /* deadlock; on Galera a failed certification, also at COMMIT */
    {1020, RETRY_ROLLED_BACK}, /* record changed since the snapshot (innodb_snapshot_isolation) */
    {1205, RETRY_LOCK_WAIT},   /* lock wait timeout; MariaDB also for NOWAIT and metadata locks */
    {3572, RETRY_LOCK_WAIT},   /* MySQL: NOWAIT on a locked row */
    {2006, RETRY_NOT_SENT},    /* server has gone away: writing the command failed */
    {2013, RETRY_LOST},        /* lost connection while reading the answer */
    {2055, RETRY_LOST},        /* the same, with the system's error */
    {1053, RETRY_LOST},        /* server shutdown in progress */
    {1077, RETRY_LOST},        /* normal shutdown */
    {1079, RETRY_LOST},        /* shutdown complete */
    {1152, RETRY_LOST},        /* aborted connection */
    {1158, RETRY_LOST},        /* error reading packets */
    {1159, RETRY_LOST},        /* timeout reading packets */
    {1160, RETRY_LOST},        /* error writing packets */
    {1161, RETRY_LOST},        /* timeout writing packets */
    {1184, RETRY_LOST},        /* aborted connection, with a reason */
    {1927, RETRY_LOST},        /* MariaDB: connection was killed */
    {3169, RETRY_LOST},        /* MySQL: session was killed */
    {4031, RETRY_LOST},        /* MySQL: disconnected for inactivity */
    {1047, RETRY_OTHER_NODE},  /* Galera: node not ready */
    {1290, RETRY_OTHER_NODE},  /* --read-only: the primary moved */
    {1792, RETRY_FATAL},       /* a write inside one of our read transactions */
    {1836, RETRY_OTHER_NODE},  /* read-only mode */
    {1969, RETRY_TOO_SLOW},    /* MariaDB: max_statement_time */
    {3024, RETRY_TOO_SLOW},    /* MySQL: max_execution_time */
    {1317, RETRY_TOO_SLOW},    /* query interrupted: KILL QUERY */
    {1243, RETRY_STALE},       /* unknown prepared statement handler */
    {1615, RETRY_STALE},       /* prepared statement needs to be re-prepared */
    {2056, RETRY_STALE},       /* statement closed */
    {2057, RETRY_STALE},       /* a query whose columns changed since PREPARE */
    {1040, RETRY_AWAY},        /* too many connections */
    {1129, RETRY_AWAY},        /* host is blocked */
    {1203, RETRY_AWAY},        /* user has too many connections */
    {1226, RETRY_AWAY},        /* user is over a resource limit */
    {2002, RETRY_AWAY},        /* no server at the socket */
    {2003, RETRY_AWAY},        /* no server at host and port */
    {2005, RETRY_AWAY},        /* unknown host */
    {2012, RETRY_AWAY},        /* handshake failed */
};

enum retry_class retry_classify(unsigned code)
{
    for (size_t i = 0; i < ARRAY_LEN(CODES); i++) {
        if (CODES[i].code == code)
            return CODES[i].class;
    }
    return RETRY_FATAL;
}

unsigned retry_delay_ms(unsigned attempt, uint32_t random)
{
    uint64_t ceiling_ms = attempt < 6 ? UINT64_C(10) << attempt : 500;
    return (unsigned)(((uint64_t)random * (ceiling_ms + 1)) >> 32);
}
