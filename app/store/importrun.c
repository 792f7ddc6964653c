#include "store/importrun.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/timeutil.h"
#include "store/importerror.h"
#include "store/importfile.h"
#include "store/importjson.h"
#include "store/importpart.h"
#include "store/importrows.h"
#include "store/importseen.h"
#include "store/member.h"
#include "store/outbox.h"
#include "store/outboxbody.h"

#define BATCH_ROWS 16000
#define BATCH_ROWS_MIN 100
#define BATCH_BYTES (24u * 1024 * 1024) /* of memory for what was read */
#define TRIES_MAX 10

struct work {
    const struct importrun *run;
    struct importjob *job;
    struct importfile file;
    struct importseen *seen; /* of a dry run; else NULL */
    size_t batch_rows;
    uint64_t unclosed_line; /* where a quote begins that never ends; 0: nowhere */

    /* The batch at hand. */
    struct importrows rows;
    struct csv_position to;
    struct importjob_counts more;
    bool is_written; /* its `also` ran */
    bool is_lost;
};

/* ---- reading a batch ----------------------------------------------------------------------- */

/* Returns 1 with a batch (perhaps of refusals only), 0 at the end of the file, or an err. */
static int read_batch(struct work *work, struct err_info *info)
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
    importrows_begin(&work->rows, arena, &work->job->input, &work->file.columns, work->batch_rows,
                     now_ms);
    size_t read = 0;
    while (read < work->batch_rows && arena_used_bytes(arena) < BATCH_BYTES &&
           work->unclosed_line == 0 && (more = csv_next(work->file.csv, &row, info)) > 0) {
        importrows_add(&work->rows, &row);
        work->unclosed_line = row.is_unclosed ? row.line : 0;
        read++;
    }
    work->to = csv_position(work->file.csv);
    return more < 0 ? more : read > 0;
}

/* ---- writing it ---------------------------------------------------------------------------- */

static void count_item(struct work *work, const struct contactwrite_item *item)
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
static int settle_rows(struct work *work, struct db *db, struct err_info *info)
{
    const struct importrows *rows = &work->rows;
    struct arena *arena = work->run->arena;
    struct importerror *errors =
        arena_array(arena, rows->error_count + rows->count, sizeof *errors);
    size_t count = rows->error_count;
    if (count > 0) {
        memcpy(errors, rows->errors, count * sizeof *errors);
    }
    work->more = (struct importjob_counts){0};
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

static int add_members(struct work *work, struct db *db, struct err_info *info)
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
    return member_add_here(db, work->run->arena, job->project_id, job->input.segment_id, ordinals,
                           count, info);
}

/* db_body: what belongs to the batch besides its contacts and events. */
static int write_rest(struct db *db, void *ctx, struct err_info *info)
{
    struct work *work = ctx;
    work->is_written = true;
    work->is_lost = false;
    int err = settle_rows(work, db, info);
    if (err == 0 && work->job->input.segment_id != 0 && !work->job->input.dry_run) {
        err = add_members(work, db, info);
    }
    if (err < 0) {
        return err;
    }
    err = importjob_move(db, work->job, &work->to, &work->more, work->run->lease_ms, info);
    work->is_lost = err == ERR_CONFLICT;
    return err;
}

static void remember_seen(struct work *work)
{
    for (size_t i = 0; work->seen != NULL && i < work->rows.count; i++) {
        const struct contactwrite_item *item = &work->rows.items[i];
        if (item->problem_err == 0 && item->outcome == CONTACTWRITE_CREATED) {
            importseen_add(work->seen, item->email);
        }
    }
}

static int write_batch(struct work *work, struct err_info *info)
{
    struct contactwrite_batch batch = {.project_id = work->job->project_id,
                                       .items = work->rows.items,
                                       .count = work->rows.count,
                                       .skip_contacts = work->job->input.segment_id == 0,
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
        importjob_moved(work->job, &work->to, &work->more);
    }
    return err;
}

/* A batch must be well within the lease, or somebody else takes the job in the middle of it. */
static void adapt_batch(struct work *work, int64_t took_ms)
{
    size_t most = work->run->batch_rows != 0 ? work->run->batch_rows : BATCH_ROWS;
    if (took_ms > work->run->lease_ms / 4 && work->batch_rows > BATCH_ROWS_MIN) {
        work->batch_rows /= 2;
    } else if (took_ms < work->run->lease_ms / 16 && work->batch_rows < most) {
        work->batch_rows = work->batch_rows * 2 < most ? work->batch_rows * 2 : most;
    }
}

/* ---- the end ------------------------------------------------------------------------------- */

struct ending {
    struct work *work;
    struct str reason; /* at == NULL: it is complete */
};

/* Tells the project's webhooks; the job is read as it is stored now. */
static int publish(struct work *work, struct db *db, struct err_info *info)
{
    struct arena *arena = work->run->arena;
    const struct importjob *job = work->job;
    const struct outbox *outbox;
    struct importjob stored;
    struct buf text;
    struct jsonwrite w;
    int err = outbox_open(db, job->project_id, OUTBOX_ASK, &outbox, info);
    if (err < 0 || !outbox_wants(outbox, STR("import.completed"), false)) {
        return err;
    }
    err = importjob_get(db, arena, job->project_id, job->input.kind, &job->job_id, &stored, info);
    if (err < 0) {
        return err;
    }
    buf_init(&text, LIMIT_BODY_BYTES);
    jsonwrite_init(&w, &text);
    /* Without the refusals: their addresses would outlive an erasure. */
    importjson_write(&w, &stored, NULL, 0);
    struct outbox_event event = {
        .type = STR("import.completed"),
        .event_id = job->job_id,
        .body = outboxbody_import(arena, stored.finished_ms, buf_str(&text)),
    };
    buf_done(&text);
    return outbox_write(db, arena, job->project_id, outbox, &event, 1, stored.finished_ms, info);
}

/* db_body. */
static int end_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct ending *ending = ctx;
    struct work *work = ending->work;
    const struct importjob_counts none = {0};
    int err = importjob_move(db, work->job, &work->to, &none, work->run->lease_ms, info);
    if (err == 0) {
        err = importjob_finish(db, work->job, ending->reason, info);
    }
    work->is_lost = err == ERR_CONFLICT;
    return err == 0 && ending->reason.at == NULL ? publish(work, db, info) : err;
}

/* The job is over: completed, or failed with a reason. */
static int end_job(struct work *work, struct str reason, struct err_info *info)
{
    struct importjob *job = work->job;
    struct ending ending = {work, reason};
    int err = db_tx(work->run->handles.db, DB_WRITE, end_body, &ending, info);
    if (err < 0) {
        return err;
    }
    job->position = work->to;
    job->state = reason.at == NULL ? IMPORTJOB_COMPLETED : IMPORTJOB_FAILED;
    job->failed_reason = reason;
    struct err_info ignored = {0}; /* importjob_sweep tries again */
    IGNORE_RESULT(
        importjob_drop_parts(work->run->handles.db, job->project_id, &job->job_id, &ignored) < 0);
    return 0;
}

static int fail_job(struct work *work, const char *reason, struct err_info *info)
{
    work->to = work->job->position;
    return end_job(work, str_from(arena_printf(work->run->arena, "%s", reason)), info);
}

static int end_of_file(struct work *work, struct err_info *info)
{
    struct str reason = {0};
    if (work->unclosed_line > 0) {
        reason = str_from(arena_printf(
            work->run->arena,
            "line %llu: a quote is opened and never closed, so that the rest of the file could not"
            " be read; the rows before it are done",
            (unsigned long long)work->unclosed_line));
    }
    return end_job(work, reason, info);
}

/* ---- the work ------------------------------------------------------------------------------ */

static bool is_turn_over(const struct work *work, int64_t start_us)
{
    const struct importrun *run = work->run;
    if (run->progress != NULL && !run->progress(work->job, run->ctx)) {
        return true;
    }
    /* A dry run remembers addresses, and would begin anew. */
    return run->slice_ms > 0 && work->seen == NULL &&
           timeutil_mono_us() - start_us >= (int64_t)run->slice_ms * 1000;
}

static int work_through(struct work *work, enum importrun_end *ret, struct err_info *info)
{
    int64_t start_us = timeutil_mono_us();
    for (;;) {
        int64_t batch_us = timeutil_mono_us();
        int more = read_batch(work, info);
        if (more < 0) {
            return more;
        }
        *ret = IMPORTRUN_DONE;
        if (more == 0) {
            return end_of_file(work, info);
        }
        int err = write_batch(work, info);
        if (err < 0) {
            return err;
        }
        adapt_batch(work, (timeutil_mono_us() - batch_us) / 1000);
        if (is_turn_over(work, start_us)) {
            *ret = IMPORTRUN_PAUSED;
            return importjob_release(work->run->handles.db, work->job, info);
        }
    }
}

static int open_and_work(struct work *work, enum importrun_end *ret, struct err_info *info)
{
    struct db *db = work->run->handles.db;
    *ret = IMPORTRUN_DONE;
    if (work->job->tries > TRIES_MAX) {
        return fail_job(work, "it failed too often without getting on; the worker's log says why",
                        info);
    }
    if (work->seen != NULL && work->job->position.offset > 0) {
        int err = importjob_rewind(db, work->job, info);
        if (err < 0) {
            return err;
        }
    }
    struct err_info problem = {0};
    int err = importfile_open(&work->file, db, work->job, &problem);
    if (err == ERR_INVAL) {
        return fail_job(work, problem.message, info);
    }
    if (err < 0) {
        *info = problem;
        return err;
    }
    return work_through(work, ret, info);
}

int importrun_work(const struct importrun *run, struct importjob *job, enum importrun_end *ret,
                   struct err_info *info)
{
    AUTO(importseen) seen = job->input.dry_run ? importseen_new() : NULL;
    struct work work = {.run = run, .job = job, .seen = seen, .batch_rows = BATCH_ROWS};
    if (run->batch_rows != 0) {
        work.batch_rows = run->batch_rows;
    }
    int err = open_and_work(&work, ret, info);
    importfile_close(&work.file);
    if (err == ERR_CONFLICT || work.is_lost) {
        *ret = IMPORTRUN_LOST;
        return 0;
    }
    if (err == ERR_NOT_FOUND && job->input.segment_id != 0) {
        *ret = IMPORTRUN_DONE;
        return fail_job(&work, "the segment was deleted while the import ran", info);
    }
    return err;
}
