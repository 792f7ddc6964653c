#include "worker/bulkwork.h"

#include "audience/rosterparts.h"
#include "base/log.h"
#include "base/stopsignal.h"
#include "base/timeutil.h"
#include "store/bulkjob.h"
#include "store/contactdelete.h"
#include "store/contactmany.h"
#include "worker/joblog.h"

#define SLICE_MS 5000 /* of one job, then another project's has its turn */
#define SWEEP_EVERY_MS 60000
#define TRIES_MAX 8 /* batches that ended without an answer, one after the other */
#define CHANGED_AT_ONCE 500
#define DELETED_AT_ONCE 250

/* One turn of a job. */
struct turn {
    struct db *db;
    struct arena *arena; /* of the batch at hand */
    struct bulkjob *job;
    unsigned lease_ms;
    struct rosterparts walk; /* whom it is about */
    /* The batch. */
    uint32_t ordinals[CHANGED_AT_ONCE];
    size_t count;
    struct bulkjob_step step;
};

/* ---- what to do next ----------------------------------------------------------------------- */

static int read_part(void *ctx, uint32_t from_chunk, uint32_t *ret_chunk, struct str *ret_rows,
                     struct err_info *info)
{
    struct turn *turn = ctx;
    struct bulkjob_part part;
    int found = bulkjob_part(turn->db, turn->arena, turn->job, from_chunk, &part, info);
    if (found > 0) {
        *ret_chunk = part.chunk;
        *ret_rows = part.rows;
    }
    return found;
}

/* The ordinals of the next batch. Returns 1, 0: there are none left, or an err. */
static int next_batch(struct turn *turn, struct err_info *info)
{
    uint32_t want = turn->job->kind == BULKJOB_DELETE ? DELETED_AT_ONCE : CHANGED_AT_ONCE;
    return rosterparts_next(&turn->walk, turn->ordinals, want, &turn->count, info);
}

/* ---- doing it ------------------------------------------------------------------------------ */

static int fill_change(struct arena *arena, const struct contact *contact,
                       struct contactchange *ret, void *ctx, struct err_info *info)
{
    const struct turn *turn = ctx;
    (void)arena;
    (void)contact;
    (void)info;
    ret->subscribe =
        turn->job->kind == BULKJOB_SUBSCRIBE ? CONTACTCHANGE_SUBSCRIBE : CONTACTCHANGE_UNSUBSCRIBE;
    return 0;
}

static int move(struct db *db, struct turn *turn, size_t done, struct bulkjob_counts counts,
                struct err_info *info)
{
    turn->step = (struct bulkjob_step){
        .next_ordinal = turn->job->next_ordinal, .done = done, .counts = counts};
    if (done > 0)
        turn->step.next_ordinal = (uint64_t)turn->ordinals[done - 1] + 1;
    return bulkjob_move(db, turn->job, &turn->step, turn->lease_ms, info);
}

static int moved_by_change(struct db *db, const struct contactmany_counts *counts, void *ctx,
                           struct err_info *info)
{
    struct turn *turn = ctx;
    struct bulkjob_counts more = {counts->changed, counts->unchanged};
    return move(db, turn, turn->count, more, info);
}

static int moved_by_delete(struct db *db, size_t done, size_t erased, void *ctx,
                           struct err_info *info)
{
    struct turn *turn = ctx;
    struct bulkjob_counts more = {.changed = erased};
    return move(db, turn, done, more, info);
}

static int do_batch(struct turn *turn, struct err_info *info)
{
    if (turn->job->kind == BULKJOB_DELETE) {
        struct contactdelete_batch batch = {turn->ordinals, turn->count, moved_by_delete, turn};
        return contactdelete_many(turn->db, turn->arena, turn->job->project_id, &batch, info);
    }
    struct contactmany_counts counts;
    struct contactmany batch = {.project_id = turn->job->project_id,
                                .ordinals = turn->ordinals,
                                .count = turn->count,
                                .may_flip = true,
                                .change = fill_change,
                                .also = moved_by_change,
                                .ctx = turn};
    return contactmany_change(turn->db, turn->arena, &batch, &counts, info);
}

/* Takes over what the batch has stored: the job's place, and the rows that are done. */
static void batch_done(struct turn *turn)
{
    rosterparts_done(&turn->walk, turn->ordinals, turn->step.done);
    bulkjob_moved(turn->job, &turn->step);
}

/* ---- a turn -------------------------------------------------------------------------------- */

static int step(struct turn *turn, bool *ret_over, struct err_info *info)
{
    int found = next_batch(turn, info);
    *ret_over = found == 0;
    if (found <= 0)
        return found;
    int err = do_batch(turn, info);
    if (err == 0)
        batch_done(turn);
    return err;
}

/* Works until the job is over or its turn is. Returns 0, ERR_CONFLICT: the lease is lost, or err.
 */
static int work(struct turn *turn, struct err_info *info)
{
    int64_t end_us = timeutil_mono_us() + (int64_t)SLICE_MS * 1000;
    bool over = false;
    int err = 0;
    if (turn->job->tries > TRIES_MAX)
        return bulkjob_finish(turn->db, turn->job,
                              STR("The action was given up: it failed several times at one place"),
                              info);
    while (err == 0 && !over && !stopsignal_asked() && timeutil_mono_us() < end_us) {
        arena_reset(turn->arena);
        err = step(turn, &over, info);
    }
    if (err == 0 && over)
        return bulkjob_finish(turn->db, turn->job, (struct str){NULL, 0}, info);
    if (err != ERR_CONFLICT) {
        struct err_info ignored = {0};
        int released = bulkjob_release(turn->db, turn->job, &ignored);
        return err < 0 ? err : released;
    }
    return err;
}

static void log_turn(const struct bulkjob *job, uint64_t done, int64_t us)
{
    char id[37];
    struct log_line line;
    uuid_format(&job->job_id, id);
    log_begin(&line, LOG_LEVEL_INFO, "bulk");
    log_add_i64(&line, "project", job->project_id);
    log_add(&line, "id", "%s", id);
    log_add(&line, "kind", "%s", bulkjob_kind_word(job->kind));
    log_add(&line, "state", "%s", bulkjob_state_word(job->state));
    log_add_i64(&line, "contacts", (int64_t)done);
    log_add_i64(&line, "done", (int64_t)job->done);
    log_add_i64(&line, "total", (int64_t)job->total);
    log_add_i64(&line, "us", us);
    log_end(&line);
}

static bool work_on(const struct job *job, struct bulkjob *bulk)
{
    struct err_info info = {0};
    AUTO(arena) batches = arena_new();
    struct turn *turn = arena_alloc(job->arena, sizeof *turn);
    *turn = (struct turn){.db = job->db,
                          .arena = batches,
                          .job = bulk,
                          .walk = {.read = read_part, .ctx = turn, .next = bulk->next_ordinal},
                          .lease_ms = (unsigned)job->config->lease_s * 1000};
    int64_t start_us = timeutil_mono_us();
    uint64_t done = bulk->done;
    int err = work(turn, &info);
    if (err < 0 && err != ERR_CONFLICT) {
        joblog_failure("bulk", bulk->project_id, err, &info);
        return false;
    }
    log_turn(bulk, bulk->done - done, timeutil_mono_us() - start_us);
    return true;
}

static bool sweep(const struct job *job)
{
    static int64_t next_us;
    struct err_info info = {0};
    int64_t now_us = timeutil_mono_us();
    if (now_us < next_us && !job->now)
        return true;
    next_us = now_us + (int64_t)SWEEP_EVERY_MS * 1000;
    int err = bulkjob_sweep(job->db, &info);
    if (err < 0)
        joblog_failure("bulk", 0, err, &info);
    return err == 0;
}

bool bulkwork_run(const struct job *job, bool *ret_more)
{
    struct bulkjob bulk;
    struct err_info info = {0};
    int found =
        bulkjob_claim(job->db, job->arena, (unsigned)job->config->lease_s * 1000, &bulk, &info);
    *ret_more = found > 0;
    if (found < 0) {
        joblog_failure("bulk", 0, found, &info);
        return false;
    }
    return found == 0 ? sweep(job) : work_on(job, &bulk);
}
