#include "store/sqlrows.h"

static const unsigned sqlrows_size[SQLROWS_SIZES] = {1, 8, 32, 128};

int sqlrows_exec(struct db *db, const char *const *sql, const struct db_param *params, size_t count,
                 unsigned width, struct err_info *info)
{
    size_t done = 0;
    while (done < count) {
        unsigned choice = SQLROWS_SIZES - 1;
        while (sqlrows_size[choice] > count - done) {
            choice--;
        }
        unsigned rows = sqlrows_size[choice];
        int err = db_exec(db, sql[choice], params + done * width, rows * width, NULL, info);
        if (err < 0) {
            return err;
        }
        done += rows;
    }
    return 0;
}
