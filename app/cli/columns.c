/* The derived columns: rebuilding and comparing them. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "audience/rebuild.h"
#include "cli/commands.h"
#include "store/project.h"

static void show_progress(unsigned percent)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%3u %%%s", percent, percent >= 100 ? "\n" : "");
}

static int reindex_one(struct cli *cli, const struct project *project, struct err_info *info)
{
    struct upkeep_report report = {0};
    int err = rebuild_run(cli->db, project->project_id, show_progress, &report, info);
    if (err == 0)
        printf("project %" PRIu32 ": %" PRIu64 " bytes of columns written\n", project->project_id,
               report.bytes_written);
    return err;
}

int columns_reindex(struct cli *cli, int argc, char **argv, struct err_info *info)
{
    struct project one, *list = &one;
    size_t count = 1;
    int err;
    if (argc > 1)
        return ERR_INVAL;
    if (argc == 1)
        err = project_find(cli->db, cli->arena, str_from(argv[0]), &one, info);
    else
        err = project_list(cli->db, cli->arena, &list, &count, info);
    for (size_t i = 0; err == 0 && i < count; i++)
        err = reindex_one(cli, &list[i], info);
    return err;
}

static void show_difference(uint64_t column_key, uint32_t chunk)
{
    printf("column %016" PRIx64 " chunk %" PRIu32 " differs from the rows\n", column_key, chunk);
}

int columns_verify(struct cli *cli, int argc, char **argv, struct err_info *info)
{
    struct project project;
    uint64_t different = 0;
    if (argc != 1)
        return ERR_INVAL;
    int err = project_find(cli->db, cli->arena, str_from(argv[0]), &project, info);
    if (err == 0)
        err = rebuild_verify(cli->db, project.project_id, show_difference, &different, info);
    if (err == 0 && different > 0)
        err = err_set(info, ERR_CORRUPT, NULL,
                      "%" PRIu64 " chunks differ; muster reindex mends them", different);
    if (err == 0)
        printf("project %" PRIu32 ": columns and rows agree\n", project.project_id);
    return err;
}
