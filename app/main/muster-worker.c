/* The worker: jobs as arguments, settings from the environment. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/num.h"
#include "worker/worker.h"

#define LOOP_MAX_S 86400

static const char usage[] =
    "usage: muster-worker CLASS|JOB... [--loop SECONDS] [--now]\n"
    "\n"
    "Classes and their jobs: import (import, bulk), compute (fold, merge, build, compute,\n"
    "history, cleanup), schedule (campaigns, flows), call, sns, deliver; all means every one.\n"
    "Runs them until they have nothing left to do, for at most a minute, or with --loop again and\n"
    "again with that pause between, a process for each class, until SIGTERM. --now does all that\n"
    "is pending, however little it is and however long it takes; without it the jobs wait until a\n"
    "run is worth its cost.\n";

static bool parse(int argc, char **argv, struct worker_config *config)
{
    for (int i = 1; i < argc; i++) {
        uint64_t seconds = 0;
        unsigned jobs = worker_jobs(argv[i]);
        if (jobs)
            config->jobs |= jobs;
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
    struct worker_config jobs = {.config = &config};
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
    return worker_run(&jobs) ? 0 : 1;
}
