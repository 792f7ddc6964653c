#include "base/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"

#define CLOCK_AHEAD_MAX_S (20 * 366 * 86400)
#define LEASE_MAX_S 3600
#define AUDIT_MAX_DAYS 36500

static const char *text_of(const char *name, const char *fallback)
{
    const char *value = getenv(name);
    return value ? value : fallback;
}

static int count_of(const char *name, uint64_t fallback, uint64_t *ret, struct err_info *info)
{
    const char *value = getenv(name);
    uint64_t count = fallback;
    if (value && *value && !num_parse_u64(str_from(value), INT64_MAX, &count))
        return err_set(info, ERR_INVAL, NULL, "%s must be a whole number, not \"%s\"", name, value);
    *ret = count;
    return 0;
}

static uint64_t memory_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_C(1) << 30;
}

/* systemd hands it over in a folder of the service's own (LoadCredential=). */
static const char *master_key_file(void)
{
    static char path[4096];
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    snprintf(path, sizeof(path), "%s/master.key", folder ? folder : "/etc/muster");
    return text_of("MUSTER_MASTER_KEY_FILE", path);
}

static int rates_of(const char *name, struct config_rates *ret, struct err_info *info)
{
    static const struct config_rates plans[] = {
        {"off", 0, 0},         {"free", 100, 20},        {"starter", 500, 100},
        {"growth", 2000, 500}, {"business", 5000, 1000}, {"enterprise", 10000, 2000},
    };
    struct str send, text = str_from(text_of(name, "enterprise"));
    uint64_t general_count, send_count;
    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        if (str_eq_c(text, plans[i].plan)) {
            *ret = plans[i];
            return 0;
        }
    }
    struct str general = str_split(text, '/', &send);
    if (!num_parse_u64(general, UINT32_MAX, &general_count) || general_count == 0 ||
        !num_parse_u64(send, UINT32_MAX, &send_count) || send_count == 0)
        return err_set(info, ERR_INVAL, NULL,
                       "%s must be free, starter, growth, business, enterprise, off, or two "
                       "numbers as in \"500/100\", not \"" STR_FMT "\"",
                       name, STR_ARG(text));
    *ret = (struct config_rates){"custom", (uint32_t)general_count, (uint32_t)send_count};
    return 0;
}

/* Nobody's campaigns go out early because of a line that was left behind. */
static int clock_of(const char *environment, uint64_t *ret, struct err_info *info)
{
    int err = count_of("MUSTER_CLOCK_AHEAD_S", 0, ret, info);
    if (err == 0 && *ret != 0 && (strcmp(environment, "stack") != 0 || *ret > CLOCK_AHEAD_MAX_S))
        err = err_set(info, ERR_INVAL, NULL,
                      "MUSTER_CLOCK_AHEAD_S is for tests (MUSTER_ENVIRONMENT=stack), at most %d",
                      CLOCK_AHEAD_MAX_S);
    return err;
}

int config_from_env(struct config *ret, struct err_info *info)
{
    struct config c = {
        .environment = text_of("MUSTER_ENVIRONMENT", "production"),
        .sql_dir = text_of("MUSTER_SQL_DIR", MUSTER_DATADIR "/sql"),
        .host_memory = text_of("MUSTER_HOST_MEMORY", "/run/muster/host.mem"),
        .cache_dir = text_of("MUSTER_CACHE_DIR", "/run/muster/chunks"),
        .metrics_file = text_of("MUSTER_METRICS_FILE", "/run/muster/metrics.mem"),
        .master_key_file = master_key_file(),
        .webhook_allow = text_of("MUSTER_WEBHOOK_ALLOW", ""),
        .sns_connect_to = text_of("MUSTER_SNS_CONNECT", ""),
        .sns_ca_file = text_of("MUSTER_SNS_CA", ""),
        .public_url = text_of("MUSTER_PUBLIC_URL", ""),
    };
    int err = count_of("MUSTER_CACHE_MAX", memory_bytes() / 4, &c.cache_max_bytes, info);
    if (err == 0)
        err = count_of("MUSTER_LEASE_SECONDS", 60, &c.lease_s, info);
    if (err == 0 && (c.lease_s == 0 || c.lease_s > LEASE_MAX_S))
        err = err_set(info, ERR_INVAL, NULL, "MUSTER_LEASE_SECONDS must be 1 to %d", LEASE_MAX_S);
    if (err == 0)
        err = clock_of(c.environment, &c.clock_ahead_s, info);
    if (err == 0)
        err = rates_of("MUSTER_RATE_PLAN", &c.rates, info);
    if (err == 0)
        err = count_of("MUSTER_MAX_REQUESTS", 100000, &c.max_requests, info);
    if (err == 0)
        err = count_of("MUSTER_IMPORT_RESERVE", UINT64_C(512) << 20, &c.import_reserve_bytes, info);
    if (err == 0)
        err = count_of("MUSTER_AUDIT_DAYS", 365, &c.audit_days, info);
    if (err == 0 && (c.audit_days == 0 || c.audit_days > AUDIT_MAX_DAYS))
        err = err_set(info, ERR_INVAL, NULL, "MUSTER_AUDIT_DAYS must be 1 to %d", AUDIT_MAX_DAYS);
    if (err == 0)
        err = count_of("MUSTER_MAX_PRIVATE_BYTES", UINT64_C(256) << 20, &c.max_private_bytes, info);
    if (err == 0)
        *ret = c;
    return err;
}
