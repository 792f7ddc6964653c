/*
 * The accept loop over libfcgi: one process, one request at a time, on the listening socket that it
 * inherits as fd 0. The only room that knows <fcgiapp.h>. Logs one line per request.
 */
#ifndef MUSTER_FCGI_LOOP_H
#define MUSTER_FCGI_LOOP_H

#include "api/api.h"

struct loop_config {
    const struct api_context *context;
    uint64_t max_requests;    /* then LOOP_WORN; 0: no limit */
    size_t max_private_bytes; /* then LOOP_WORN; 0: no limit */
    void (*between)(void);    /* called after each request; NULL: nothing */
    int tick_ms;              /* called then too, when no request came for so long; 0: not */
};

enum loop_end {
    LOOP_STOPPED, /* SIGTERM, SIGINT or SIGUSR1, and the request at hand is answered */
    LOOP_WORN,    /* time for a fresh process: leaks of libraries do not add up */
    LOOP_FAILED   /* fd 0 is no listening socket; the reason was logged */
};

/*
 * Serves until one of the ends. The stop signals act between requests only (base/stopsignal.h), and
 * stay blocked when it returns.
 */
enum loop_end loop_run(const struct loop_config *config);

#endif
