static const char *a = text_of("MUSTER_SHOWN", "/run/a");
static const char *b = text_of("MUSTER_SHOWN_WRONG", "/run/b");
static const char *c = text_of("MUSTER_HIDDEN", ""); /* not "MUSTER_COMMENT" */
static int d = count_of("MUSTER_COUNT", 100, &d, 0);
static int e = count_of("MUSTER_SIZE", UINT64_C(2) << 10, &e, 0);
