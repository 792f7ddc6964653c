#include "db/db.h"
#include "column/key.h"
#include "column/eval.h"
#include <mysql.h>
