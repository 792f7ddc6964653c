#include "store/sqllist.h"

static const size_t sqllist_size[SQLLIST_SIZES] = {4, 32, 256};

/* One run of the statement: where it starts in the list, and its text and parameters. */
struct sqllist_step {
    size_t from;
    const char *sql;
    unsigned param_count;
    struct db_param *params;
};

/* Needed only until the statement has been sent; too large for the stack of every small query. */
static struct db_param sqllist_params[SQLLIST_MAX_HEAD + SQLLIST_MAX_WIDTH * 256];

static bool sqllist_next(const struct sqllist *list, struct sqllist_step *step)
{
    if (step->from >= list->count) {
        return false;
    }
    size_t left = list->count - step->from;
    unsigned choice = 0;
    while (choice + 1 < SQLLIST_SIZES && sqllist_size[choice] < left) {
        choice++;
    }
    size_t size = sqllist_size[choice];
    unsigned at = 0;
    for (unsigned i = 0; i < list->head_count; i++) {
        step->params[at++] = list->head[i];
    }
    for (size_t i = 0; i < size; i++) {
        size_t item = step->from + (i < left ? i : left - 1);
        for (unsigned k = 0; k < list->width; k++) {
            step->params[at++] = list->items[item * list->width + k];
        }
    }
    step->sql = list->sql[choice];
    step->param_count = at;
    step->from += size;
    return true;
}

int sqllist_query(struct db *db, const struct sqllist *list,
                  int (*row)(const struct db_rows *rows, void *ctx), void *ctx,
                  struct err_info *info)
{
    struct sqllist_step step = {.params = sqllist_params};
    while (sqllist_next(list, &step)) {
        AUTO(db_rows) rows = NULL;
        int err = db_query(db, step.sql, step.params, step.param_count, false, &rows, info);
        if (err < 0) {
            return err;
        }
        while ((err = db_next(rows, info)) > 0) {
            err = row(rows, ctx);
            if (err < 0) {
                return err;
            }
        }
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

int sqllist_exec(struct db *db, const struct sqllist *list, uint64_t *ret_affected,
                 struct err_info *info)
{
    struct sqllist_step step = {.params = sqllist_params};
    uint64_t sum = 0;
    while (sqllist_next(list, &step)) {
        uint64_t affected = 0;
        int err = db_exec(db, step.sql, step.params, step.param_count, &affected, info);
        if (err < 0) {
            return err;
        }
        sum += affected;
    }
    if (ret_affected != NULL) {
        *ret_affected = sum;
    }
    return 0;
}
