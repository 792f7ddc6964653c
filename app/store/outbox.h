/*
 * Outbox: deliveries to the webhooks of a project that want an event. They are written in the
 * transaction that makes the event true, so that one is never without the other; sending is
 * app/deliver's.
 */
#ifndef MUSTER_STORE_OUTBOX_H
#define MUSTER_STORE_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

/* The enabled webhooks of a project with their patterns. */
struct outbox;

/* For outbox_open: the caller does not know project.webhook_version; it is asked for. */
#define OUTBOX_ASK UINT64_MAX

/*
 * The webhooks as of `version` (column project.webhook_version, which grows with every change of a
 * webhook and is 0 while there never was one), read in the open transaction. The process keeps
 * them, so that a version it has seen, and 0, cost no statement. ret is never NULL and valid until
 * the next outbox_open. Returns 0 or an err of db_query.
 */
int outbox_open(struct db *db, uint32_t project_id, uint64_t version, const struct outbox **ret,
                struct err_info *info) MUST_CHECK;

/*
 * Whether some webhook wants events of this type ("segment.vip.entry", "contact.created"). A custom
 * event is wanted only where it is named literally (http-api §4.3). Cheap; saves printing a body.
 */
bool outbox_wants(const struct outbox *outbox, struct str type, bool is_custom);

/* An event to publish. Texts are borrowed. */
struct outbox_event {
    struct str type;
    bool is_custom;
    struct uuid event_id; /* one (webhook, event_id) is one delivery and one webhook-id */
    bool has_contact;
    bool is_erased;      /* it tells of a contact that is gone: what receivers reply is not kept */
    uint32_t ordinal;    /* when has_contact: erasing the contact blanks the body */
    uint32_t segment_id; /* 0: none; with sequence it finds the delivery again for a replay */
    uint64_t sequence;
    struct str body; /* JSON text of store/outboxbody.h, sent byte by byte */
};

/*
 * Writes a delivery for each (event, webhook that wants it), due at once. In the transaction that
 * is open. Events that nobody wants cost nothing. Returns 0 or an err of db_exec.
 */
int outbox_write(struct db *db, struct arena *arena, uint32_t project_id,
                 const struct outbox *outbox, const struct outbox_event *events, size_t count,
                 int64_t now_ms, struct err_info *info) MUST_CHECK;

/*
 * Writes one delivery to one webhook, whatever it subscribed to; ret_delivery_id names it. In the
 * transaction that is open. Returns 0 or an err of db_exec.
 */
int outbox_write_to(struct db *db, struct arena *arena, uint32_t project_id, uint32_t webhook_id,
                    const struct outbox_event *event, int64_t now_ms, struct uuid *ret_delivery_id,
                    struct err_info *info) MUST_CHECK;

#endif
