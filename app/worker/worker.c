#include "worker/worker.h"

#include <stdint.h>
#include <string.h>

#include "audience/chunkcache.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/procmem.h"
#include "base/stopsignal.h"
#include "base/timeutil.h"
#include "worker/bulkwork.h"
#include "worker/calljob.h"
#include "worker/campaignjob.h"
#include "worker/cleanup.h"
#include "worker/columnjobs.h"
#include "worker/compute.h"
#include "worker/deliverjob.h"
#include "worker/flowjob.h"
#include "worker/historyjob.h"
#include "worker/import.h"
#include "worker/job.h"
#include "worker/sns.h"
#include "worker/supervisor.h"

#define PAUSE_MAX_S 30u
#define TIMED_RUN_MS INT64_C(60000) /* of one start by a timer, which then starts it again */
#define ROUNDS_MAX 100000u
#define STATEMENT_MS 120000u
#define IO_S 150u

enum class {
    CLASS_IMPORT,
    CLASS_COMPUTE,
    CLASS_SCHEDULE,
    CLASS_CALL,
    CLASS_SNS,
    CLASS_DELIVER,
    CLASSES
};

static const char *const class_names[CLASSES] = {"import", "compute", "schedule",
                                                 "call",   "sns",     "deliver"};

/* clang-format off */
/* In the order in which they feed one another. */
static const struct {
    const char *name;
    enum class class;
    job_fn *run;
    int64_t every_ms; /* not more often than that; 0: in every round */
} table[] = {
    {"import",  CLASS_IMPORT,  import_job,       0},
    {"bulk",    CLASS_IMPORT,  bulkwork_run,     0},
    {"sns",     CLASS_SNS,     sns_job,          0},
    {"fold",    CLASS_COMPUTE, columnjobs_fold,  0},
    {"merge",   CLASS_COMPUTE, columnjobs_merge, 0},
    {"build",   CLASS_COMPUTE, columnjobs_build, 0},
    {"compute", CLASS_COMPUTE, compute_job,      0},
    {"campaigns", CLASS_SCHEDULE, campaignjob_run, 0},
    {"flows",     CLASS_SCHEDULE, flowjob_run,     0},
    {"call",    CLASS_CALL,    calljob_run,      0},
    {"history", CLASS_COMPUTE, historyjob_run,   300000},
    {"cleanup", CLASS_COMPUTE, cleanup_job,      60000},
    {"deliver", CLASS_DELIVER, deliverjob_run,   0},
};
/* clang-format on */
_Static_assert(ARRAY_LEN(table) <= 16, "one bit for each job");

static unsigned jobs_of(enum class class)
{
    unsigned jobs = 0;
    for (unsigned i = 0; i < ARRAY_LEN(table); i++)
        jobs |= table[i].class == class ? 1u << i : 0;
    return jobs;
}

unsigned worker_jobs(const char *word)
{
    if (strcmp(word, "all") == 0)
        return (1u << ARRAY_LEN(table)) - 1;
    for (unsigned c = 0; c < CLASSES; c++)
        if (strcmp(word, class_names[c]) == 0)
            return jobs_of((enum class)c);
    for (unsigned i = 0; i < ARRAY_LEN(table); i++)
        if (strcmp(word, table[i].name) == 0)
            return 1u << i;
    return 0;
}

/* What a process of jobs works with between its rounds. */
struct shift {
    struct job job;
    unsigned jobs;
    int64_t next_us[ARRAY_LEN(table)]; /* when a job is due that does not run in every round */
};

/* A timer starts a fresh process each time: what ran when stands in the host's memory. */
static bool is_due(const struct shift *shift, unsigned i)
{
    if (table[i].every_ms == 0)
        return true;
    int64_t age_ms = timeutil_wall_ms() - metrics_job_last_ms(table[i].name);
    bool named = shift->job.now || shift->jobs == 1u << i;
    return timeutil_mono_us() >= shift->next_us[i] &&
           (named || age_ms < 0 || age_ms >= table[i].every_ms);
}

/* Runs every job that is due once. ret_more: one of them has work left that it can do. */
static bool run_round(struct shift *shift, bool *ret_more)
{
    bool all_good = true;
    *ret_more = false;
    for (unsigned i = 0; i < ARRAY_LEN(table) && !stopsignal_asked(); i++) {
        int64_t start_us = timeutil_mono_us();
        bool more = false;
        if (!(shift->jobs & 1u << i) || !is_due(shift, i))
            continue;
        shift->next_us[i] = start_us + table[i].every_ms * 1000;
        metrics_job_lives(table[i].name);
        bool good = table[i].run(&shift->job, &more);
        metrics_job(table[i].name, good, timeutil_mono_us() - start_us);
        arena_reset(shift->job.arena);
        all_good &= good;
        *ret_more |= good && more;
    }
    chunkcache_trim();
    return all_good;
}

/* Two rounds at least when asked for everything: what a later job made is work for an earlier one.
 */
static bool run_through(struct shift *shift)
{
    int64_t start_us = timeutil_mono_us();
    bool good = true, more = true;
    unsigned least = shift->job.now ? 2 : 1;
    for (unsigned round = 0; (more || round < least) && round < ROUNDS_MAX; round++) {
        if (stopsignal_asked() ||
            (!shift->job.now && timeutil_mono_us() - start_us > TIMED_RUN_MS * 1000))
            break;
        good = run_round(shift, &more);
    }
    return good;
}

/* A round that failed is followed by longer and longer pauses: the database may be away for hours.
 */
static unsigned next_pause_s(unsigned loop_s, bool good, unsigned pause_s)
{
    if (good || pause_s >= PAUSE_MAX_S)
        return good ? loop_s : pause_s;
    return pause_s * 2 < PAUSE_MAX_S ? pause_s * 2 : PAUSE_MAX_S;
}

/* Leaks of libraries do not add up: the supervisor starts a fresh process. */
static bool is_worn(const struct config *config)
{
    return config->max_private_bytes && procmem_now().private_bytes > config->max_private_bytes;
}

static bool run_loop(struct shift *shift, unsigned loop_s)
{
    bool good = true, more = false;
    unsigned pause_s = loop_s;
    while (!stopsignal_asked() && !is_worn(shift->job.config)) {
        good = run_round(shift, &more);
        pause_s = next_pause_s(loop_s, good, pause_s);
        if (!more || !good)
            (void)stopsignal_wait(-1, (int)pause_s * 1000);
    }
    return good;
}

/* What the processes of a host share, as far as these jobs need it: their units see no more. */
static bool open_shared(const struct config *config, unsigned jobs, struct job *job)
{
    struct err_info info = {0};
    if ((jobs & jobs_of(CLASS_IMPORT)) &&
        hostmem_open(config->host_memory, &job->hostmem, &info) < 0) {
        log_note(LOG_LEVEL_ERROR, "cannot work", "%s", info.message);
        return false;
    }
    if ((jobs & (jobs_of(CLASS_COMPUTE) | jobs_of(CLASS_SCHEDULE))) &&
        chunkcache_configure(config->cache_dir[0] ? config->cache_dir : NULL, &info) < 0)
        log_note(LOG_LEVEL_WARN, "no chunk cache", "%s", info.message);
    if (metrics_open(config->metrics_file, &info) < 0)
        log_note(LOG_LEVEL_WARN, "no metrics", "%s", info.message);
    return true;
}

/* Everything that belongs to one process is opened here. */
static bool work(const struct worker_config *config, unsigned jobs)
{
    struct db_config reserve_config, db_config;
    db_config_from_env(&reserve_config);
    db_config = reserve_config;
    db_config.statement_timeout_ms = STATEMENT_MS;
    db_config.io_timeout_s = IO_S;
    struct shift shift = {
        .jobs = jobs,
        .job = {.config = config->config, .now = config->now, .loops = config->loop_s > 0}};
    if (!open_shared(config->config, jobs, &shift.job))
        return false;
    AUTO(db) db = db_new(&db_config);
    AUTO(db) reserve = db_new(&reserve_config);
    AUTO(arena) arena = arena_new();
    shift.job.db = db;
    shift.job.reserve = reserve;
    shift.job.arena = arena;
    bool good = config->loop_s ? run_loop(&shift, config->loop_s) : run_through(&shift);
    hostmem_close(shift.job.hostmem);
    return good;
}

struct crew {
    const struct worker_config *config;
    unsigned jobs[CLASSES]; /* of each child */
};

static int be_child(void *ctx, unsigned child)
{
    const struct crew *crew = ctx;
    return work(crew->config, crew->jobs[child]) ? 0 : 1;
}

bool worker_run(const struct worker_config *config)
{
    struct crew crew = {.config = config};
    const char *names[CLASSES];
    unsigned count = 0;
    if (config->loop_s == 0) {
        stopsignal_prepare();
        return work(config, config->jobs);
    }
    for (unsigned c = 0; c < CLASSES; c++) {
        unsigned jobs = config->jobs & jobs_of((enum class)c);
        if (jobs == 0)
            continue;
        names[count] = class_names[c];
        crew.jobs[count++] = jobs;
    }
    return supervisor_run(names, count, be_child, &crew);
}
