// a line comment
void a(void)
{
    sprintf(at, "x");
    snprintf(at, 1, "sprintf(");
    /* strcpy(a, b) is only spoken of */
    strcpy (at, "x");
    strtol(at, 0, 10);
    n = atoi(at);
    x.time(1);
    my_time(1);
    time(0);
    printf("x");
    malloc(1);
    gmtime_r(&t, &tm);
    rand();
    system("x");
    mysql_options(m, MYSQL_OPT_RECONNECT, &on);
    log_note(1, "x", "y");
}
