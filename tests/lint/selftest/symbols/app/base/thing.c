int thing_good;
int thing_also(void) { return thing_good; }
static int helper(void) { return 1; }
int stray(void) { return helper(); }
int thingy = 2;
