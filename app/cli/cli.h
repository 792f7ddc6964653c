/* The `muster` program: commands, their help, and what they share. */
#ifndef MUSTER_CLI_CLI_H
#define MUSTER_CLI_CLI_H

#include "base/arena.h"
#include "base/config.h"
#include "base/err.h"
#include "db/db.h"
#include "store/project.h"

/* What a command works with. */
struct cli {
    struct db *db;
    struct arena *arena;
    const struct config *config;
    const struct db_config *db_config; /* for a second connection */
};

/*
 * A command: its arguments without its own name. Returns 0 or an err with `info`, which the caller
 * prints; ERR_INVAL with an empty message prints the command's usage.
 */
typedef int cli_command(struct cli *cli, int argc, char **argv, struct err_info *info);

/* Runs `muster ARGV…`; returns the exit status: 0 done, 1 failed, 2 wrong usage. */
int cli_run(struct cli *cli, int argc, char **argv);

/*
 * Takes `--name VALUE` or `--name=VALUE` out of the arguments, wherever it stands; NULL when it is
 * not there. argc shrinks.
 */
const char *cli_option(int *argc, char **argv, const char *name);

/*
 * The project that --project names, by number or UUID; NULL: the only one there is. Returns 0,
 * ERR_INVAL when there are several, or as project_find.
 */
int cli_project(struct cli *cli, const char *name, struct project *ret,
                struct err_info *info) MUST_CHECK;

#endif
