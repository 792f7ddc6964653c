void c(void)
{
    now = timeutil_wall_ms();
}
