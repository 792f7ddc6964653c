#include "store/sqlrows.h"

#include <string.h>

/* One statement's values stay well below any server's max_allowed_packet; MySQL counts 16 bits of
 * parameters. */
#define SQLROWS_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define SQLROWS_PARAMS_MAX 65535u

static const unsigned sqlrows_size[SQLROWS_SIZES] = {1, 8, 32, 128, 512};

/* The text for that many rows. It is never freed: its address is the key of the statement. */
static const char *sqlrows_text(struct sqlrows *sql, unsigned choice)
{
    if (sql->text[choice] != NULL) {
        return sql->text[choice];
    }
    size_t before_len = strlen(sql->before);
    size_t row_len = strlen(sql->row);
    size_t after_len = strlen(sql->after);
    char *text = arena_xmalloc(before_len + sqlrows_size[choice] * (row_len + 1) + after_len + 1);
    char *at = text;
    memcpy(at, sql->before, before_len);
    at += before_len;
    for (unsigned i = 0; i < sqlrows_size[choice]; i++) {
        if (i > 0) {
            *at++ = ',';
        }
        memcpy(at, sql->row, row_len);
        at += row_len;
    }
    memcpy(at, sql->after, after_len + 1);
    sql->text[choice] = text;
    return text;
}

static bool sqlrows_fits(const struct db_param *params, size_t rows, unsigned width)
{
    size_t bytes = 0;
    if (rows * width > SQLROWS_PARAMS_MAX) {
        return false;
    }
    for (size_t i = 0; i < rows * width; i++) {
        bytes += params[i].bytes.len;
    }
    return bytes <= SQLROWS_BYTES_MAX;
}

int sqlrows_exec(struct db *db, struct sqlrows *sql, const struct db_param *params, size_t count,
                 unsigned width, struct err_info *info)
{
    for (size_t done = 0; done < count;) {
        const struct db_param *at = params + done * width;
        unsigned choice = SQLROWS_SIZES - 1;
        while (choice > 0 && (sqlrows_size[choice] > count - done ||
                              !sqlrows_fits(at, sqlrows_size[choice], width))) {
            choice--;
        }
        unsigned rows = sqlrows_size[choice];
        int err = db_exec(db, sqlrows_text(sql, choice), at, rows * width, NULL, info);
        if (err < 0) {
            return err;
        }
        done += rows;
    }
    return 0;
}
