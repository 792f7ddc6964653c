int neat(void)
{
    return 1;
}
