/* What MailPanda's handlers share: a contact as it shows one. */
#ifndef MUSTER_API_MPPARTS_H
#define MUSTER_API_MPPARTS_H

#include "api/api.h"
#include "store/contact.h"

/* What is shown of a contact. Texts live in the arena, or in the contact; at == NULL: none. */
struct mpparts_contact {
    uint64_t id;
    struct str email;
    struct str name; /* data.name, else firstName and lastName joined */
    struct str company;
    struct str notes;
    const char *status; /* active for subscribed */
};

/* Takes a contact apart. */
void mpparts_read(const struct api_request *req, struct arena *arena, const struct contact *contact,
                  struct mpparts_contact *ret);

/* Writes id, email, name and company into the open object. */
void mpparts_write(struct jsonwrite *w, const struct mpparts_contact *contact);

/* {"success":true}, status 200. */
void mpparts_success(struct api_response *res);

#endif
