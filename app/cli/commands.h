/* The commands of `muster`, by file. */
#ifndef MUSTER_CLI_COMMANDS_H
#define MUSTER_CLI_COMMANDS_H

#include "cli/cli.h"

/* admin.c */
cli_command admin_project_create;
cli_command admin_project_list;
cli_command admin_project_public_ids;
cli_command admin_key_create;
cli_command admin_key_list;
cli_command admin_key_revoke;

/* columns.c */
cli_command columns_reindex;
cli_command columns_verify;

/* importcmd.c */
cli_command importcmd_contacts;
cli_command importcmd_events;

/* signin.c */
cli_command signin_link;

/* explaincmd.c */
cli_command explaincmd_run;

/* doctor.c */
cli_command doctor_run;
cli_command doctor_migrate;

#endif
