/*
 * What Amazon SES tells of messages, in the text of an SNS notification: feedback notifications
 * (notificationType) and published events (eventType), which differ in that word only. Pure: no
 * I/O, no clock.
 */
#ifndef MUSTER_STORE_SESNOTICE_H
#define MUSTER_STORE_SESNOTICE_H

#include "store/emailwrite.h"

/*
 * Reads the reports out of one; texts stand in `arena`. None when it is not from SES, or about
 * something that no report tells (a rejected message, a delay).
 *
 * The message is told apart by mail.messageId, or by the message tag emailId where the sender set
 * it; the tags campaignId and sequenceId say what it is part of. A message to several recipients is
 * one of each; of such a message an opening or a click tells nothing, for SES does not know whose
 * it was. A bounce that is not Permanent is soft. A complaint of the type not-spam takes back one,
 * and is none.
 *
 * *ret_understood: it is from SES.
 */
void sesnotice_read(struct arena *arena, struct str message, struct emailwrite_item **ret,
                    size_t *ret_count, bool *ret_understood);

#endif
