#include "data/run_unit.h"
