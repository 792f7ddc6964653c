/* `muster doctor` and `muster migrate`: is everything in place for exact answers and safe writes?
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/commands.h"
#include "db/migrate.h"
#include "store/hostmem.h"
#include "store/serverinfo.h"

enum verdict { FINE, WORTH_KNOWING, WRONG };

#define CACHE_SPACE_BYTES (UINT64_C(256) << 20)

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

static void check_host_memory(struct findings *f, const char *path)
{
    struct hostmem *memory = NULL;
    struct err_info info = {0};
    if (hostmem_open(path, &memory, &info) < 0)
        tell(f, WRONG, "host memory", "%s", info.message);
    else
        tell(f, FINE, "host memory", "%s", path);
    hostmem_close(memory);
}

int doctor_run(struct cli *cli, int argc, char **argv, struct err_info *info)
{
    struct findings findings = {0};
    struct serverinfo server;
    (void)argv;
    if (argc != 0)
        return ERR_INVAL;
    if (serverinfo_read(cli->db, cli->arena, &server, info) < 0) {
        tell(&findings, WRONG, "database", "%s", info->message);
    } else {
        tell(&findings, FINE, "database", "reachable");
        check_settings(&findings, &server);
        check_migrations(&findings, cli);
        check_behaviour(&findings, cli);
    }
    check_cache(&findings, cli->config->cache_dir);
    check_host_memory(&findings, cli->config->host_memory);
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
