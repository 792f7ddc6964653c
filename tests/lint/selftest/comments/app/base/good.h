/* What it is for. */

/* One. */
int good_one(void);

/* Two and three. */
int good_two(void);
struct str good_three(const char *text,
                      int count);

typedef int good_type(void);

struct good {
    int (*call)(void);
};
static inline int good_inline(void)
{
    return good_one();
}
