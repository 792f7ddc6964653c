/*
 * Settings from the environment: typed, with a fallback, refused by name when they are malformed.
 * Every setting of every program is a field here, so that one file lists them.
 */
#ifndef MUSTER_BASE_CONFIG_H
#define MUSTER_BASE_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Requests of an account in a minute (http-api §2). */
struct config_rates {
    const char *plan; /* its word, "custom" for numbers of our own; "off": nothing is limited */
    uint32_t general;
    uint32_t send;
};

/* Texts borrow from getenv. The database's settings: db_config_from_env. */
struct config {
    const char *environment;     /* MUSTER_ENVIRONMENT, "production" */
    const char *sql_dir;         /* MUSTER_SQL_DIR, where `make install` put the migrations */
    const char *host_memory;     /* MUSTER_HOST_MEMORY, "/run/muster/host.mem" */
    const char *cache_dir;       /* MUSTER_CACHE_DIR, "/run/muster/chunks"; "": no cache */
    uint64_t cache_max_bytes;    /* MUSTER_CACHE_MAX, a quarter of the memory */
    const char *metrics_file;    /* MUSTER_METRICS_FILE, "/run/muster/metrics.mem"; "": none */
    const char *master_key_file; /* MUSTER_MASTER_KEY_FILE, else the credential of systemd, else
                                    /etc/muster/master.key; "": none */
    const char *webhook_allow;   /* MUSTER_WEBHOOK_ALLOW, "": what may be sent to besides https */
    const char *sns_connect_to;  /* MUSTER_SNS_CONNECT, "": host:port in place of Amazon's */
    const char *sns_ca_file;     /* MUSTER_SNS_CA, "": authorities in place of the system's */
    const char *public_url;      /* MUSTER_PUBLIC_URL, "": what links in messages begin with; else
                                    the host that was asked */
    uint64_t lease_s;       /* MUSTER_LEASE_SECONDS, 60: what a dead worker held is free then */
    uint64_t clock_ahead_s; /* MUSTER_CLOCK_AHEAD_S, 0: what the clock of campaigns and flows is
                               ahead of the database's; a test's, refused elsewhere */
    uint64_t import_reserve_bytes; /* MUSTER_IMPORT_RESERVE, 512 MiB: an upload is refused when the
                                      database's disk would have less than that left */
    uint64_t audit_days; /* MUSTER_AUDIT_DAYS, 365: how long it is kept who did what, and which
                            sessions there were */
    struct config_rates rates;  /* MUSTER_RATE_PLAN, "enterprise": a plan of http-api §2, two
                                   numbers as in "500/100", or off */
    uint64_t max_requests;      /* MUSTER_MAX_REQUESTS, 100000: then a process starts afresh */
    uint64_t max_private_bytes; /* MUSTER_MAX_PRIVATE_BYTES, 256 MiB: likewise */
};

/* Returns 0, or ERR_INVAL with a message that names the variable. */
int config_from_env(struct config *ret, struct err_info *info) MUST_CHECK;

#endif
