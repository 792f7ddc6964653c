#include "store/dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "store/sqllist.h"

/* ---- what this process knows --------------------------------------------------------------- */

/* Names are never renumbered, so that what is known stays true; only memory bounds it. */
#define KNOWN_SLOTS 65536u
#define KNOWN_MAX (KNOWN_SLOTS / 2)

struct known_name {
    char *name; /* NULL: free slot */
    size_t len;
    unsigned kind;
    uint32_t project_id;
    uint32_t id;
};

static struct known_name *known;
static size_t known_count;

void dictionary_forget(void)
{
    for (size_t i = 0; known != NULL && i < KNOWN_SLOTS; i++) {
        free(known[i].name);
    }
    free(known);
    known = NULL;
    known_count = 0;
}

/* The slot that holds the name, or the free one where it would stand. */
static struct known_name *known_slot(unsigned kind, uint32_t project_id, struct str name)
{
    if (known == NULL) {
        known = arena_xmalloc(KNOWN_SLOTS * sizeof *known);
        memset(known, 0, KNOWN_SLOTS * sizeof *known);
    }
    uint64_t hash = hash_fast(name.at, name.len) + project_id * UINT64_C(0x9e3779b97f4a7c15) + kind;
    for (size_t i = hash % KNOWN_SLOTS;; i = (i + 1) % KNOWN_SLOTS) {
        struct known_name *slot = &known[i];
        if (slot->name == NULL ||
            (slot->kind == kind && slot->project_id == project_id && slot->len == name.len &&
             memcmp(slot->name, name.at, name.len) == 0)) {
            return slot;
        }
    }
}

static uint32_t known_id(unsigned kind, uint32_t project_id, struct str name)
{
    const struct known_name *slot = known_slot(kind, project_id, name);
    return slot->name == NULL ? 0 : slot->id;
}

static void known_add(unsigned kind, uint32_t project_id, struct str name, uint32_t id)
{
    if (known_count >= KNOWN_MAX) {
        dictionary_forget();
    }
    struct known_name *slot = known_slot(kind, project_id, name);
    if (slot->name == NULL) {
        slot->name = arena_xmalloc(name.len + 1);
        memcpy(slot->name, name.at, name.len);
        slot->len = name.len;
        slot->kind = kind;
        slot->project_id = project_id;
        slot->id = id;
        known_count++;
    }
}

/* ---- finding ------------------------------------------------------------------------------- */

/* A name that is looked for; id 0 until it is known. */
struct wanted_name {
    struct str name;
    uint32_t id;
    bool repeated;        /* the same name stands before it */
    struct db_param *row; /* of the INSERT that adds it; NULL: none does */
};

struct dictionary_job {
    const struct dictionary *kind;
    uint32_t project_id;
    enum dictionary_by by;
    struct wanted_name *wanted; /* in order of asking */
    size_t wanted_count;
    struct wanted_name **sorted; /* by name, each once */
    size_t count;
    struct db_param *params; /* room for an INSERT of all */
    size_t inserted;
};

#define INSERT_WIDTH 5

static int compare_name(const void *a, const void *b)
{
    const struct wanted_name *const *left = a;
    const struct wanted_name *const *right = b;
    return str_cmp((*left)->name, (*right)->name);
}

static int compare_name_and_place(const void *a, const void *b)
{
    const struct wanted_name *const *left = a;
    const struct wanted_name *const *right = b;
    int order = compare_name(a, b);
    return order != 0 ? order : (*left > *right) - (*left < *right);
}

/* Fills in the numbers that this process knows, and the job with the other names. */
static void job_begin(struct dictionary_job *job, struct arena *arena, const struct str *names,
                      size_t count, uint32_t *ret_ids)
{
    size_t unknown = 0;
    for (size_t i = 0; i < count; i++) {
        ret_ids[i] = known_id(job->kind->counter, job->project_id, names[i]);
        unknown += ret_ids[i] == 0;
    }
    job->wanted = arena_array(arena, unknown, sizeof *job->wanted);
    job->sorted = arena_array(arena, unknown, sizeof(struct wanted_name *));
    job->params = arena_array(arena, unknown * INSERT_WIDTH, sizeof *job->params);
    for (size_t i = 0; i < count; i++) {
        if (ret_ids[i] == 0) {
            job->wanted[job->wanted_count].name = names[i];
            job->sorted[job->wanted_count] = &job->wanted[job->wanted_count];
            job->wanted_count++;
        }
    }
    qsort(job->sorted, job->wanted_count, sizeof(struct wanted_name *), compare_name_and_place);
    for (size_t i = 0; i < job->wanted_count; i++) {
        struct wanted_name *wanted = job->sorted[i];
        wanted->repeated =
            job->count > 0 && str_eq(job->sorted[job->count - 1]->name, wanted->name);
        if (!wanted->repeated) {
            job->sorted[job->count++] = wanted;
        }
    }
}

static int set_wanted(const struct db_rows *rows, void *ctx)
{
    struct dictionary_job *job = ctx;
    struct wanted_name key = {.name = db_bytes(rows, 1)};
    const struct wanted_name *key_at = &key;
    struct wanted_name **found =
        bsearch(&key_at, job->sorted, job->count, sizeof(struct wanted_name *), compare_name);
    if (found != NULL) {
        (*found)->id = (uint32_t)db_i64(rows, 0);
    }
    return 0;
}

static int job_select(struct dictionary_job *job, struct db *db, struct err_info *info)
{
    struct db_param head = DB_I64(job->project_id);
    for (size_t i = 0; i < job->count; i++) {
        job->params[i] = DB_STR(job->sorted[i]->name);
    }
    struct sqllist query = {.sql = job->kind->select,
                            .head = &head,
                            .head_count = 1,
                            .items = job->params,
                            .count = job->count,
                            .width = 1};
    return sqllist_query(db, &query, set_wanted, job, info);
}

/* Reads off the other numbers, and remembers what the job found. */
static void job_end(const struct dictionary_job *job, const struct str *names, size_t count,
                    uint32_t *ret_ids)
{
    for (size_t i = 0; job->count > 0 && i < count; i++) {
        if (ret_ids[i] == 0) {
            struct wanted_name key = {.name = names[i]};
            const struct wanted_name *key_at = &key;
            struct wanted_name **found = bsearch(&key_at, job->sorted, job->count,
                                                 sizeof(struct wanted_name *), compare_name);
            ret_ids[i] = found == NULL ? 0 : (*found)->id;
        }
    }
    for (size_t i = 0; i < job->count; i++) {
        if (job->sorted[i]->id != 0) {
            known_add(job->kind->counter, job->project_id, job->sorted[i]->name,
                      job->sorted[i]->id);
        }
    }
}

int dictionary_find(const struct dictionary *kind, struct db *db, struct arena *arena,
                    uint32_t project_id, const struct str *names, size_t count, uint32_t *ret_ids,
                    struct err_info *info)
{
    struct dictionary_job job = {.kind = kind, .project_id = project_id};
    job_begin(&job, arena, names, count, ret_ids);
    int err = job_select(&job, db, info);
    if (err == 0) {
        job_end(&job, names, count, ret_ids);
    }
    return err;
}

/* ---- adding -------------------------------------------------------------------------------- */

/* How many names of a project count for the limits. */
struct dictionary_fill {
    uint64_t by_keys;
    uint64_t by_public;
};

static int read_fill(struct db *db, const struct dictionary_job *job, struct dictionary_fill *ret,
                     struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, job->kind->count, DB_PARAMS(DB_I64(job->project_id)), &rows, info);
    if (found < 0) {
        return found;
    }
    if (found > 0) {
        ret->by_keys = (uint64_t)db_i64(rows, 0);
        ret->by_public = (uint64_t)db_i64(rows, 1);
    }
    return 0;
}

static bool has_room(const struct dictionary_job *job, const struct dictionary_fill *fill)
{
    switch (job->by) {
    case DICTIONARY_BY_SYSTEM:
        return true;
    case DICTIONARY_BY_PUBLIC:
        return fill->by_public < job->kind->public_limit && fill->by_keys < job->kind->limit;
    case DICTIONARY_BY_SECRET:
        break;
    }
    return fill->by_keys < job->kind->limit;
}

/* Puts the rows that there is room for into the job's params; their numbers come later. */
static void choose_rows(struct dictionary_job *job, struct dictionary_fill *fill, int64_t now_ms)
{
    for (size_t i = 0; i < job->wanted_count; i++) {
        struct wanted_name *wanted = &job->wanted[i];
        if (wanted->repeated || wanted->id != 0 || !has_room(job, fill)) {
            continue;
        }
        struct db_param *row = job->params + job->inserted * INSERT_WIDTH;
        row[0] = DB_I64(job->project_id);
        row[2] = DB_STR(wanted->name);
        row[3] = DB_I64(job->by);
        row[4] = DB_I64(now_ms);
        wanted->row = row;
        job->inserted++;
        fill->by_keys += job->by != DICTIONARY_BY_SYSTEM;
        fill->by_public += job->by == DICTIONARY_BY_PUBLIC;
    }
}

static int insert_rows(struct db *db, struct dictionary_job *job, struct err_info *info)
{
    uint32_t next_id;
    int err = counter_take(db, job->project_id, job->kind->counter, (uint32_t)job->inserted,
                           &next_id, info);
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < job->wanted_count; i++) {
        struct wanted_name *wanted = &job->wanted[i];
        if (wanted->row != NULL) {
            wanted->id = next_id++;
            wanted->row[1] = DB_I64(wanted->id);
        }
    }
    db_set_write_check(db, job->kind->check, job->params, 3);
    return sqlrows_exec(db, job->kind->insert, job->params, job->inserted, INSERT_WIDTH, info);
}

/* The counter's row is the lock: one adds at a time, so that the limits are exact. */
static int register_body(struct db *db, void *ctx, struct err_info *info)
{
    struct dictionary_job *job = ctx;
    struct dictionary_fill fill = {0};
    int64_t now_ms = 0;
    job->inserted = 0;
    for (size_t i = 0; i < job->wanted_count; i++) {
        job->wanted[i].id = 0;
        job->wanted[i].row = NULL;
    }
    int err = counter_lock(db, job->project_id, job->kind->counter, info);
    if (err == 0) {
        err = job_select(job, db, info);
    }
    if (err == 0) {
        err = read_fill(db, job, &fill, info);
    }
    if (err == 0) {
        err = db_now_ms(db, &now_ms, info);
    }
    if (err < 0) {
        return err;
    }
    choose_rows(job, &fill, now_ms);
    return job->inserted == 0 ? 0 : insert_rows(db, job, info);
}

int dictionary_register(const struct dictionary *kind, struct db *db, struct arena *arena,
                        uint32_t project_id, const struct str *names, size_t count,
                        enum dictionary_by by, uint32_t *ret_ids, struct err_info *info)
{
    struct dictionary_job job = {.kind = kind, .project_id = project_id, .by = by};
    job_begin(&job, arena, names, count, ret_ids);
    int err = job_select(&job, db, info);
    for (size_t i = 0; err == 0 && i < job.count; i++) {
        if (job.sorted[i]->id == 0) {
            err = db_tx(db, DB_WRITE, register_body, &job, info);
            break;
        }
    }
    if (err == 0) {
        job_end(&job, names, count, ret_ids);
    }
    return err;
}

int dictionary_too_many(const struct dictionary *kind, struct str name, struct err_info *info)
{
    const size_t shown_max = 200;
    struct str shown = {name.at, name.len < shown_max ? name.len : shown_max};
    while (shown.len > 0 && shown.len < name.len && (name.at[shown.len] & 0xc0) == 0x80) {
        shown.len--; /* not in the middle of a character */
    }
    return err_set(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR",
                   "A project has at most %llu %s, of which public keys may add %llu; \"" STR_FMT
                   "\" would be one more",
                   (unsigned long long)kind->limit, kind->what,
                   (unsigned long long)kind->public_limit, STR_ARG(shown));
}
