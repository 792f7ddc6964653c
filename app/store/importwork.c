#include "store/importwork.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/timeutil.h"
#include "column/key.h"
#include "store/importerror.h"
#include "store/member.h"

#define BATCH_ROWS 16000
#define BATCH_ROWS_MIN 100
#define BATCH_BYTES (24u * 1024 * 1024) /* of memory for what was read */
#define OTHERS_PER_ROW 8 /* rows of other lanes that may be passed over for each of a batch */

/* ---- reading a batch ----------------------------------------------------------------------- */

/* Returns 1 with a batch (perhaps of refusals only), 0 at the end of the file, or an err. */
static int read_batch(struct importwork *work, struct err_info *info)
{
    struct arena *arena = work->run->arena;
    struct csv_row row;
    int64_t now_ms = 0;
    int more = 0;
    arena_reset(arena);
    int err = work->job->input.keep_created ? db_now_ms(work->run->handles.db, &now_ms, info) : 0;
    if (err < 0) {
        return err;
    }
    importrows_begin(&work->rows, arena, &work->job->input, &work->lane, &work->file.columns,
                     work->batch_rows, now_ms);
    work->rows.types = work->types;
    size_t ours = 0;
    size_t read = 0;
    while (ours < work->batch_rows && read < work->batch_rows * OTHERS_PER_ROW &&
           arena_used_bytes(arena) < BATCH_BYTES && work->unclosed_line == 0 &&
           (more = csv_next(work->file.csv, &row, info)) > 0) {
        ours += importrows_add(&work->rows, &row);
        work->unclosed_line = row.is_unclosed ? row.line : 0;
        read++;
    }
    work->to = csv_position(work->file.csv);
    return more < 0 ? more : read > 0;
}

/* ---- writing it ---------------------------------------------------------------------------- */

static void count_item(struct importwork *work, const struct contactwrite_item *item)
{
    bool is_seen = work->seen != NULL && item->outcome == CONTACTWRITE_CREATED &&
                   importseen_has(work->seen, item->email);
    enum contactwrite_outcome outcome = item->outcome;
    if (is_seen) {
        outcome = item->when == CONTACTWRITE_ONLY_NEW ? CONTACTWRITE_SKIPPED : CONTACTWRITE_UPDATED;
    }
    if (outcome == CONTACTWRITE_SKIPPED) {
        work->more.skipped++;
    } else if (item->event != NULL || outcome == CONTACTWRITE_CREATED) {
        work->more.created++;
    } else if (outcome == CONTACTWRITE_UPDATED) {
        work->more.updated++;
    } else {
        work->more.unchanged++;
    }
}

/* Counts what became of the items, and stores the refusals of all kinds. */
static int settle_rows(struct importwork *work, struct db *db, struct err_info *info)
{
    const struct importrows *rows = &work->rows;
    struct arena *arena = work->run->arena;
    struct importerror *errors =
        arena_array(arena, rows->error_count + rows->count, sizeof *errors);
    size_t count = rows->error_count;
    if (count > 0) {
        memcpy(errors, rows->errors, count * sizeof *errors);
    }
    work->more = (struct importlane_counts){0};
    for (size_t i = 0; i < rows->count; i++) {
        const struct contactwrite_item *item = &rows->items[i];
        if (item->problem_err == 0) {
            count_item(work, item);
            continue;
        }
        errors[count++] = (struct importerror){rows->places[i].row, rows->places[i].line,
                                               item->email, str_from(item->problem->message)};
    }
    work->more.rejected = count;
    return importerror_insert(db, arena, work->job->project_id, &work->job->job_id, errors, count,
                              info);
}

static int add_members(struct importwork *work, struct db *db, struct err_info *info)
{
    const struct importrows *rows = &work->rows;
    const struct importjob *job = work->job;
    uint32_t *ordinals = arena_array(work->run->arena, rows->count, sizeof *ordinals);
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->items[i].problem_err == 0 && rows->items[i].contact != NULL) {
            ordinals[count++] = rows->items[i].contact->ordinal;
        }
    }
    const uint64_t sets[] = {
        job->input.segment_id != 0 ? KEY_SET_SEGMENT(job->input.segment_id) : 0,
        job->input.list_id != 0 ? KEY_SET_LIST(job->input.list_id) : 0,
        job->input.tag_id != 0 ? KEY_SET_TAG(job->input.tag_id) : 0,
    };
    int err = 0;
    for (size_t i = 0; err == 0 && i < ARRAY_LEN(sets); i++) {
        if (sets[i] != 0) {
            err = member_add_here(db, work->run->arena, job->project_id, sets[i], ordinals, count,
                                  NULL, info);
        }
    }
    return err;
}

/* Whether its contacts become members of something. */
static bool has_sets(const struct importjob *job)
{
    return job->input.segment_id != 0 || job->input.list_id != 0 || job->input.tag_id != 0;
}

/* db_body: what belongs to the batch besides its contacts and events. */
static int write_rest(struct db *db, void *ctx, struct err_info *info)
{
    struct importwork *work = ctx;
    work->is_written = true;
    work->is_lost = false;
    int err = settle_rows(work, db, info);
    if (err == 0 && has_sets(work->job) && !work->job->input.dry_run) {
        err = add_members(work, db, info);
    }
    if (err < 0) {
        return err;
    }
    err = importlane_move(db, work->job->project_id, &work->job->job_id, &work->lane, &work->to,
                          &work->more, info);
    if (err == 0) {
        /* Last, and shared: the lanes do not wait for each other's commits. */
        err = importjob_hold(db, work->job, info);
    }
    work->is_lost = err == ERR_CONFLICT;
    return err;
}

static void remember_seen(struct importwork *work)
{
    for (size_t i = 0; work->seen != NULL && i < work->rows.count; i++) {
        const struct contactwrite_item *item = &work->rows.items[i];
        if (item->problem_err == 0 && item->outcome == CONTACTWRITE_CREATED) {
            importseen_add(work->seen, item->email);
        }
    }
}

static int write_batch(struct importwork *work, struct err_info *info)
{
    struct contactwrite_batch batch = {.project_id = work->job->project_id,
                                       .items = work->rows.items,
                                       .count = work->rows.count,
                                       .skip_contacts = !has_sets(work->job),
                                       .dry_run = work->job->input.dry_run,
                                       .also = write_rest,
                                       .also_ctx = work};
    work->is_written = false;
    int err = contactwrite_upsert(&work->run->handles, work->run->arena, &batch, info);
    if (err == 0 && !work->is_written) { /* no row of it was fit to be written */
        err = db_tx(work->run->handles.db, DB_WRITE, write_rest, work, info);
    }
    if (err == 0) {
        remember_seen(work);
        work->lane.position = work->to;
        work->job->bytes_done = work->to.offset;
        importlane_add(&work->job->counts, &work->more);
    }
    return err;
}

/* A batch must be well within the lease, or somebody else takes the job in the middle of it. */
static void adapt_batch(struct importwork *work, int64_t took_ms)
{
    size_t most = work->run->batch_rows != 0 ? work->run->batch_rows : BATCH_ROWS;
    if (took_ms > work->run->lease_ms / 4 && work->batch_rows > BATCH_ROWS_MIN) {
        work->batch_rows /= 2;
    } else if (took_ms < work->run->lease_ms / 16 && work->batch_rows < most) {
        work->batch_rows = work->batch_rows * 2 < most ? work->batch_rows * 2 : most;
    }
}

/* ---- the lane ------------------------------------------------------------------------------ */

void importwork_init(struct importwork *work, const struct importrun *run, struct importjob *job,
                     const struct importlane *lane, struct importseen *seen)
{
    *work = (struct importwork){.run = run,
                                .job = job,
                                .lane = *lane,
                                .seen = seen,
                                .start_us = timeutil_mono_us(),
                                .extended_us = timeutil_mono_us(),
                                .batch_rows = run->batch_rows != 0 ? run->batch_rows : BATCH_ROWS};
}

int importwork_open(struct importwork *work, struct err_info *info)
{
    int err =
        importfile_open(&work->file, work->run->handles.db, work->job, &work->lane.position, info);
    /* It begins at the first row, and is one process: what it counts is of the whole file. */
    if (err == 0 && work->seen != NULL && work->job->input.format == IMPORTJOB_CSV) {
        work->types = importtypes_new(work->file.memory, &work->file.columns);
    }
    return err;
}

void importwork_done(struct importwork *work)
{
    importfile_close(&work->file);
}

static bool is_turn_over(const struct importwork *work)
{
    const struct importrun *run = work->run;
    if (run->progress != NULL && !run->progress(work->job, run->ctx)) {
        return true;
    }
    /* A dry run remembers addresses, and would begin anew. */
    return run->slice_ms > 0 && work->seen == NULL &&
           timeutil_mono_us() - work->start_us >= (int64_t)run->slice_ms * 1000;
}

/* After the first batch of a turn, and then whenever a quarter of it has passed. */
static int extend_lease(struct importwork *work, struct err_info *info)
{
    int64_t now_us = timeutil_mono_us();
    if (work->job->tries == 0 &&
        now_us - work->extended_us < (int64_t)work->run->lease_ms * 1000 / 4) {
        return 0;
    }
    work->extended_us = now_us;
    int err = importjob_extend(work->run->handles.db, work->job, work->run->lease_ms, info);
    work->is_lost = err == ERR_CONFLICT;
    return err;
}

int importwork_through(struct importwork *work, enum importrun_end *ret, struct err_info *info)
{
    for (;;) {
        int64_t batch_us = timeutil_mono_us();
        int more = read_batch(work, info);
        *ret = IMPORTRUN_DONE;
        if (more <= 0) {
            return more;
        }
        int err = write_batch(work, info);
        if (err == 0) {
            err = extend_lease(work, info);
        }
        if (err < 0) {
            return err;
        }
        adapt_batch(work, (timeutil_mono_us() - batch_us) / 1000);
        if (is_turn_over(work)) {
            *ret = IMPORTRUN_PAUSED;
            return 0;
        }
    }
}
