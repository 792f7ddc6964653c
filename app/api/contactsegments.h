/* GET /contacts/:id/segments: in which segments one contact is, of all there are. */
#ifndef MUSTER_API_CONTACTSEGMENTS_H
#define MUSTER_API_CONTACTSEGMENTS_H

#include "api/api.h"

/* Returns 0; ERR_NOT_FOUND for what is no id too; or an err as standing_find. */
api_handler contactsegments_list;

#endif
