#include "deliver/fetch.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "deliver/guarded.h"
#include "deliver/sender.h"

struct fetch {
    CURL *easy;
    struct guarded guarded;
    struct buf body;
};

static size_t on_body(char *at, size_t size, size_t count, void *owner)
{
    struct fetch *fetch = owner;
    buf_add(&fetch->body, at, size * count);
    return fetch->body.failed ? 0 : size * count;
}

static struct curl_slist *set_options(struct fetch *fetch, const struct fetch_config *config)
{
    char pair[300];
    struct curl_slist *peers = NULL;
    curl_easy_setopt(fetch->easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, (long)SENDER_BUDGET_MS);
    curl_easy_setopt(fetch->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)SENDER_CONNECT_MS);
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEDATA, fetch);
    if (config->ca_file[0] != '\0')
        curl_easy_setopt(fetch->easy, CURLOPT_CAINFO, config->ca_file);
    if (config->connect_to[0] != '\0') {
        (void)snprintf(pair, sizeof pair, "::%s", config->connect_to);
        peers = curl_slist_append(NULL, pair);
        curl_easy_setopt(fetch->easy, CURLOPT_CONNECT_TO, peers);
    }
    return peers;
}

static int perform(struct fetch *fetch, struct err_info *info)
{
    long status = 0;
    CURLcode code = curl_easy_perform(fetch->easy);
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR)
        return err_set(info, ERR_UNAVAILABLE, NULL,
                       "the server has no certificate that is trusted");
    if (fetch->body.failed)
        return err_set(info, ERR_UNAVAILABLE, NULL, "the answer was longer than %d bytes",
                       FETCH_BYTES);
    if (code != CURLE_OK)
        return err_set(info, ERR_UNAVAILABLE, NULL, "%s",
                       fetch->guarded.is_connected ? "no complete answer came in time"
                                                   : "no connection");
    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || status > 299)
        return err_set(info, ERR_UNAVAILABLE, NULL, "the answer was %ld", status);
    return 0;
}

int fetch_get(const struct fetch_config *config, struct arena *arena, struct str url,
              struct str *ret_body, struct err_info *info)
{
    struct fetch fetch = {.easy = curl_easy_init(), .guarded.guard = config->guard};
    if (!fetch.easy)
        abort(); /* only without memory */
    buf_init(&fetch.body, FETCH_BYTES);
    guarded_attach(&fetch.guarded, fetch.easy);
    struct curl_slist *peers = set_options(&fetch, config);
    int err = guarded_set_url(&fetch.guarded, fetch.easy, url, info);
    if (err == 0)
        err = perform(&fetch, info);
    if (err == 0)
        *ret_body = str_copy(arena, buf_str(&fetch.body));
    curl_easy_cleanup(fetch.easy);
    curl_slist_free_all(peers);
    buf_done(&fetch.body);
    return err;
}
