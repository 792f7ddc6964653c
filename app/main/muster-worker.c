/* The worker: jobs as arguments, settings from the environment. */
#include <stdio.h>
#include <string.h>

#include "audience/chunkcache.h"
#include "base/config.h"
#include "base/log.h"
#include "base/num.h"
#include "worker/worker.h"

#define LOOP_MAX_S 86400

static const char usage[] =
    "usage: muster-worker JOB... [--loop SECONDS] [--now]\n"
    "\n"
    "Jobs: fold, merge, cleanup; all means every one. Runs them once, or with --loop again and\n"
    "again with that pause between, until SIGTERM. --now does all that is pending, however little\n"
    "it is; without it the jobs wait until a run is worth its cost.\n";

static bool parse(int argc, char **argv, struct worker_config *config)
{
    for (int i = 1; i < argc; i++) {
        uint64_t seconds = 0;
        unsigned job = worker_job(argv[i]);
        if (job)
            config->jobs |= job;
        else if (strcmp(argv[i], "--now") == 0)
            config->now = true;
        else if (strcmp(argv[i], "--loop") == 0 && i + 1 < argc &&
                 num_parse_u64(str_from(argv[++i]), LOOP_MAX_S, &seconds) && seconds > 0)
            config->loop_s = (unsigned)seconds;
        else
            return false;
    }
    return config->jobs != 0;
}

int main(int argc, char **argv)
{
    struct config config;
    struct db_config db_config;
    struct worker_config jobs = {0};
    struct err_info info = {0};
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (!parse(argc, argv, &jobs)) {
        fputs(usage, stderr);
        return 2;
    }
    if (config_from_env(&config, &info) < 0) {
        log_note(LOG_LEVEL_ERROR, "cannot start", "%s", info.message);
        return 1;
    }
    if (chunkcache_configure(config.cache_dir[0] ? config.cache_dir : NULL, &info) < 0)
        log_note(LOG_LEVEL_WARN, "no chunk cache", "%s", info.message);
    jobs.cache_max_bytes = config.cache_max_bytes;
    db_config_from_env(&db_config);
    AUTO(db) db = db_new(&db_config);
    return worker_run(db, &jobs) ? 0 : 1;
}
