#include "store/missing.h"
#include <fcgiapp.h>
#include <yajl/yajl_parse.h>
#include <openssl/sha.h>
