#include "base/ring2.h"
