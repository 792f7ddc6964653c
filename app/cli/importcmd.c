/* muster import: a file is stored as an import and worked on here and now. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/stopsignal.h"
#include "base/timeutil.h"
#include "cli/commands.h"
#include "store/audit.h"
#include "store/importerror.h"
#include "store/importmapping.h"
#include "store/importrun.h"
#include "store/importupload.h"
#include "store/project.h"
#include "store/segment.h"
#include "store/tag.h"

#define PIECE_BYTES (256 * 1024)
#define ERRORS_SHOWN 10
#define BAR_CHARS 30
#define BAR_EVERY_US 100000
#define STATEMENT_MS 120000u
#define IO_S 150u

struct import {
    struct cli *cli;
    struct project project;
    struct importjob_input input;
    const char *path;
    struct db *reserve;
    struct hostmem *hostmem;
    struct importupload upload;
    /* For the bar: */
    int64_t start_us;
    int64_t shown_us;
};

/* ---- arguments ----------------------------------------------------------------------------- */

/* Takes a word such as --dry-run out of the arguments. */
static bool take_word(int *argc, char **argv, const char *word)
{
    for (int i = 0; i < *argc; i++) {
        if (strcmp(argv[i], word) != 0) {
            continue;
        }
        for (int k = i; k + 1 < *argc; k++) {
            argv[k] = argv[k + 1];
        }
        (*argc)--;
        return true;
    }
    return false;
}

static int read_mode(struct importjob_input *input, const char *mode, struct err_info *info)
{
    input->mode = IMPORTJOB_UPSERT;
    if (mode == NULL || strcmp(mode, "upsert") == 0) {
        return 0;
    }
    if (strcmp(mode, "update") == 0) {
        input->mode = IMPORTJOB_UPDATE;
        return 0;
    }
    if (strcmp(mode, "create") == 0 && input->kind == IMPORTJOB_CONTACTS) {
        input->mode = IMPORTJOB_CREATE;
        return 0;
    }
    return err_set(
        info, ERR_INVAL, NULL, "--mode is %s, not \"%s\"",
        input->kind == IMPORTJOB_CONTACTS ? "upsert, create or update" : "upsert or update", mode);
}

static int read_format(struct importjob_input *input, const char *format, const char *path,
                       struct err_info *info)
{
    struct str name = str_from(path);
    bool ndjson = input->kind == IMPORTJOB_EVENTS &&
                  (str_ends(name, STR(".ndjson")) || str_ends(name, STR(".jsonl")));
    if (format != NULL) {
        ndjson = strcmp(format, "ndjson") == 0;
        if ((!ndjson && strcmp(format, "csv") != 0) ||
            (ndjson && input->kind == IMPORTJOB_CONTACTS)) {
            return err_set(info, ERR_INVAL, NULL, "--format is %s, not \"%s\"",
                           input->kind == IMPORTJOB_CONTACTS ? "csv" : "csv or ndjson", format);
        }
    }
    input->format = ndjson ? IMPORTJOB_NDJSON : IMPORTJOB_CSV;
    return 0;
}

static int find_segment(struct import *import, const char *id, struct err_info *info)
{
    struct cli *cli = import->cli;
    struct segment segment;
    struct uuid uuid;
    if (id == NULL) {
        return 0;
    }
    if (!uuid_parse(str_from(id), &uuid)) {
        return err_set(info, ERR_INVAL, NULL, "--segment is the id of a static segment");
    }
    int err = segment_get(cli->db, cli->arena, import->project.project_id, &uuid, &segment, info);
    if (err == 0 && segment.kind != SEGMENT_STATIC) {
        err = err_set(info, ERR_INVAL, NULL, "Can only add contacts to STATIC segments");
    }
    import->input.segment_id = err == 0 ? segment.segment_id : 0;
    return err;
}

static int read_mapping(struct import *import, const char *columns, struct err_info *info)
{
    struct importmapping mapping;
    int err =
        importmapping_read(import->cli->arena, str_from(columns), &import->input, &mapping, info);
    import->input.mapping = mapping.text;
    return err;
}

static int read_arguments(struct import *import, int argc, char **argv, struct err_info *info)
{
    struct importjob_input *input = &import->input;
    const char *project = cli_option(&argc, argv, "--project");
    const char *mode = cli_option(&argc, argv, "--mode");
    const char *format = cli_option(&argc, argv, "--format");
    const char *segment = cli_option(&argc, argv, "--segment");
    const char *tag = cli_option(&argc, argv, "--tag");
    const char *columns = cli_option(&argc, argv, "--columns");
    input->dry_run = take_word(&argc, argv, "--dry-run");
    input->keep_created = take_word(&argc, argv, "--keep-created");
    input->spreadsheet = !take_word(&argc, argv, "--keep-quotes");
    if (argc != 1 || (argv[0][0] == '-' && argv[0][1] != '\0')) {
        return ERR_INVAL;
    }
    import->path = argv[0];
    int err = read_mode(input, mode, info);
    if (err == 0) {
        err = read_format(input, format, import->path, info);
    }
    if (err == 0) {
        err = read_mapping(import, columns, info);
    }
    if (err == 0) {
        err = cli_project(import->cli, project, &import->project, info);
    }
    if (err == 0 && tag != NULL && !tag_name(str_from(tag), &input->tag_name)) {
        err = err_set(info, ERR_INVAL, NULL, "--tag is the name of a tag");
    }
    return err == 0 ? find_segment(import, segment, info) : err;
}

/* ---- storing the file ---------------------------------------------------------------------- */

static int file_error(struct err_info *info, const char *path)
{
    return err_set(info, ERR_INVAL, NULL, "%s: %s", path, strerror(errno));
}

static int store_bytes(struct import *import, int fd, struct err_info *info)
{
    char *piece = arena_raw(import->cli->arena, PIECE_BYTES, 1);
    for (;;) {
        ssize_t got = read(fd, piece, PIECE_BYTES);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return file_error(info, import->path);
        }
        if (got == 0) {
            return 0;
        }
        if (stopsignal_asked()) {
            return err_set(info, ERR_INVAL, NULL, "stopped; nothing was imported");
        }
        int err = importupload_add(&import->upload, (struct str){piece, (size_t)got}, info);
        if (err < 0) {
            return err;
        }
    }
}

/* For the record of who did what, as the API does it. */
static int note_start(const struct import *import, struct err_info *info)
{
    static const struct audit_actor actor = {.program = {"muster", 6}};
    char id[37];
    uuid_format(&import->upload.job.job_id, id);
    const struct audit_act act = {
        .action = "import.started", .object_type = "import", .object_id = str_from(id)};
    return audit_note(import->cli->db, import->project.account_id, import->project.project_id,
                      &actor, &act, info);
}

static int store_file(struct import *import, int fd, struct err_info *info)
{
    struct cli *cli = import->cli;
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return file_error(info, import->path);
    }
    uint64_t bytes = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    int err = importupload_check_disk(cli->db, bytes, cli->config->import_reserve_bytes, info);
    if (err == 0) {
        err = importupload_begin(&import->upload, cli->db, cli->arena, import->project.project_id,
                                 &import->input, info);
    }
    if (err < 0) {
        return err;
    }
    err = store_bytes(import, fd, info);
    if (err == 0) {
        err = importupload_end(&import->upload, (unsigned)cli->config->lease_s * 1000, info);
    }
    if (err < 0) {
        importupload_abandon(&import->upload);
    }
    return err < 0 ? err : note_start(import, info);
}

static int open_and_store(struct import *import, struct err_info *info)
{
    bool is_stdin = strcmp(import->path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(import->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return file_error(info, import->path);
    }
    int err = store_file(import, fd, info);
    if (!is_stdin) {
        (void)close(fd);
    }
    return err;
}

/* ---- working and telling ------------------------------------------------------------------- */

static double rows_per_second(const struct import *import, int64_t now_us, uint64_t rows)
{
    int64_t us = now_us - import->start_us;
    return us > 0 ? (double)rows * 1e6 / (double)us : 0;
}

/* importrun.progress: draws the bar on a terminal; false after Ctrl-C. */
static bool show_progress(const struct importjob *job, void *ctx)
{
    struct import *import = ctx;
    int64_t now_us = timeutil_mono_us();
    if (isatty(STDERR_FILENO) && now_us - import->shown_us >= BAR_EVERY_US) {
        char bar[BAR_CHARS + 1];
        uint64_t share = job->bytes_done * BAR_CHARS / job->bytes;
        memset(bar, ' ', BAR_CHARS);
        memset(bar, '#', share);
        bar[BAR_CHARS] = '\0';
        fprintf(stderr, "\r[%s] %3d %%  %" PRIu64 " rows, %.0f/s ", bar,
                (int)(job->bytes_done * 100 / job->bytes), importlane_rows(&job->counts),
                rows_per_second(import, now_us, importlane_rows(&job->counts)));
        import->shown_us = now_us;
    }
    return !stopsignal_asked();
}

static int print_errors(const struct import *import, const struct importjob *job,
                        struct err_info *info)
{
    struct importerror *errors;
    size_t count;
    struct cli *cli = import->cli;
    int err = importerror_list(cli->db, cli->arena, job->project_id, &job->job_id, 0, ERRORS_SHOWN,
                               &errors, &count, info);
    for (size_t i = 0; err == 0 && i < count; i++) {
        printf("  row %" PRIu64 " (line %" PRIu64 ") " STR_FMT ": " STR_FMT "\n", errors[i].row,
               errors[i].line, STR_ARG(errors[i].email), STR_ARG(errors[i].reason));
    }
    if (err == 0 && job->counts.rejected > count) {
        printf("  … and %" PRIu64 " more: GET /%s/import/<id>/errors.csv has them all\n",
               job->counts.rejected - count, importjob_kind_word(job->input.kind));
    }
    return err;
}

static int print_result(const struct import *import, const struct importjob *job,
                        struct err_info *info)
{
    char id[37];
    const struct importlane_counts *counts = &job->counts;
    int64_t now_us = timeutil_mono_us();
    uuid_format(&job->job_id, id);
    if (isatty(STDERR_FILENO)) {
        fputs("\r\033[K", stderr);
    }
    printf("%s%s %s: %" PRIu64 " rows in %.1f s (%.0f/s)\n", job->input.dry_run ? "dry run " : "",
           id, importjob_state_word(job->state), importlane_rows(&job->counts),
           (double)(now_us - import->start_us) / 1e6,
           rows_per_second(import, now_us, importlane_rows(&job->counts)));
    printf("created %" PRIu64 ", updated %" PRIu64 ", unchanged %" PRIu64 ", skipped %" PRIu64
           ", rejected %" PRIu64 "\n",
           counts->created, counts->updated, counts->unchanged, counts->skipped, counts->rejected);
    return counts->rejected > 0 ? print_errors(import, job, info) : 0;
}

static int stop_job(const struct import *import, struct importjob *job, struct err_info *info)
{
    struct cli *cli = import->cli;
    int err =
        importjob_cancel(cli->db, cli->arena, job->project_id, job->input.kind, &job->job_id, info);
    if (err == 0) {
        job->state = IMPORTJOB_CANCELLED;
        err = importjob_drop_parts(cli->db, job->project_id, &job->job_id, info);
    }
    return err;
}

static int work(struct import *import, struct err_info *info)
{
    struct cli *cli = import->cli;
    struct importjob *job = &import->upload.job;
    enum importrun_end end = IMPORTRUN_DONE;
    AUTO(arena) batches = arena_new();
    struct importrun run = {.handles = {cli->db, import->reserve, import->hostmem},
                            .arena = batches,
                            .lease_ms = (unsigned)cli->config->lease_s * 1000,
                            .progress = show_progress,
                            .ctx = import};
    import->start_us = timeutil_mono_us();
    int err = importrun_work(&run, job, &end, info);
    if (err == 0 && end == IMPORTRUN_PAUSED) {
        err = stop_job(import, job, info);
    }
    if (err == 0 && end == IMPORTRUN_LOST) {
        err = err_set(info, ERR_CONFLICT, NULL, "the import was cancelled, or a worker has it now");
    }
    if (err == 0) {
        err = print_result(import, job, info);
    }
    if (err == 0 && job->state == IMPORTJOB_FAILED) {
        err = err_set(info, ERR_INVAL, NULL, STR_FMT, STR_ARG(job->failed_reason));
    } else if (err == 0 && job->state == IMPORTJOB_CANCELLED) {
        err = err_set(info, ERR_INVAL, NULL, "stopped; what is counted above is done");
    }
    return err;
}

static int run_import(struct cli *cli, enum importjob_kind kind, int argc, char **argv,
                      struct err_info *info)
{
    /* A request's timeouts are too short for work that nobody waits for. */
    struct db_config config = *cli->db_config;
    config.statement_timeout_ms = STATEMENT_MS;
    config.io_timeout_s = IO_S;
    AUTO(db) db = db_new(&config);
    AUTO(db) reserve = db_new(&config);
    struct cli patient = *cli;
    patient.db = db;
    struct import import = {.cli = &patient, .input = {.kind = kind}, .reserve = reserve};
    int err = read_arguments(&import, argc, argv, info);
    if (err == 0) {
        err = hostmem_open(cli->config->host_memory, &import.hostmem, info);
    }
    if (err < 0) {
        return err;
    }
    stopsignal_prepare();
    err = open_and_store(&import, info);
    if (err == 0) {
        err = work(&import, info);
    }
    hostmem_close(import.hostmem);
    return err;
}

int importcmd_contacts(struct cli *cli, int argc, char **argv, struct err_info *info)
{
    return run_import(cli, IMPORTJOB_CONTACTS, argc, argv, info);
}

int importcmd_events(struct cli *cli, int argc, char **argv, struct err_info *info)
{
    return run_import(cli, IMPORTJOB_EVENTS, argc, argv, info);
}
