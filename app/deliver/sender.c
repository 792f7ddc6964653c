#include "deliver/sender.h"

#include <stdlib.h>

#include "deliver/transfer.h"

/* Enough for every message that is ever in flight, so that none costs a fast receiver its
 * connection; and within the usual 1,024 descriptors. */
#define CONNECTIONS_KEPT 256L

struct sender {
    CURLM *multi;
    const struct urlguard *guard;
    size_t in_flight;
    struct transfer *active;   /* those that libcurl works on */
    struct transfer *finished; /* those whose result waits */
    struct transfer *shown;    /* the one whose result the caller looks at */
    struct transfer *idle;     /* handles for the next messages */
};

static void push(struct transfer **list, struct transfer *transfer)
{
    transfer->next = *list;
    *list = transfer;
}

static struct transfer *pop(struct transfer **list)
{
    struct transfer *transfer = *list;
    if (transfer)
        *list = transfer->next;
    return transfer;
}

static void take_out(struct transfer **list, const struct transfer *transfer)
{
    while (*list && *list != transfer)
        list = &(*list)->next;
    if (*list)
        *list = transfer->next;
}

struct sender *sender_new(const struct urlguard *guard)
{
    struct sender *sender = arena_xmalloc(sizeof *sender);
    CURLM *multi = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_multi_init() : NULL;
    if (!multi)
        abort(); /* only without memory */
    *sender = (struct sender){.multi = multi, .guard = guard};
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
    return sender;
}

static void free_list(struct transfer **list)
{
    for (struct transfer *transfer = pop(list); transfer; transfer = pop(list))
        transfer_free(transfer);
}

void sender_free(struct sender *sender)
{
    if (!sender)
        return;
    for (struct transfer *transfer = sender->active; transfer; transfer = transfer->next)
        curl_multi_remove_handle(sender->multi, transfer->easy);
    free_list(&sender->active);
    free_list(&sender->finished);
    free_list(&sender->shown);
    free_list(&sender->idle);
    curl_multi_cleanup(sender->multi);
    curl_global_cleanup();
    free(sender);
}

void sender_start(struct sender *sender, const struct sender_message *message)
{
    struct transfer *transfer = pop(&sender->idle);
    if (!transfer)
        transfer = transfer_new(sender->guard);
    sender->in_flight++;
    if (!transfer_begin(transfer, message)) {
        push(&sender->finished, transfer);
        return;
    }
    if (curl_multi_add_handle(sender->multi, transfer->easy) != CURLM_OK)
        abort(); /* only without memory */
    push(&sender->active, transfer);
}

static void collect(struct sender *sender)
{
    int left = 0;
    for (CURLMsg *message = curl_multi_info_read(sender->multi, &left); message;
         message = curl_multi_info_read(sender->multi, &left)) {
        struct transfer *transfer = NULL;
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer_end(transfer, code);
        curl_multi_remove_handle(sender->multi, transfer->easy);
        take_out(&sender->active, transfer);
        push(&sender->finished, transfer);
    }
}

void sender_run(struct sender *sender, int timeout_ms)
{
    int running = 0;
    curl_multi_perform(sender->multi, &running);
    collect(sender);
    if (sender->finished || timeout_ms <= 0)
        return;
    curl_multi_poll(sender->multi, NULL, 0, timeout_ms, NULL);
    curl_multi_perform(sender->multi, &running);
    collect(sender);
}

bool sender_take(struct sender *sender, struct sender_result *ret)
{
    struct transfer *transfer = pop(&sender->finished);
    if (sender->shown)
        push(&sender->idle, pop(&sender->shown));
    if (!transfer)
        return false;
    push(&sender->shown, transfer);
    sender->in_flight--;
    *ret = transfer->result;
    return true;
}

size_t sender_in_flight(const struct sender *sender)
{
    return sender->in_flight;
}
