/* The three kinds of transaction, their retries, and the settling of a lost COMMIT. */
#ifndef MUSTER_DB_TX_H
#define MUSTER_DB_TX_H

#include "db/handle.h"

/* As db_tx. */
int tx_run(struct db *db, enum db_kind kind, db_body *body, void *ctx,
           struct err_info *info) MUST_CHECK;

/* As db_set_write_check. */
void tx_set_check(struct db *db, const char *sql, const struct db_param *params, unsigned count);

#endif
