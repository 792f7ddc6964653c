int main(void)
{
    printf("programs print");
    log_note(1, "x", "and log");
}
