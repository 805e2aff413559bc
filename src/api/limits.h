#pragma once
// What one request may ask of the API; an operator raises them by name.

#include "base/limits.h"

namespace tenon::api {

struct Limits {
  PackageLimits package;  // an uploaded plugin
};

}  // namespace tenon::api
