/* One process of the API pool: settings from the environment, the listening socket as fd 0. */
#include <linux/close_range.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audience/chunkcache.h"
#include "base/config.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/sdnotify.h"
#include "base/timeutil.h"
#include "fcgi/loop.h"
#include "store/hostmem.h"

/* Same pid, same socket, fresh memory: nobody outside has to start anything. Returns on failure. */
static void start_afresh(char **argv)
{
    (void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    execv("/proc/self/exe", argv);
}

static void count_chunks(void)
{
    static struct chunkcache_stats told;
    struct chunkcache_stats now = chunkcache_stats();
    metrics_add("muster_chunk_cache_hits_total", now.hits - told.hits);
    metrics_add("muster_chunk_cache_maps_total", now.maps - told.maps);
    metrics_add("muster_chunk_cache_loads_total", now.loads - told.loads);
    told = now;
}

static void between_requests(void)
{
    count_chunks();
    chunkcache_trim();
    sdnotify_alive();
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
                                  .master_key_file = config->master_key_file,
                                  .webhook_allow = config->webhook_allow,
                                  .public_url = config->public_url,
                                  .rates = config->rates,
                                  .import_reserve_bytes = config->import_reserve_bytes,
                                  .started_ms = timeutil_wall_ms()};
    struct loop_config loop = {.context = &context,
                               .max_requests = config->max_requests,
                               .max_private_bytes = config->max_private_bytes,
                               .between = between_requests,
                               .tick_ms = sdnotify_watchdog_ms()};
    sdnotify_send("READY=1");
    enum loop_end end = loop_run(&loop);
    if (end == LOOP_STOPPED)
        sdnotify_send("STOPPING=1");
    switch (end) {
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
    if (metrics_open(config.metrics_file, &info) < 0)
        log_note(LOG_LEVEL_WARN, "no metrics", "%s", info.message);
    int status = serve(&config, hostmem, argv);
    hostmem_close(hostmem);
    return status;
}
