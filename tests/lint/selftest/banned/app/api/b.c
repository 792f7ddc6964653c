void b(void)
{
    free(at);
    arena_free(at);
    strtoul(at, 0, 10);
}
