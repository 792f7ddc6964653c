/*
 * A contact as PushMail says it (http-api §2): its own fields beside customFields. All but email
 * and status are the contact's data, under the same names; what is no field of PushMail is a custom
 * one.
 */
#ifndef MUSTER_API_PMCONTACTFIELDS_H
#define MUSTER_API_PMCONTACTFIELDS_H

#include "api/api.h"
#include "store/contact.h"
#include "store/contactchange.h"
#include "json/jsonwrite.h"

#define PMCONTACTFIELDS_COUNT 18

/* The names of the fields that stand in data, in the order in which they are printed. */
extern const char *const pmcontactfields_names[PMCONTACTFIELDS_COUNT];

/* What a body says of one contact. */
struct pmcontactfields {
    struct str email; /* normalised; at == NULL: not given */
    enum contactchange_subscribe subscribe;
    const struct jsonval *patch; /* NULL: none. An empty text and null delete. */
    struct str *tags;            /* names, judged by tag_name */
    size_t tag_count;
    uint32_t *lists; /* numbers; whether there is such a list is not looked at */
    size_t list_count;
};

/*
 * Reads one object. Returns 0; ERR_UNPROCESSABLE or ERR_INVAL for a field that is malformed, which
 * the text names: an address that is none, another type, a birthday that is no date, a status that
 * cannot be set, a tag that cannot be a tag's name, an id that is none of this site.
 */
int pmcontactfields_read(const struct api_request *req, const struct jsonval *object,
                         struct pmcontactfields *ret, struct err_info *info) MUST_CHECK;

/* The patch with `source` "api" where it says none: for a contact that is made by it. */
const struct jsonval *pmcontactfields_with_source(struct arena *arena, const struct jsonval *patch);

/* Writes the whole contact object; what it needs meanwhile stands in `scratch`. */
void pmcontactfields_write(struct jsonwrite *w, const struct api_request *req,
                           const struct contact *contact, struct arena *scratch);

/* The contact's data, parsed into `arena`; NULL when it has none. */
const struct jsonval *pmcontactfields_data(struct arena *arena, const struct contact *contact);

/* Whether a name is one of a contact's own fields, and so no custom one. */
bool pmcontactfields_is_own(struct str name);

#endif
