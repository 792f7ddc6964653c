/*
 * What an error code of the server or the client library means for us. Pure: no connection, no
 * clock. The table is tested code by code (tests/unit/test_retry.c).
 */
#ifndef MUSTER_DB_RETRY_H
#define MUSTER_DB_RETRY_H

#include <stdint.h>

/* How often db_tx runs a body again after its first run. */
#define RETRY_MAX 5u

enum retry_class {
    RETRY_NONE,        /* no error */
    RETRY_FATAL,       /* a defect of ours, or of the schema */
    RETRY_DUPLICATE,   /* a unique key forbids it; the transaction goes on */
    RETRY_ROLLED_BACK, /* the server rolled the whole transaction back: run it again */
    RETRY_LOCK_WAIT,   /* only the statement was rolled back: ROLLBACK, run it again */
    RETRY_NOT_SENT,    /* the connection was gone before the command left: nothing happened */
    RETRY_LOST,        /* the connection died with the command under way */
    RETRY_OTHER_NODE,  /* this node does not take it now: reconnect, run it again */
    RETRY_TOO_SLOW,    /* over its time budget, or cancelled by an operator: not again */
    RETRY_STALE,       /* the prepared statement is no more: prepare and execute once again */
    RETRY_AWAY         /* no connection to be had */
};

/* Returns the class of a MariaDB, MySQL or client library error code; 0 is RETRY_NONE. */
enum retry_class retry_classify(unsigned code);

/* Returns how long to wait before run `attempt` + 1 (0: the first run failed): full jitter, a
 * share `random` / 2^32 of 10 ms × 2^attempt, at most 500 ms. */
unsigned retry_delay_ms(unsigned attempt, uint32_t random);

#endif
