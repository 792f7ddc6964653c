/* Includes upwards, and an ordinary library. */
#include "json/b.h"
#include <stdio.h>
/* #include "api/in_a_comment.h" */
