#include "base/ring1.h"
