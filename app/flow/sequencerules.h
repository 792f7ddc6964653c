/*
 * What sequences have beyond workflows, for the executor: their definition is made from the steps
 * of a row of `sequence`, whoever is not subscribed any more is stopped, mails keep the distance of
 * the site (sendFrequencyCapDays), and who came to the end is a member of "completed".
 *
 * Everything here runs in the caller's open transaction. now_ms is the executor's clock.
 */
#ifndef MUSTER_FLOW_SEQUENCERULES_H
#define MUSTER_FLOW_SEQUENCERULES_H

#include "flow/definition.h"
#include "store/flowevent.h"

/*
 * At a start: locks the row of a sequence and makes its definition, or reads it as it is stored for
 * the row's version; ret_flow is the sequence at that version. Returns 0; ERR_NOT_FOUND "Sequence
 * not found"; ERR_CORRUPT when its steps do not read back (steps of an older server, which did not
 * judge them); or an err of the database.
 */
int sequencerules_definition(struct db *db, struct arena *arena, uint32_t project_id,
                             uint32_t sequence_id, struct flowversion *ret_flow,
                             struct definition *ret, bool *ret_enabled,
                             struct err_info *info) MUST_CHECK;

enum sequencerules_verdict {
    SEQUENCERULES_GO,
    SEQUENCERULES_STOP, /* the execution ends as EXECUTION_EXITED, with the reason */
    SEQUENCERULES_DEFER /* the step is tried again at due_ms */
};

/* One enrolment that is about to do a step. */
struct sequencerules_case {
    uint32_t ordinal;
    uint32_t sequence_id;
    bool is_email; /* the step puts out a message */
    /* Set by sequencerules_judge: */
    enum sequencerules_verdict verdict;
    struct str reason; /* of a STOP: "unsubscribed", "bounced", "complained", "suppressed",
                          "deleted"; static */
    int64_t due_ms;    /* of a DEFER: when it is tried again */
};

/*
 * Judges enrolments, of any sequences of the project, in the transaction that moves them. A contact
 * may stand in several cases: of its messages the first goes, where there is a cap. With a cap the
 * contacts are locked, so that two workers do not both send to one. Returns 0 or an err of the
 * database.
 */
int sequencerules_judge(struct db *db, struct arena *arena, uint32_t project_id,
                        struct sequencerules_case *cases, size_t count, int64_t now_ms,
                        struct err_info *info) MUST_CHECK;

/*
 * In the transaction that ends them, before execution_move: contacts came to the end of sequences
 * (ordinals[i] of sequence_ids[i], in any order). One whose sequence or contact is gone is passed
 * by. Returns 0 or an err of the database.
 */
int sequencerules_completed(struct db *db, struct arena *arena, uint32_t project_id,
                            const uint32_t *sequence_ids, const uint32_t *ordinals, size_t count,
                            struct err_info *info) MUST_CHECK;

/*
 * In the transaction that takes them, before anybody starts: ends the enrolments of contacts that
 * unsubscribed, bounced or complained (each comes as contact.unsubscribed), unless they are
 * subscribed again by now. What is no such event costs nothing. Returns 0 or an err of the
 * database.
 */
int sequencerules_happened(struct db *db, struct arena *arena, uint32_t project_id,
                           const struct flowevent *events, size_t count, int64_t now_ms,
                           struct err_info *info) MUST_CHECK;

#endif
