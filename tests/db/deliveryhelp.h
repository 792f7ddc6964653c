/* What the tests of store/delivery.h share: one webhook for everything, and short forms. */
#ifndef MUSTER_TESTS_DB_DELIVERYHELP_H
#define MUSTER_TESTS_DB_DELIVERYHELP_H

#include "store/deliveryresult.h"
#include "webhookhelp.h"

#define LEASE_MS 60000

static struct webhookhelp help;
static struct webhook webhook;
static struct delivery_claim claims[DELIVERY_BATCH];

static void setup(void)
{
    webhookhelp_reset();
    webhookhelp_open(&help);
    webhook = webhookhelp_webhook(&help, "[\"*\"]");
}

static void teardown(void)
{
    webhookhelp_close(&help);
}

/* ---- short forms --------------------------------------------------------------------------- */

static size_t claim(size_t max, int64_t lease_ms)
{
    size_t count = 0;
    int err = delivery_claim(help.db, help.arena, WEBHOOKHELP_PROJECT, webhook.webhook_id, max,
                             lease_ms, claims, &count, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
    return count;
}

/* Publishes one message and claims it. */
static struct delivery_claim claim_one(void)
{
    webhookhelp_publish_many(&help, "segment.vip.entry", 1);
    ck_assert_uint_eq(claim(1, LEASE_MS), 1);
    return claims[0];
}

static struct deliveryresult result_of(const struct delivery_claim *of,
                                       enum deliveryresult_outcome outcome)
{
    return (struct deliveryresult){.claim = of,
                                   .outcome = outcome,
                                   .ago_ms = 50,
                                   .duration_ms = 40,
                                   .status = outcome == DELIVERYRESULT_DELIVERED ? 200 : 500,
                                   .reply = STR("thanks")};
}

static void write_results(struct deliveryresult *results, size_t count)
{
    int err = deliveryresult_write(help.db, help.arena, results, count, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
}

/* Finishes one; returns whether it was ours. */
static bool finish(const struct delivery_claim *of, enum deliveryresult_outcome outcome,
                   int64_t retry_ms)
{
    struct deliveryresult result = result_of(of, outcome);
    result.retry_ms = retry_ms;
    write_results(&result, 1);
    return !result.is_stale;
}

#endif
