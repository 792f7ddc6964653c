/*
 * What the tests of audience/ share: a migrated database of their own with a fresh project, short
 * forms for rows, filters and questions, and the naive judge beside the engine. The asserting forms
 * are for the process that runs the tests; those that return an err are for forked children too.
 */
#ifndef MUSTER_TESTS_DB_COLUMNHELP_H
#define MUSTER_TESTS_DB_COLUMNHELP_H

#include "audience/audience.h"
#include "audience/upkeep.h"
#include "base/arena.h"
#include "naive.h"
#include "store/contactwrite.h"
#include "store/segment.h"
#include "testdb.h"

/* One process at work on one project. */
struct columnhelp {
    struct contactwrite_handles handles; /* for the write functions of store/ */
    struct db *db;                       /* the same as handles.db */
    struct arena *arena;
    uint32_t project_id;
    struct err_info info;
};

/* The database of these tests, and a project that nobody used before in it. */
void columnhelp_open(struct columnhelp *help);

/* The same project with connections of its own: in a forked child. Asserts nothing. Returns 0 or an
 * err. */
int columnhelp_join(struct columnhelp *help, uint32_t project_id);
void columnhelp_close(struct columnhelp *help);

/* Runs a statement whose params are the project, as often as `count` says, at most 3. */
uint64_t columnhelp_run(struct columnhelp *help, const char *sql, unsigned count);

/* The first column of a query with one param, the project. */
int64_t columnhelp_i64(struct columnhelp *help, const char *sql);

/* The first column of all rows of a query whose params are the project, as text, a blank behind
 * each; in the arena. */
const char *columnhelp_rows(struct columnhelp *help, const char *sql, unsigned count);

/* Contacts first … last by ordinal, as rows, `data` as an SQL expression of `seq`; marked when
 * `marked`. createdAt is 2026-01-01 plus the ordinal in seconds. */
void columnhelp_contacts(struct columnhelp *help, uint32_t first, uint32_t last, const char *data,
                         bool marked);

/* A roll-up of event `name` on the contacts first … last; counts are 1 + ordinal % 3, one
 * occurrence of the log each. Returns the name's number. */
uint32_t columnhelp_events(struct columnhelp *help, const char *name, uint32_t first, uint32_t last,
                           bool marked);

/* A new static segment, and members by rows with entered_at = 1000 + ordinal % 7. */
struct segment columnhelp_static(struct columnhelp *help, const char *name);
void columnhelp_members(struct columnhelp *help, const struct segment *segment, uint32_t first,
                        uint32_t last, bool marked);

/* A new dynamic segment; what it names is not registered (no cycle check). */
struct segment columnhelp_dynamic(struct columnhelp *help, const char *name, const char *condition);

/* Marks the contacts first … last of a part, with fresh seqs. */
void columnhelp_mark(struct columnhelp *help, uint64_t part, uint32_t first, uint32_t last);

/* A condition with one leaf: {"logic":"AND","groups":[{"filters":[LEAF]}]}. */
#define ONE(leaf) "{\"logic\":\"AND\",\"groups\":[{\"filters\":[" leaf "]}]}"

/* Parses a condition, which must be legal. */
const struct filter *columnhelp_filter(struct columnhelp *help, const char *condition);

/*
 * In one read transaction: who is in by the engine and by the judge. Returns 0 when they agree, an
 * err, or 1 and the first differences on stderr. ret_count (may be NULL): how many are in.
 */
int columnhelp_compare(struct columnhelp *help, const char *const *conditions, size_t count,
                       uint64_t *ret_count);

/* The same for a few conditions that look at every kind of column; asserts. */
void columnhelp_agree(struct columnhelp *help);
extern const char *const columnhelp_conditions[];
extern const size_t columnhelp_condition_count;

/* The other ways of upkeep, asserting. */
struct upkeep_report columnhelp_fold(struct columnhelp *help, bool force);
struct upkeep_report columnhelp_merge(struct columnhelp *help, bool force);
struct upkeep_report columnhelp_rebuild(struct columnhelp *help);

/* Base + delta + dirty equal the rows, bit for bit. */
void columnhelp_verify(struct columnhelp *help);

/* Counts of rows of the project. */
#define MARKS(help) columnhelp_i64(help, "SELECT COUNT(*) FROM dirty WHERE project_id = ?")
#define DELTAS(help) columnhelp_i64(help, "SELECT COUNT(*) FROM delta_chunk WHERE project_id = ?")
#define BASES(help) columnhelp_i64(help, "SELECT COUNT(*) FROM base_chunk WHERE project_id = ?")

/* Keys, chunks and hashes of all base chunks, as one text. */
const char *columnhelp_base_hashes(struct columnhelp *help);

/* Runs `child` in a process of its own, whose chunk cache is empty; returns what it returned. */
int columnhelp_fork(struct columnhelp *help, int (*child)(struct columnhelp *help, void *ctx),
                    void *ctx);

#endif
