#include "base/a.h"
#include "json/b.h"
#include "db/missing.h"
#include <time.h>
#include <unistd.h>
#include <math.h>
