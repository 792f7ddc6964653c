/* The one printer of an import job: for the API (http-api §1.5, §4.1) and for webhooks. */
#ifndef MUSTER_STORE_IMPORTJSON_H
#define MUSTER_STORE_IMPORTJSON_H

#include "store/importerror.h"
#include "store/importtarget.h"
#include "json/jsonwrite.h"

/* Writes the whole object; `errors` are the first ones of the job. */
void importjson_write(struct jsonwrite *w, const struct importjob *job,
                      const struct importtarget *target, const struct importerror *errors,
                      size_t error_count);

#endif
