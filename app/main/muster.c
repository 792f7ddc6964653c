/* The admin program. */
#include <stdio.h>

#include "cli/cli.h"

int main(int argc, char **argv)
{
    struct config config;
    struct db_config db_config;
    struct err_info info = {0};
    if (config_from_env(&config, &info) < 0) {
        fprintf(stderr, "muster: %s\n", info.message);
        return 1;
    }
    db_config_from_env(&db_config);
    AUTO(db) db = db_new(&db_config);
    AUTO(arena) arena = arena_new();
    struct cli cli = {db, arena, &config, &db_config};
    return cli_run(&cli, argc - 1, argv + 1);
}
