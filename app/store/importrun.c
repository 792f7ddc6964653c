#include "store/importrun.h"

#include "base/limits.h"
#include "base/stopsignal.h"
#include "base/subprocess.h"
#include "store/importjson.h"
#include "store/importwork.h"
#include "store/outbox.h"
#include "store/outboxbody.h"

#define TRIES_MAX 10
#define MATE_LOOK_MS 50

/* ---- the end ------------------------------------------------------------------------------- */

struct ending {
    struct importwork *work;
    struct str reason; /* at == NULL: it is complete */
};

/* Tells the project's webhooks; the job is read as it is stored now. */
static int publish(struct importwork *work, struct db *db, struct err_info *info)
{
    struct arena *arena = work->run->arena;
    const struct importjob *job = work->job;
    const struct outbox *outbox;
    struct importjob stored;
    struct importtarget target;
    struct buf text;
    struct jsonwrite w;
    int err = outbox_open(db, job->project_id, OUTBOX_ASK, &outbox, info);
    if (err < 0 || !outbox_wants(outbox, STR("import.completed"), false)) {
        return err;
    }
    err = importjob_get(db, arena, job->project_id, job->input.kind, &job->job_id, &stored, info);
    if (err == 0) {
        err = importtarget_read(db, arena, &stored, &target, info);
    }
    if (err < 0) {
        return err;
    }
    buf_init(&text, LIMIT_BODY_BYTES);
    jsonwrite_init(&w, &text);
    stored.found = (struct str){NULL, 0}; /* a thousand columns are no message */
    /* Without the refusals: their addresses would outlive an erasure. */
    importjson_write(&w, &stored, &target, NULL, 0);
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
    struct importwork *work = ending->work;
    int err = importjob_finish(db, work->job, ending->reason, info);
    work->is_lost = err == ERR_CONFLICT;
    return err == 0 && ending->reason.at == NULL ? publish(work, db, info) : err;
}

/* The job is over: completed, or failed with a reason. */
static int end_job(struct importwork *work, struct str reason, struct err_info *info)
{
    struct importjob *job = work->job;
    struct ending ending = {work, reason};
    int err = db_tx(work->run->handles.db, DB_WRITE, end_body, &ending, info);
    if (err < 0) {
        return err;
    }
    job->state = reason.at == NULL ? IMPORTJOB_COMPLETED : IMPORTJOB_FAILED;
    job->failed_reason = reason;
    struct err_info ignored = {0}; /* importjob_sweep tries again */
    IGNORE_RESULT(
        importjob_drop_parts(work->run->handles.db, job->project_id, &job->job_id, &ignored) < 0);
    return 0;
}

static int fail_job(struct importwork *work, const char *reason, struct err_info *info)
{
    return end_job(work, str_from(arena_printf(work->run->arena, "%s", reason)), info);
}

/* Every lane has come to the end of the file. */
static int end_of_file(struct importwork *work, struct err_info *info)
{
    struct str reason = {0};
    if (work->types != NULL) {
        work->job->found = importtypes_print(work->run->arena, work->types);
    }
    if (work->unclosed_line > 0) {
        reason = str_from(arena_printf(
            work->run->arena,
            "line %llu: a quote is opened and never closed, so that the rest of the file could not"
            " be read; the rows before it are done",
            (unsigned long long)work->unclosed_line));
    }
    return end_job(work, reason, info);
}

/* ---- the other lane ------------------------------------------------------------------------ */

/* What its process tells: while it works for the progress, and in the end. */
struct mate_note {
    struct importjob so_far; /* bytes_done and counts: its own */
    int err;
    enum importrun_end end;
    struct err_info info;
};

/* A large file has two lanes: the second is worked on by a process of its own. */
struct mate {
    struct subprocess process; /* shared: a struct mate_note */
    const struct importrun *run;
    const struct importjob *job;
    struct importlane lane;
};

static bool mate_progress(const struct importjob *job, void *ctx)
{
    struct mate_note *note = ctx;
    note->so_far = *job;
    return !stopsignal_asked();
}

/* subprocess_body. */
static void mate_body(void *shared, void *ctx)
{
    struct mate_note *note = shared;
    const struct mate *mate = ctx;
    const struct importrun *ours = mate->run;
    AUTO(db) db = db_twin(ours->handles.db);
    AUTO(db) reserve = db_twin(ours->handles.reserve);
    AUTO(arena) arena = arena_new();
    struct importrun run = *ours;
    run.handles.db = db;
    run.handles.reserve = reserve;
    run.arena = arena;
    run.progress = mate_progress;
    run.ctx = note;
    struct importjob job = *mate->job;
    job.counts = (struct importlane_counts){0};
    job.bytes_done = mate->lane.position.offset;
    struct importwork work;
    importwork_init(&work, &run, &job, &mate->lane, NULL);
    note->so_far = job;
    note->err = importwork_open(&work, &note->info);
    if (note->err == 0) {
        note->err = importwork_through(&work, &note->end, &note->info);
    }
    if (work.is_lost || note->err == ERR_CONFLICT) {
        note->end = IMPORTRUN_LOST;
        note->err = 0;
    }
    importwork_done(&work);
}

/* importrun.progress of the first lane: the caller is told of both. */
struct both {
    const struct importrun *run;
    struct mate *mate;
};

static bool both_progress(const struct importjob *job, void *ctx)
{
    const struct both *both = ctx;
    const struct mate_note *note = both->mate->process.shared;
    struct importjob shown = *job;
    if (both->run->progress == NULL) {
        return true;
    }
    if (note != NULL) {
        /* It may be writing: a number that is a little off does no harm to a progress bar. */
        shown.bytes_done = (job->bytes_done + note->so_far.bytes_done) / 2;
        importlane_add(&shown.counts, &note->so_far.counts);
    }
    return both->run->progress(&shown, both->run->ctx);
}

/* Waits for the other lane, which is told to stop when this one was. */
static int mate_wait(struct mate *mate, const struct importwork *work, enum importrun_end *end,
                     struct err_info *info)
{
    const struct mate_note *note = mate->process.shared;
    bool is_good = false;
    bool is_stopping = false;
    while (!subprocess_wait(&mate->process, MATE_LOOK_MS, &is_good)) {
        bool go_on = *end == IMPORTRUN_DONE && work->run->progress(work->job, work->run->ctx);
        if (!go_on && !is_stopping) {
            subprocess_stop(&mate->process);
            is_stopping = true;
        }
    }
    if (!is_good) {
        return err_set(info, ERR_UNAVAILABLE, NULL, "the process of the second lane died");
    }
    importlane_add(&work->job->counts, &note->so_far.counts);
    work->job->bytes_done = (work->job->bytes_done + note->so_far.bytes_done) / 2;
    if (note->err < 0) {
        *info = note->info;
        return note->err;
    }
    *end = note->end > *end ? note->end : *end;
    return 0;
}

/* ---- the work ------------------------------------------------------------------------------ */

/* Works on all lanes; `work` is the first. */
static int work_lanes(struct importwork *work, const struct importlane *lanes, unsigned count,
                      struct both *both, enum importrun_end *ret, struct err_info *info)
{
    struct mate *mate = both->mate;
    if (count > 1) {
        *mate = (struct mate){.run = both->run, .job = work->job, .lane = lanes[1]};
        int err = subprocess_start(&mate->process, sizeof(struct mate_note), mate_body, mate, info);
        if (err < 0) {
            return err;
        }
    }
    int err = importwork_through(work, ret, info);
    if (work->is_lost) {
        *ret = IMPORTRUN_LOST;
        err = 0;
    }
    if (count > 1) {
        struct err_info problem = {0};
        *ret = err < 0 ? IMPORTRUN_PAUSED : *ret;
        int mate_err = mate_wait(mate, work, ret, &problem);
        if (err == 0 && mate_err < 0) {
            *info = problem;
            err = mate_err;
        }
    }
    return err;
}

/* Opens the file. Returns 1, or 0: it cannot be read, and the job has failed; or an err. */
static int open_file(struct importwork *work, struct err_info *info)
{
    struct importjob *job = work->job;
    struct err_info problem = {0};
    if (job->tries > TRIES_MAX) {
        return fail_job(work, "it failed too often without getting on; the worker's log says why",
                        info);
    }
    if (work->seen != NULL && work->lane.position.offset > 0) {
        int err = importjob_rewind(work->run->handles.db, job, info);
        if (err < 0) {
            return err;
        }
        work->lane.position = (struct csv_position){0};
    }
    int err = importwork_open(work, &problem);
    if (err == ERR_INVAL) {
        return fail_job(work, problem.message, info);
    }
    if (err < 0) {
        *info = problem;
        return err;
    }
    return 1;
}

static int open_and_work(struct importwork *work, const struct importlane *lanes, unsigned count,
                         struct both *both, enum importrun_end *ret, struct err_info *info)
{
    *ret = IMPORTRUN_DONE;
    int err = open_file(work, info);
    if (err <= 0) {
        return err;
    }
    err = work_lanes(work, lanes, count, both, ret, info);
    if (*ret == IMPORTRUN_LOST) {
        return err;
    }
    if (err < 0) {
        struct err_info ignored = {0}; /* the lease ends by itself */
        IGNORE_RESULT(importjob_release(work->run->handles.db, work->job, &ignored) < 0);
        return err;
    }
    return *ret == IMPORTRUN_DONE ? end_of_file(work, info)
                                  : importjob_release(work->run->handles.db, work->job, info);
}

/* What may be deleted while contacts are put in it; NULL: nothing. */
static const char *what_it_fills(const struct importjob *job)
{
    const struct importjob_input *input = &job->input;
    if ((input->segment_id != 0) + (input->list_id != 0) + (input->tag_id != 0) > 1) {
        return "segment, list or tag";
    }
    return input->segment_id != 0 ? "segment"
           : input->list_id != 0  ? "list"
           : input->tag_id != 0   ? "tag"
                                  : NULL;
}

int importrun_work(const struct importrun *run, struct importjob *job, enum importrun_end *ret,
                   struct err_info *info)
{
    AUTO(importseen) seen = job->input.dry_run ? importseen_new() : NULL;
    struct importlane lanes[IMPORTLANE_MAX];
    struct mate mate = {.run = run};
    struct both both = {run, &mate};
    struct importrun first = *run;
    struct importwork work;
    first.progress = both_progress;
    first.ctx = &both;
    int count = importlane_list(run->handles.db, job->project_id, &job->job_id, lanes, info);
    if (count <= 0) {
        *ret = IMPORTRUN_LOST;
        return count;
    }
    importwork_init(&work, &first, job, &lanes[0], seen);
    int err = open_and_work(&work, lanes, (unsigned)count, &both, ret, info);
    importwork_done(&work);
    subprocess_done(&mate.process);
    if (err == ERR_CONFLICT || work.is_lost) {
        *ret = IMPORTRUN_LOST;
        return 0;
    }
    const char *gone = err == ERR_NOT_FOUND ? what_it_fills(job) : NULL;
    if (gone) {
        *ret = IMPORTRUN_DONE;
        return fail_job(
            &work, arena_printf(run->arena, "the %s was deleted while the import ran", gone), info);
    }
    return err;
}
