#include "api/routes.h"

#include <stdio.h>
#include <string.h>

#include "api/audiencepreview.h"
#include "api/audittrail.h"
#include "api/bulk.h"
#include "api/campaignaction.h"
#include "api/campaigns.h"
#include "api/campaigntest.h"
#include "api/changes.h"
#include "api/contacts.h"
#include "api/contactsegments.h"
#include "api/convert.h"
#include "api/deliveries.h"
#include "api/diff.h"
#include "api/emailevents.h"
#include "api/events.h"
#include "api/eventvolume.h"
#include "api/executions.h"
#include "api/explain.h"
#include "api/fields.h"
#include "api/fielduse.h"
#include "api/history.h"
#include "api/imports.h"
#include "api/keys.h"
#include "api/lint.h"
#include "api/members.h"
#include "api/mpcontacts.h"
#include "api/mpsegments.h"
#include "api/outboxclaim.h"
#include "api/overlap.h"
#include "api/personexport.h"
#include "api/pmcampaigns.h"
#include "api/pmcontactbulk.h"
#include "api/pmcontactexport.h"
#include "api/pmcontacts.h"
#include "api/pmenrollments.h"
#include "api/pmevents.h"
#include "api/pmimports.h"
#include "api/pmkeys.h"
#include "api/pmlists.h"
#include "api/pmmembers.h"
#include "api/pmratelimit.h"
#include "api/pmsegments.h"
#include "api/pmsequences.h"
#include "api/pmsites.h"
#include "api/pmtags.h"
#include "api/pmtemplates.h"
#include "api/publiclinks.h"
#include "api/segmentfigures.h"
#include "api/segments.h"
#include "api/segmentusage.h"
#include "api/send.h"
#include "api/sessions.h"
#include "api/snapshots.h"
#include "api/snshooks.h"
#include "api/suppressions.h"
#include "api/system.h"
#include "api/systeminfo.h"
#include "api/templates.h"
#include "api/track.h"
#include "api/versions.h"
#include "api/webhooks.h"
#include "api/workflows.h"
#include "api/workflowsteps.h"

/* clang-format off */
static const struct route table[] = {
    /* method   pattern                             handler                 keys           body           pool        scope */
    {API_GET,    "/",                               system_root,            ROUTE_OPEN,    ROUTE_NO_BODY, ROUTE_FAST, ROUTE_NO_SCOPE},
    {API_GET,    "/health",                         system_health,          ROUTE_OPEN,    ROUTE_NO_BODY, ROUTE_FAST, ROUTE_NO_SCOPE},
    {API_GET,    "/config",                         system_config,          ROUTE_OPEN,    ROUTE_NO_BODY, ROUTE_FAST, ROUTE_NO_SCOPE},
    {API_GET,    "/metrics",                        system_metrics,         ROUTE_OPEN,    ROUTE_NO_BODY, ROUTE_FAST, ROUTE_NO_SCOPE},
    {API_POST,   "/session",                        sessions_create,        ROUTE_OPEN,    ROUTE_JSON,    ROUTE_FAST, ROUTE_NO_SCOPE},
    {API_GET,    "/session",                        sessions_get,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_NO_SCOPE},
    {API_DELETE, "/session",                        sessions_end,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_NO_SCOPE},
    {API_GET,    "/keys",                           keys_list,              ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_ADMIN},
    {API_POST,   "/keys",                           keys_create,            ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_ADMIN},
    {API_DELETE, "/keys/:id",                       keys_delete,            ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_ADMIN},
    {API_GET,    "/audit",                          audittrail_list,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_ADMIN},
    {API_GET,    "/system",                         systeminfo_get,         ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/contacts",                       contacts_list,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/contacts",                       contacts_create,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/contacts/lookup",                contacts_lookup,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/contacts/batch",                 contacts_batch,         ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/contacts/fields",                fields_list,            ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/contacts/fields/:field/values",  fields_values,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/contacts/fields/:field/usage",   fielduse_get,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_DELETE, "/contacts/fields/:field",         fielduse_delete,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_BULK, ROUTE_WRITE},
    {API_POST,   "/contacts/import",                imports_create,         ROUTE_SECRET,  ROUTE_STREAM,  ROUTE_BULK, ROUTE_WRITE},
    {API_GET,    "/contacts/import/:jobId",         imports_get,            ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/contacts/import/:jobId/errors.csv", imports_errors,      ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_BULK, ROUTE_READ},
    {API_POST,   "/contacts/import/:jobId/cancel",  imports_cancel,         ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/contacts/bulk-subscribe",        bulk_subscribe,         ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/contacts/bulk-unsubscribe",      bulk_unsubscribe,       ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/contacts/bulk-delete",           bulk_delete,            ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/contacts/bulk/:jobId",           bulk_get,               ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/contacts/:id/export",            personexport_get,       ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_BULK, ROUTE_READ},
    {API_GET,    "/contacts/:id/segments",          contactsegments_list,   ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/contacts/public/:token",         publiclinks_get,        ROUTE_OPEN,    ROUTE_NO_BODY, ROUTE_FAST, ROUTE_NO_SCOPE},
    {API_GET,    "/contacts/public/:token/manage",  publiclinks_page,       ROUTE_OPEN,    ROUTE_NO_BODY, ROUTE_FAST, ROUTE_NO_SCOPE},
    {API_GET,    "/contacts/public/:token/subscribe", publiclinks_page,     ROUTE_OPEN,    ROUTE_NO_BODY, ROUTE_FAST, ROUTE_NO_SCOPE},
    {API_POST,   "/contacts/public/:token/subscribe", publiclinks_subscribe, ROUTE_OPEN,   ROUTE_NO_BODY, ROUTE_FAST, ROUTE_NO_SCOPE},
    {API_GET,    "/contacts/public/:token/unsubscribe", publiclinks_page,   ROUTE_OPEN,    ROUTE_NO_BODY, ROUTE_FAST, ROUTE_NO_SCOPE},
    {API_POST,   "/contacts/public/:token/unsubscribe", publiclinks_unsubscribe, ROUTE_OPEN, ROUTE_NO_BODY, ROUTE_FAST, ROUTE_NO_SCOPE},
    {API_GET,    "/contacts/:id",                   contacts_get,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_PATCH,  "/contacts/:id",                   contacts_patch,         ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/contacts/:id",                   contacts_delete,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/api/v1/contacts",                pmcontacts_list,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/api/v1/contacts",                pmcontacts_create,      ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/api/v1/contacts/bulk",           pmcontactbulk_write,    ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/api/v1/contacts/export",         pmcontactexport_get,    ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_BULK, ROUTE_READ},
    {API_GET,    "/api/v1/contacts/:id",            pmcontacts_get,         ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_PUT,    "/api/v1/contacts/:id",            pmcontacts_update,      ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/api/v1/contacts/:id",            pmcontacts_delete,      ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/api/v1/contacts/:id/tags",       pmcontacts_tag,         ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/api/v1/contacts/:id/lists",      pmcontacts_to_list,     ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/api/v1/imports",                 pmimports_create,       ROUTE_ACCOUNT, ROUTE_STREAM,  ROUTE_BULK, ROUTE_WRITE},
    {API_GET,    "/api/v1/imports/:id",             pmimports_get,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/api/v1/sites",                   pmsites_list,           ROUTE_ACCOUNT, ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/api/v1/sites",                   pmsites_create,         ROUTE_ACCOUNT, ROUTE_JSON,    ROUTE_FAST, ROUTE_ADMIN},
    {API_GET,    "/api/v1/sites/:id",               pmsites_get,            ROUTE_ACCOUNT, ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_PUT,    "/api/v1/sites/:id",               pmsites_update,         ROUTE_ACCOUNT, ROUTE_JSON,    ROUTE_FAST, ROUTE_ADMIN},
    {API_DELETE, "/api/v1/sites/:id",               pmsites_delete,         ROUTE_ACCOUNT, ROUTE_NO_BODY, ROUTE_FAST, ROUTE_ADMIN},
    {API_GET,    "/api/v1/api-keys",                pmkeys_list,            ROUTE_ACCOUNT, ROUTE_NO_BODY, ROUTE_FAST, ROUTE_ADMIN},
    {API_POST,   "/api/v1/api-keys",                pmkeys_create,          ROUTE_ACCOUNT, ROUTE_JSON,    ROUTE_FAST, ROUTE_ADMIN},
    {API_DELETE, "/api/v1/api-keys/:id",            pmkeys_delete,          ROUTE_ACCOUNT, ROUTE_NO_BODY, ROUTE_FAST, ROUTE_ADMIN},
    {API_GET,    "/api/v1/rate-limit",              pmratelimit_get,        ROUTE_ACCOUNT, ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/api/v1/tags",                    pmtags_list,            ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/api/v1/tags",                    pmtags_create,          ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/api/v1/tags/:id",                pmtags_get,             ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_DELETE, "/api/v1/tags/:id",                pmtags_delete,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/api/v1/tags/:id/contacts",       pmmembers_of_tag,       ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/api/v1/tags/:id/contacts",       pmmembers_add_to_tag,   ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/api/v1/tags/:id/contacts",       pmmembers_remove_from_tag, ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/api/v1/lists",                   pmlists_list,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/api/v1/lists",                   pmlists_create,         ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/api/v1/lists/:id",               pmlists_get,            ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_PUT,    "/api/v1/lists/:id",               pmlists_update,         ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/api/v1/lists/:id",               pmlists_delete,         ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/api/v1/lists/:id/contacts",      pmmembers_of_list,      ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/api/v1/lists/:id/contacts",      pmmembers_add_to_list,  ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/api/v1/lists/:id/contacts",      pmmembers_remove_from_list, ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/api/v1/sequences",               pmsequences_list,       ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/api/v1/sequences",               pmsequences_create,     ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/api/v1/sequences/:id",           pmsequences_get,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_PUT,    "/api/v1/sequences/:id",           pmsequences_update,     ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/api/v1/sequences/:id",           pmsequences_delete,     ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/api/v1/sequences/:id/enrollments", pmenrollments_list,   ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/api/v1/sequences/:id/enrollments", pmenrollments_create, ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/api/v1/sequences/:id/enrollments/:enrollmentId", pmenrollments_get, ROUTE_SECRET, ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_DELETE, "/api/v1/sequences/:id/enrollments/:enrollmentId", pmenrollments_stop, ROUTE_SECRET, ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/api/v1/reports/multi-sequence",  pmenrollments_report,   ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_BULK, ROUTE_READ},
    {API_GET,    "/api/v1/campaigns",               pmcampaigns_list,       ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/api/v1/campaigns",               pmcampaigns_create,     ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/api/v1/campaigns/:id",           pmcampaigns_get,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_PUT,    "/api/v1/campaigns/:id",           pmcampaigns_update,     ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/api/v1/campaigns/:id",           pmcampaigns_delete,     ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/api/v1/campaigns/:id/send",      pmcampaigns_send,       ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/api/v1/campaigns/:id/schedule",  pmcampaigns_schedule,   ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/api/v1/campaigns/:id/cancel",    pmcampaigns_cancel,     ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,     "/api/v1/segments",                pmsegments_list,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,    "/api/v1/segments",                pmsegments_create,      ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,    "/api/v1/segments/preview-count",  pmsegments_preview_count, ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_READ},
    {API_GET,     "/api/v1/segments/:id",            pmsegments_get,         ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_PUT,     "/api/v1/segments/:id",            pmsegments_update,      ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE,  "/api/v1/segments/:id",            pmsegments_delete,      ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,     "/api/v1/segments/:id/contacts",   pmsegments_contacts,    ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,    "/api/v1/segments/:id/count",      pmsegments_count,       ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_READ},
    {API_GET,     "/api/contacts",                   mpcontacts_list,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_BULK, ROUTE_READ},
    {API_POST,    "/api/contacts",                   mpcontacts_create,      ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_PUT,     "/api/contacts/:id",               mpcontacts_update,      ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,     "/api/segments",                   mpsegments_list,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,    "/api/segments",                   mpsegments_create,      ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,     "/api/segments/contacts",          mpsegments_contacts,    ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_BULK, ROUTE_READ},
    {API_PUT,     "/api/segments/:id",               mpsegments_update,      ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE,  "/api/segments/:id",               mpsegments_delete,      ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/v1/track",                       track_one,              ROUTE_ANY_KEY, ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/v1/track/batch",                 track_batch,            ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/v1/email-events",                emailevents_add,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/v1/send",                        send_mail,              ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/v1/outbox/claim",                outboxclaim_run,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/templates",                      templates_list,         ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/templates",                      templates_create,       ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/templates/:id",                  templates_get,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_PATCH,  "/templates/:id",                  templates_patch,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/templates/:id",                  templates_delete,       ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/templates/:id/duplicate",        templates_duplicate,    ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/templates/:id/usage",            templates_usage,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/api/v1/templates",               pmtemplates_list,       ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/api/v1/templates",               pmtemplates_create,     ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/api/v1/templates/:id",           pmtemplates_get,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_PUT,    "/api/v1/templates/:id",           pmtemplates_update,     ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/api/v1/templates/:id",           pmtemplates_delete,     ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/api/v1/events",                  pmevents_list,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/hooks/sns",                      snshooks_list,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/hooks/sns",                      snshooks_create,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/hooks/sns/:token",               snshooks_receive,       ROUTE_OPEN,    ROUTE_JSON,    ROUTE_FAST, ROUTE_NO_SCOPE},
    {API_DELETE, "/hooks/sns/:id",                  snshooks_delete,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/hooks/sns/:id/rotate-token",     snshooks_rotate,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/events",                         events_list,            ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/events/track",                   events_track,           ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/events/import",                  imports_create,         ROUTE_SECRET,  ROUTE_STREAM,  ROUTE_BULK, ROUTE_WRITE},
    {API_GET,    "/events/import/:jobId",           imports_get,            ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/events/import/:jobId/errors.csv", imports_errors,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_BULK, ROUTE_READ},
    {API_POST,   "/events/import/:jobId/cancel",    imports_cancel,         ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/events/names",                   events_names,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/events/stats",                   events_stats,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/events/stats/volume",            eventvolume_get,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/events/contact/:id",             events_of_contact,      ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/events/:name/usage",             events_usage,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_DELETE, "/events/:name",                   events_delete,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_BULK, ROUTE_WRITE},
    {API_GET,    "/segments",                       segments_list,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/segments",                       segments_create,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/segments/preview",               segments_preview,       ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/segments/convert",               convert_filter,         ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/segments/overlap",               overlap_compute,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/segments/lint",                  lint_check,             ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/segments/counts",                segmentfigures_counts,  ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/segments/history",               segmentfigures_history, ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/segments/:id",                   segments_get,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_PATCH,  "/segments/:id",                   segments_update,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/segments/:id",                   segments_delete,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/segments/:id/contacts",          segments_contacts,      ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/segments/:id/members",           members_add,            ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/segments/:id/members",           members_remove,         ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/segments/:id/compute",           changes_compute,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_BULK, ROUTE_WRITE},
    {API_GET,    "/segments/:id/changes",           changes_list,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/segments/:id/refresh",           segments_refresh,       ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/segments/:id/contacts/:contactId/explain", explain_get,  ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/segments/:id/diff",              diff_preview,           ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/segments/:id/versions",          versions_list,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/segments/:id/versions/:n/restore", versions_restore,     ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/segments/:id/history",           history_get,            ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/segments/:id/usage",             segmentusage_get,       ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/segments/:id/snapshot",          snapshots_create,       ROUTE_SECRET,  ROUTE_JSON,    ROUTE_BULK, ROUTE_WRITE},
    {API_POST,   "/audience/preview",               audiencepreview_count,  ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/campaigns",                      campaigns_list,         ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/campaigns",                      campaigns_create,       ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/campaigns/:id",                  campaigns_get,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/campaigns/bulk-update",          campaignaction_bulk,    ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_PUT,    "/campaigns/:id",                  campaigns_update,       ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/campaigns/:id",                  campaigns_delete,       ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/campaigns/:id/send",             campaignaction_send,    ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/campaigns/:id/cancel",           campaignaction_cancel,  ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/campaigns/:id/duplicate",        campaignaction_duplicate, ROUTE_SECRET, ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/campaigns/:id/stats",            campaignaction_stats,   ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/campaigns/:id/test",             campaigntest_send,      ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/suppressions",                   suppressions_list,      ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/suppressions",                   suppressions_create,    ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/suppressions/preview",           suppressions_preview,   ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/suppressions/emails",            suppressions_emails,    ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/suppressions/emails/:id",        suppressions_email,     ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_PUT,    "/suppressions/:id",               suppressions_update,    ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/suppressions/:id",               suppressions_delete,    ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/workflows",                     workflows_list,         ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/workflows",                     workflows_create,       ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/workflows/fields",              workflows_fields,       ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/workflows/:id",                 workflows_get,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_PATCH,  "/workflows/:id",                 workflows_update,       ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/workflows/:id",                 workflows_delete,       ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/workflows/:id/steps",           workflowsteps_create,   ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_PATCH,  "/workflows/:id/steps/:stepId",   workflowsteps_update,   ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/workflows/:id/steps/:stepId",   workflowsteps_delete,   ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/workflows/:id/transitions",     workflowsteps_connect,  ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/workflows/:id/transitions/:transitionId", workflowsteps_disconnect, ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/workflows/:id/executions",      executions_list,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/workflows/:id/executions",      executions_start,       ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/workflows/:id/executions/cancel-all", executions_cancel_all,  ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_BULK, ROUTE_WRITE},
    {API_GET,    "/workflows/:id/executions/:executionId", executions_get,         ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_DELETE, "/workflows/:id/executions/:executionId", executions_cancel,      ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/webhooks",                       webhooks_list,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/webhooks",                       webhooks_create,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_GET,    "/webhooks/:id",                   webhooks_get,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_PATCH,  "/webhooks/:id",                   webhooks_update,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST, ROUTE_WRITE},
    {API_DELETE, "/webhooks/:id",                   webhooks_delete,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/webhooks/:id/rotate-secret",     webhooks_rotate,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/webhooks/:id/test",              deliveries_test,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
    {API_POST,   "/webhooks/:id/replay",            deliveries_replay,      ROUTE_SECRET,  ROUTE_JSON,    ROUTE_BULK, ROUTE_WRITE},
    {API_GET,    "/webhooks/:id/deliveries",        deliveries_list,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_GET,    "/webhooks/:id/deliveries/:deliveryId", deliveries_get,    ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ},
    {API_POST,   "/webhooks/:id/deliveries/:deliveryId/retry", deliveries_retry,  ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST, ROUTE_WRITE},
};
/* clang-format on */

const struct route *routes_table(size_t *ret_count)
{
    *ret_count = ARRAY_LEN(table);
    return table;
}

static const char *const method_names[API_METHODS + 1] = {
    [API_GET] = "GET",       [API_POST] = "POST",       [API_PUT] = "PUT",   [API_PATCH] = "PATCH",
    [API_DELETE] = "DELETE", [API_OPTIONS] = "OPTIONS", [API_METHODS] = "?",
};

const char *routes_method_name(enum api_method method)
{
    return method_names[method];
}

enum api_method routes_method(struct str name)
{
    if (str_eq_c(name, "HEAD"))
        return API_GET;
    for (unsigned m = 0; m < API_METHODS; m++)
        if (str_eq_c(name, method_names[m]))
            return (enum api_method)m;
    return API_METHODS;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int routes_decode(struct arena *arena, struct str raw, bool plus, struct str *ret,
                  struct err_info *info)
{
    char *out = arena_alloc(arena, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.at[i];
        if (c == '%') {
            int high = i + 2 < raw.len ? hex_digit(raw.at[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(raw.at[i + 2]) : -1;
            if (low < 0)
                return err_set(info, ERR_INVAL, NULL, "The URL has a broken %% escape");
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == '\0')
            return err_set(info, ERR_INVAL, NULL, "The URL has a NUL character");
        out[len++] = c;
    }
    struct str text = {out, len};
    if (!str_is_utf8(text))
        return err_set(info, ERR_INVAL, NULL, "The URL is not valid UTF-8");
    *ret = text;
    return 0;
}

int routes_split(struct api_request *req, struct err_info *info)
{
    struct str rest = req->raw_path;
    req->part_count = 0;
    if (rest.len > 0 && rest.at[0] == '/')
        rest = (struct str){rest.at + 1, rest.len - 1};
    while (rest.at && rest.len > 0) {
        struct str raw = str_split(rest, '/', &rest);
        if (req->part_count == API_MAX_PARTS)
            return err_set(info, ERR_NOT_FOUND, NULL, "Unknown route");
        int err = routes_decode(req->arena, raw, false, &req->parts[req->part_count++], info);
        if (err < 0)
            return err;
    }
    return 0;
}

static bool is_below(struct str path, struct str root)
{
    return str_starts(path, root) && (path.len == root.len || path.at[root.len] == '/');
}

enum api_dialect routes_dialect(struct str raw_path)
{
    if (is_below(raw_path, STR("/api/v1")))
        return API_PUSHMAIL;
    return is_below(raw_path, STR("/api")) ? API_MAILPANDA : API_PLUNK;
}

bool routes_expand(struct api_request *req)
{
    static const char *const roots[] = {"segments", "sites", "tags", "lists", "sequences"};
    if (req->part_count < 2 || req->part_count == API_MAX_PARTS || !str_eq_c(req->parts[0], "v1"))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
        if (!str_eq_c(req->parts[1], roots[i]))
            continue;
        memmove(&req->parts[1], &req->parts[0], req->part_count * sizeof(req->parts[0]));
        req->parts[0] = STR("api");
        req->part_count++;
        return true;
    }
    return false;
}

/* Next part of a pattern; *at moves behind it. at == NULL at the end. */
static struct str next_part(const char **at)
{
    const char *start = *at;
    if (*start != '/' || start[1] == '\0')
        return (struct str){NULL, 0};
    start++;
    size_t len = strcspn(start, "/");
    *at = start + len;
    return (struct str){start, len};
}

/*
 * Compares a pattern with the parts. `shape` gets one character per part, 'l' for a literal and 'p'
 * for a parameter, so that strcmp orders patterns by "a literal first beats a parameter".
 */
static bool pattern_matches(const char *pattern, const struct api_request *req,
                            char shape[API_MAX_PARTS + 1])
{
    for (unsigned i = 0; i < req->part_count; i++) {
        struct str part = next_part(&pattern);
        bool is_param = part.len > 0 && part.at[0] == ':';
        if (!part.at || req->parts[i].len == 0 || (!is_param && !str_eq(part, req->parts[i])))
            return false;
        shape[i] = is_param ? 'p' : 'l';
    }
    shape[req->part_count] = '\0';
    return next_part(&pattern).at == NULL;
}

static void take_args(struct api_request *req, const char *shape)
{
    unsigned arg = 0;
    for (unsigned i = 0; shape[i] && arg < ARRAY_LEN(req->path_args); i++)
        if (shape[i] == 'p')
            req->path_args[arg++] = req->parts[i];
}

/* The best shape among the patterns that match, whatever their method: a path means one thing. */
static bool best_shape(const struct route *routes, size_t count, const struct api_request *req,
                       char best[API_MAX_PARTS + 1])
{
    char shape[API_MAX_PARTS + 1];
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (!pattern_matches(routes[i].pattern, req, shape) || (any && strcmp(shape, best) >= 0))
            continue;
        memcpy(best, shape, sizeof(shape));
        any = true;
    }
    return any;
}

enum route_result routes_match(const struct route *routes, size_t count, struct api_request *req,
                               char allow[64])
{
    char best[API_MAX_PARTS + 1], shape[API_MAX_PARTS + 1];
    size_t len = 0;
    allow[0] = '\0';
    if (!best_shape(routes, count, req, best))
        return ROUTE_UNKNOWN;
    for (size_t i = 0; i < count; i++) {
        if (!pattern_matches(routes[i].pattern, req, shape) || strcmp(shape, best) != 0)
            continue;
        if (routes[i].method == req->method) {
            req->route = &routes[i];
            take_args(req, shape);
            return ROUTE_FOUND;
        }
        len += (size_t)snprintf(allow + len, 64 - len, "%s%s", len ? ", " : "",
                                routes_method_name(routes[i].method));
    }
    return ROUTE_WRONG_METHOD;
}
