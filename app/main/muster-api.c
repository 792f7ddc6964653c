/* One process of the API pool: settings from the environment, the listening socket as fd 0. */
#include <linux/close_range.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audience/chunkcache.h"
#include "base/config.h"
#include "base/log.h"
#include "base/timeutil.h"
#include "fcgi/loop.h"
#include "store/hostmem.h"

/* Same pid, same socket, fresh memory: nobody outside has to start anything. Returns on failure. */
static void start_afresh(char **argv)
{
    (void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    execv("/proc/self/exe", argv);
}

static int serve(const struct config *config, struct hostmem *hostmem, char **argv)
{
    struct db_config db_config;
    db_config_from_env(&db_config);
    AUTO(db) db = db_new(&db_config);
    AUTO(db) reserve = db_new(&db_config);
    struct api_context context = {.db = db,
                                  .reserve = reserve,
                                  .hostmem = hostmem,
                                  .sql_dir = config->sql_dir,
                                  .environment = config->environment,
                                  .started_ms = timeutil_wall_ms()};
    struct loop_config loop = {.context = &context,
                               .max_requests = config->max_requests,
                               .max_private_bytes = config->max_private_bytes,
                               .between = chunkcache_trim};
    switch (loop_run(&loop)) {
    case LOOP_STOPPED:
        return 0;
    case LOOP_WORN:
        start_afresh(argv);
        return 0;
    case LOOP_FAILED:
        break;
    }
    return 1;
}

int main(int argc, char **argv)
{
    struct config config;
    struct hostmem *hostmem = NULL;
    struct err_info info = {0};
    if (argc > 1) {
        bool asked = strcmp(argv[1], "--help") == 0;
        fprintf(asked ? stdout : stderr,
                "usage: muster-api\nServes FastCGI on the listening socket that is fd 0; see "
                "muster-api(8) for the environment.\n");
        return asked ? 0 : 2;
    }
    int err = config_from_env(&config, &info);
    if (err == 0)
        err = hostmem_open(config.host_memory, &hostmem, &info);
    if (err < 0) {
        log_note(LOG_LEVEL_ERROR, "cannot start", "%s", info.message);
        return 1;
    }
    if (chunkcache_configure(config.cache_dir[0] ? config.cache_dir : NULL, &info) < 0)
        log_note(LOG_LEVEL_WARN, "no chunk cache", "%s", info.message);
    int status = serve(&config, hostmem, argv);
    hostmem_close(hostmem);
    return status;
}
