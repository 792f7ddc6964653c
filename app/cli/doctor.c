/* `muster doctor` and `muster migrate`: is everything in place for exact answers and safe writes?
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/metrics.h"
#include "base/seal.h"
#include "base/timeutil.h"
#include "cli/commands.h"
#include "db/migrate.h"
#include "store/hostmem.h"
#include "store/serverinfo.h"

enum verdict { FINE, WORTH_KNOWING, WRONG };

#define CACHE_SPACE_BYTES (UINT64_C(256) << 20)
#define STALE_MS INT64_C(60000)
#define DIRTY_MANY 10000u

struct findings {
    unsigned wrong;
};

PRINTF_LIKE(4, 5)
static void tell(struct findings *findings, enum verdict verdict, const char *what, const char *fmt,
                 ...)
{
    static const char *const words[] = {"ok   ", "warn ", "WRONG"};
    va_list args;
    printf("%s  %-12s ", words[verdict], what);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
    if (verdict == WRONG)
        findings->wrong++;
}

static void check_settings(struct findings *f, const struct serverinfo *s)
{
    bool strict = strstr(s->sql_mode.at, "STRICT_ALL_TABLES") != NULL;
    bool utc = str_eq_c(s->time_zone, "+00:00");
    bool utf8 = str_eq_c(s->charset, "utf8mb4");
    tell(f, FINE, "server", STR_FMT, STR_ARG(s->version));
    tell(f, strict ? FINE : WRONG, "sql_mode", STR_FMT, STR_ARG(s->sql_mode));
    tell(f, utc ? FINE : WRONG, "time zone", "of our sessions: " STR_FMT, STR_ARG(s->time_zone));
    tell(f, utf8 ? FINE : WRONG, "charset", "of our connections: " STR_FMT, STR_ARG(s->charset));
    if (s->flush_at_commit == 1)
        tell(f, FINE, "durability", "innodb_flush_log_at_trx_commit = 1");
    else
        tell(f, WRONG, "durability",
             "innodb_flush_log_at_trx_commit = %" PRId64
             ": a power cut loses writes that were acknowledged; set it to 1",
             s->flush_at_commit);
    if (!s->writes_binlog)
        tell(f, FINE, "binlog", "off");
    else if (!str_eq_c(s->binlog_format, "ROW"))
        tell(f, WRONG, "binlog", "format " STR_FMT ": replicas differ after SKIP LOCKED; set ROW",
             STR_ARG(s->binlog_format));
    else
        tell(f, s->sync_binlog == 1 ? FINE : WORTH_KNOWING, "binlog", "ROW, sync_binlog = %" PRId64,
             s->sync_binlog);
}

static void check_migrations(struct findings *f, struct cli *cli)
{
    struct migrate_state state = {0};
    struct err_info info = {0};
    if (migrate_status(cli->db, cli->config->sql_dir, &state, &info) < 0)
        tell(f, WRONG, "migrations", "%s", info.message);
    else if (state.applied < state.available)
        tell(f, WRONG, "migrations", "%u of %u applied; run muster migrate", state.applied,
             state.available);
    else
        tell(f, FINE, "migrations", "%u applied, the last is %s", state.applied, state.last);
}

static void check_behaviour(struct findings *f, struct cli *cli)
{
    struct serverinfo_probe probe = {0};
    struct err_info info = {0};
    AUTO(db) other = db_new(cli->db_config);
    if (serverinfo_probe(cli->db, other, &probe, &info) < 0) {
        tell(f, WRONG, "probe", "%s", info.message);
        return;
    }
    tell(f, probe.read_keeps_snapshot ? FINE : WRONG, "snapshot",
         "a read transaction %s while another connection writes",
         probe.read_keeps_snapshot ? "keeps what it saw" : "DOES NOT keep what it saw");
    tell(f, probe.write_sees_commits ? FINE : WRONG, "isolation",
         "a write transaction %s what others committed",
         probe.write_sees_commits ? "sees" : "DOES NOT see");
    tell(f, probe.skip_locked_works && probe.locks_hold ? FINE : WRONG, "skip locked", "%s",
         !probe.locks_hold         ? "does not find a free row"
         : probe.skip_locked_works ? "locks, and passes over what is locked"
                                   : "DOES NOT lock: two workers would take one job");
}

static void check_cache(struct findings *f, const char *dir)
{
    struct stat st;
    struct statvfs space;
    if (dir[0] == '\0') {
        tell(f, WORTH_KNOWING, "chunk cache", "off (MUSTER_CACHE_DIR is empty): slower, not wrong");
    } else if (stat(dir, &st) < 0 || statvfs(dir, &space) < 0) {
        tell(f, WORTH_KNOWING, "chunk cache", "%s: %s; made at the first use", dir,
             strerror(errno));
    } else if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
        tell(f, WRONG, "chunk cache", "%s must be a folder of this user, mode 0700", dir);
    } else {
        uint64_t free_bytes = (uint64_t)space.f_bavail * space.f_frsize;
        tell(f, free_bytes >= CACHE_SPACE_BYTES ? FINE : WORTH_KNOWING, "chunk cache",
             "%s, %" PRIu64 " MiB free", dir, free_bytes >> 20);
    }
}

/* A file that a program makes when it starts: not here, or it would belong to who runs doctor. */
static bool is_there(struct findings *f, const char *what, const char *path)
{
    bool there = access(path, F_OK) == 0;
    if (!there)
        tell(f, WORTH_KNOWING, what, "%s: %s; made at the first use", path, strerror(errno));
    return there;
}

static void check_host_memory(struct findings *f, const char *path)
{
    struct hostmem *memory = NULL;
    struct err_info info = {0};
    if (!is_there(f, "host memory", path))
        return;
    if (hostmem_open(path, &memory, &info) < 0)
        tell(f, WRONG, "host memory", "%s", info.message);
    else
        tell(f, FINE, "host memory", "%s", path);
    hostmem_close(memory);
}

/* The key's file, whatever is in it. */
static void check_key_file(struct findings *f, const char *path)
{
    struct stat st;
    bool is_credential = getenv("CREDENTIALS_DIRECTORY") != NULL; /* systemd keeps others out */
    if (stat(path, &st) < 0)
        return;
    if (st.st_uid != 0 && st.st_uid != geteuid())
        tell(f, WRONG, "master key", "%s belongs to another user", path);
    else if ((st.st_mode & S_IRWXO) || ((st.st_mode & S_IRWXG) && !is_credential))
        tell(f, WRONG, "master key", "%s can be read by others than its owner; chmod 400 it", path);
}

static void check_master_key(struct findings *f, struct cli *cli, bool reachable)
{
    struct seal seal = {0};
    struct err_info problem = {0}, info = {0};
    uint64_t sealed = 0, foreign = 0;
    const char *path = cli->config->master_key_file;
    int err = seal_load(path, &seal, &problem);
    if (reachable && serverinfo_sealed(cli->db, seal.key_id, &sealed, &foreign, &info) < 0) {
        tell(f, WRONG, "master key", "%s", info.message);
    } else if (err == ERR_NOT_FOUND && sealed == 0) {
        tell(f, WORTH_KNOWING, "master key",
             "there is none: webhooks can be neither made nor sent");
    } else if (err < 0) {
        tell(f, WRONG, "master key", "%s", problem.message);
    } else if (foreign > 0) {
        tell(f, WRONG, "master key",
             "%" PRIu64 " of %" PRIu64 " webhooks were sealed under another key: bring that one "
             "back, or rotate their secrets",
             foreign, sealed);
    } else {
        tell(f, FINE, "master key", "%s, the key of %" PRIu64 " webhooks", path, sealed);
        check_key_file(f, path);
    }
}

static void tell_queue(struct findings *f, const char *what, const struct queuedepth *queue)
{
    if (queue->age_ms > STALE_MS)
        tell(f, WORTH_KNOWING, what,
             "%" PRIu64 " wait, the oldest for %" PRId64 " s; does the worker run, and keep up?",
             queue->depth, queue->age_ms / 1000);
    else
        tell(f, FINE, what, "%" PRIu64 " wait", queue->depth);
}

static void check_queues(struct findings *f, struct cli *cli)
{
    struct serverinfo_counts counts = {0};
    struct serverinfo_queues queues = {0};
    struct err_info info = {0};
    if (serverinfo_count(cli->db, &counts, &info) < 0 ||
        serverinfo_queues(cli->db, &queues, &info) < 0) {
        tell(f, WRONG, "queues", "%s", info.message);
        return;
    }
    tell(f, counts.dirty < DIRTY_MANY ? FINE : WORTH_KNOWING, "changes",
         "%" PRIu64 " are not in the columns yet%s", counts.dirty,
         counts.dirty < DIRTY_MANY ? "" : ": questions take longer; does the worker keep up?");
    tell_queue(f, "imports", &queues.queues[QUEUEDEPTH_IMPORTS]);
    tell_queue(f, "deliveries", &queues.queues[QUEUEDEPTH_DELIVERIES_DUE]);
    uint64_t dead = queues.queues[QUEUEDEPTH_DELIVERIES_DEAD].depth;
    if (dead || queues.webhooks_disabled)
        tell(f, WORTH_KNOWING, "webhooks",
             "%" PRIu64 " are switched off, %" PRIu64 " messages were given up",
             queues.webhooks_disabled, dead);
}

/* The worker's jobs, as this host's processes noted them. */
static void check_jobs(struct findings *f, struct cli *cli)
{
    static const char *const jobs[] = {"import",    "sns",   "fold", "compute",
                                       "campaigns", "flows", "call", "deliver"};
    struct err_info info = {0};
    const char *path = cli->config->metrics_file;
    if (path[0] == '\0' || !is_there(f, "metrics", path))
        return;
    if (metrics_open(path, &info) < 0) {
        tell(f, WORTH_KNOWING, "metrics", "%s", info.message);
        return;
    }
    tell(f, FINE, "metrics", "%s", path);
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
        int64_t last_ms = metrics_job_last_ms(jobs[i]), age_ms = timeutil_wall_ms() - last_ms;
        if (last_ms == 0)
            tell(f, WORTH_KNOWING, "worker", "%s never ran on this host", jobs[i]);
        else if (age_ms > STALE_MS)
            tell(f, WORTH_KNOWING, "worker", "%s ran %" PRId64 " s ago; is its timer on?", jobs[i],
                 age_ms / 1000);
        else
            tell(f, FINE, "worker", "%s ran %" PRId64 " s ago", jobs[i], age_ms / 1000);
    }
}

int doctor_run(struct cli *cli, int argc, char **argv, struct err_info *info)
{
    struct findings findings = {0};
    struct serverinfo server;
    (void)argv;
    if (argc != 0)
        return ERR_INVAL;
    bool reachable = serverinfo_read(cli->db, cli->arena, &server, info) == 0;
    if (!reachable) {
        tell(&findings, WRONG, "database", "%s", info->message);
    } else {
        tell(&findings, FINE, "database", "reachable");
        check_settings(&findings, &server);
        check_migrations(&findings, cli);
        check_behaviour(&findings, cli);
        check_queues(&findings, cli);
    }
    check_master_key(&findings, cli, reachable);
    check_cache(&findings, cli->config->cache_dir);
    check_host_memory(&findings, cli->config->host_memory);
    check_jobs(&findings, cli);
    if (findings.wrong)
        return err_set(info, ERR_INTERNAL, NULL, "%u checks failed", findings.wrong);
    return 0;
}

static void show_migration(const char *name)
{
    printf("applied %s\n", name);
}

int doctor_migrate(struct cli *cli, int argc, char **argv, struct err_info *info)
{
    (void)argv;
    if (argc != 0)
        return ERR_INVAL;
    return migrate_run(cli->db, cli->config->sql_dir, show_migration, info);
}
