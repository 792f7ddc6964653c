#ifndef BAD_H
#define BAD_H

/* Said. */
int bad_said(void);

int bad_unsaid(void);
struct str *bad_either(int a,
                       int b);

#endif
