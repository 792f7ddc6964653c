#include "deliver/guarded.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static curl_socket_t on_open_socket(void *owner, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
    struct guarded *guarded = owner;
    if (purpose != CURLSOCKTYPE_IPCXN ||
        !urlguard_allows(guarded->guard, &address->addr, guarded->is_http)) {
        guarded->is_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* A connection to this very host is one, too, that the operator has to allow: what listens here may
 * take what comes from here for its own. */
static bool is_allowed_peer(const struct guarded *guarded, const char *peer, const char *local)
{
    static const struct urlguard nothing_opened;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    if (inet_pton(AF_INET, peer, &address.v4.sin_addr) == 1)
        address.v4.sin_family = AF_INET;
    else if (inet_pton(AF_INET6, peer, &address.v6.sin6_addr) == 1)
        address.v6.sin6_family = AF_INET6;
    else
        return false;
    if (!urlguard_allows(guarded->guard, &address.any, guarded->is_http))
        return false;
    return strcmp(peer, local) != 0 ||
           !urlguard_allows(&nothing_opened, &address.any, guarded->is_http);
}

/* The peer of the connection that is about to be used, be it new or an old one. */
static int on_connected(void *owner, char *peer, char *local, int peer_port, int local_port)
{
    struct guarded *guarded = owner;
    (void)peer_port;
    (void)local_port;
    if (!is_allowed_peer(guarded, peer, local)) {
        guarded->is_refused = true;
        return CURL_PREREQFUNC_ABORT;
    }
    guarded->is_connected = true;
    return CURL_PREREQFUNC_OK;
}

static void set_policy(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "Muster/" MUSTER_VERSION);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* the empty text: not even the environment's */
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Else the whole sender waits for a name server that does not answer one receiver's name. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
}

void guarded_attach(struct guarded *guarded, CURL *easy)
{
    set_policy(easy);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, guarded);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, guarded);
}

int guarded_set_url(struct guarded *guarded, CURL *easy, struct str url, struct err_info *info)
{
    char text[URLGUARD_URL_BYTES + 1];
    guarded->is_connected = guarded->is_refused = false;
    int err = urlguard_check_url(guarded->guard, url, info);
    if (err < 0)
        return err;
    snprintf(text, sizeof text, STR_FMT, STR_ARG(url));
    guarded->is_http = strncasecmp(text, "http:", 5) == 0;
    curl_easy_setopt(easy, CURLOPT_URL, text);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, guarded->is_http ? "http" : "https");
    return 0;
}
