/* Every limit on what a user can make large, in one place, with its unit and source. */
#ifndef MUSTER_BASE_LIMITS_H
#define MUSTER_BASE_LIMITS_H

#define LIMIT_BODY_BYTES (1024 * 1024)          /* request body; http-api decision 5 */
#define LIMIT_RESPONSE_BYTES (64 * 1024 * 1024) /* one answer kept in memory */
#define LIMIT_JSON_DEPTH 64                     /* nesting; http-api decision 5 */
#define LIMIT_JSON_VALUES 400000                /* values in one body: bounds the arena */
#define LIMIT_DATA_BYTES (32 * 1024)   /* contact data and event data as JSON; filters.md §2 */
#define LIMIT_EMAIL_BYTES 254          /* RFC 5321 path, less its brackets */
#define LIMIT_FILTER_BYTES (64 * 1024) /* one filter as sent; filters.md §1 */
#define LIMIT_FILTER_DEPTH 16          /* groups inside one another; filters.md §1 */
#define LIMIT_FILTER_LEAVES 500        /* filters.md §1 */
#define LIMIT_FILTER_IN_VALUES 1000    /* values in one `in`; filters.md §1 */
#define LIMIT_FILTER_PATH_BYTES 512    /* field path; filters.md §1 */
#define LIMIT_FILTER_STRING_BYTES 4096 /* each string operand; filters.md §1 */
#define LIMIT_FIELD_PATHS 1000         /* per project; filters.md §1 */
#define LIMIT_EVENT_NAMES 2000         /* per project; filters.md §1 */
#define LIMIT_PUBLIC_ADDED 200         /* of each, by public keys; filters.md §1 */
#define LIMIT_EVENT_NAME_BYTES 255
#define LIMIT_BATCH_ITEMS 1000              /* /contacts/batch, /v1/track/batch; http-api §4.1 */
#define LIMIT_LOOKUP_EMAILS 500             /* http-api §1.2 */
#define LIMIT_MEMBER_EMAILS 10000           /* addresses in one members request */
#define LIMIT_SEGMENT_NAME_CHARS 100        /* http-api §1.7 */
#define LIMIT_SEGMENT_DESCRIPTION_CHARS 500 /* http-api §1.7 */
#define LIMIT_CAMPAIGN_NAME_CHARS 500       /* its column */
#define LIMIT_CAMPAIGN_SUBJECT_CHARS 1000   /* its column */
#define LIMIT_CAMPAIGN_DESCRIPTION_CHARS 2000
#define LIMIT_CAMPAIGN_BODY_CHARS (96 * 1024)   /* a page of 100 fits LIMIT_RESPONSE_BYTES */
#define LIMIT_CAMPAIGN_FROM_CHARS 200           /* name of the sender; its column */
#define LIMIT_SEGMENTS 10000                    /* per project */
#define LIMIT_SEGMENTS_BYTES (24 * 1024 * 1024) /* filters of a project: its list is one answer */
#define LIMIT_TAGS 10000                        /* per project */
#define LIMIT_LISTS 10000                       /* per project */
#define LIMIT_SEQUENCES 10000                   /* per project */
#define LIMIT_SEND_TO 100                       /* addresses of one /v1/send */
#define LIMIT_SEND_HEADERS 50                   /* of one /v1/send */
#define LIMIT_SEND_HEADER_CHARS 1000            /* value of one */
#define LIMIT_TEMPLATES 10000                   /* per project */
#define LIMIT_SEQUENCE_STEPS 100
#define LIMIT_SEQUENCE_STEPS_BYTES (64 * 1024) /* a page of 100 fits LIMIT_RESPONSE_BYTES */
#define LIMIT_WORKFLOWS 1000                   /* per project */
#define LIMIT_FLOW_STEPS 200                   /* of one workflow, its trigger included */
#define LIMIT_FLOW_TRANSITIONS 800             /* of one workflow */
#define LIMIT_FLOW_BYTES (512 * 1024)          /* one definition: every change writes it whole */
#define LIMIT_FLOW_CONFIG_DEPTH 40             /* of a step's config: what holds it is deeper */
#define LIMIT_FLOW_WAIT_DAYS 3660              /* of one delay, and of one timeout */
#define LIMIT_CRON_BYTES 200                   /* its column */
#define LIMIT_STEP_NAME_CHARS 200
#define LIMIT_EXECUTION_STEPS 1000      /* of the log of one execution in an answer: the newest */
#define LIMIT_STEP_HEADERS 50           /* of one WEBHOOK step */
#define LIMIT_STEP_REASON_CHARS 500     /* of an EXIT step */
#define LIMIT_CONTACT_GROUPS 100        /* in one request */
#define LIMIT_SLUG_BYTES 200            /* what a Plunk name can make; stands in event names */
#define LIMIT_RESOURCE_NAME_CHARS 200   /* tag, list, sequence: their columns */
#define LIMIT_NESTED_SEGMENTS 1000      /* segments that one filter reaches, itself included */
#define LIMIT_SEGMENT_REFS 200000       /* segments named by all filters of a project, summed */
#define LIMIT_PAGE_SIZE 100             /* page and cursor lists; http-api §1.3 */
#define LIMIT_FIELD_VALUES 200          /* /fields/:field/values; http-api §1.5 */
#define LIMIT_EVENT_LIST 1000           /* events in one list */
#define LIMIT_CHANGES 1000              /* entries and exits in one list; http-api §4.2 */
#define LIMIT_HISTORY_POINTS 2400       /* of one chart: a hundred days by the hour */
#define LIMIT_VOLUME_POINTS 366         /* of a chart of events */
#define LIMIT_IDEMPOTENCY_KEY_CHARS 255 /* http-api §1.4 */
#define LIMIT_IMPORT_BYTES (INT64_C(2) * 1024 * 1024 * 1024) /* one file; http-api §4.1 */
#define LIMIT_IMPORT_ROW_BYTES (1024 * 1024)                 /* http-api §4.6 */
#define LIMIT_IMPORT_COLUMNS 1000                            /* http-api §4.6 */
#define LIMIT_IMPORT_JOBS 2                                  /* open ones of a project; §4.6 */
#define LIMIT_IMPORT_ERRORS_SHOWN 1000                       /* in the job's answer; §4.1 */
#define LIMIT_BULK_IDS 1000       /* contactIds of one bulk action; http-api §1.5 */
#define LIMIT_BULK_EXCLUDED 10000 /* excludeIds of one */
#define LIMIT_BULK_JOBS 1000      /* open ones of a project */
#define LIMIT_SUPPRESSIONS 100    /* rules of a project; http-api §1.10 */
#define LIMIT_SUPPRESSION_NAME_CHARS 100
#define LIMIT_SUPPRESSION_PATTERN_CHARS 254 /* http-api §1.10 */
#define LIMIT_WEBHOOKS 100                  /* per project: each event may go to all of them */
#define LIMIT_WEBHOOK_EVENTS 50             /* patterns of one webhook */
#define LIMIT_WEBHOOK_DESCRIPTION_CHARS 500
#define LIMIT_EVENT_TYPE_BYTES 440 /* a pattern; segment.<slug>.entry is the longest type */

#endif
