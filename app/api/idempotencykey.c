#include "api/idempotencykey.h"

#include "api/errors.h"
#include "base/limits.h"
#include "base/uuid.h"

#define PURGE_ONE_IN 256
#define PURGE_AT_ONCE 1000

int idempotencykey_read(const struct api_request *req, struct str name,
                        struct idempotency_claim *claim, struct idempotency_claim **ret_claim,
                        struct err_info *info)
{
    *ret_claim = NULL;
    if (req->idempotency_key.at == NULL) {
        return 0;
    }
    if (!idempotency_key_ok(req->idempotency_key)) {
        return err_set(info, ERR_INVAL, "BAD_REQUEST",
                       "Idempotency-Key must be 1-255 printable ASCII characters");
    }
    *claim =
        (struct idempotency_claim){.key = req->idempotency_key, .request = name, .status = 200};
    *ret_claim = claim;
    return 0;
}

int idempotencykey_answer_reused(struct api_request *req, struct api_response *res,
                                 const struct idempotency_claim *claim, struct err_info *info)
{
    struct idempotency_original original;
    struct jsonwrite w;
    struct buf details;
    int err = idempotency_look(req->db, req->arena, req->project_id, claim->key, &original, info);
    if (err < 0) {
        return err;
    }
    buf_init(&details, LIMIT_DATA_BYTES);
    jsonwrite_init(&w, &details);
    jsonwrite_object(&w);
    jsonwrite_name(&w, "key");
    jsonwrite_str(&w, claim->key);
    jsonwrite_name(&w, "originalRequest");
    jsonwrite_str(&w, original.known ? original.request : claim->request);
    jsonwrite_name(&w, "originalRequestAt");
    if (original.known) {
        jsonwrite_time(&w, original.at_ms);
    } else {
        jsonwrite_null(&w);
    }
    jsonwrite_name(&w, "originalStatusCode");
    if (original.known && original.status != 0) {
        jsonwrite_i64(&w, original.status);
    } else {
        jsonwrite_null(&w);
    }
    jsonwrite_object_end(&w);
    struct str text = str_copy(req->arena, buf_str(&details));
    buf_done(&details);
    errors_answer_with(req, res, 409, "IDEMPOTENCY_KEY_REUSED",
                       "This Idempotency-Key was already used; send a new request with a new key",
                       text);
    return 0;
}

void idempotencykey_used(const struct api_request *req)
{
    struct err_info ignored = {0};
    if (uuid_random63() % PURGE_ONE_IN == 0) {
        int purged = idempotency_purge(req->db, req->project_id, PURGE_AT_ONCE, &ignored);
        (void)purged; /* the next one tries again */
    }
}
