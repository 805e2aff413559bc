#pragma once
// What one upload may weigh; an operator raises it by name.

#include "base/limits.h"

namespace tenon::api {

struct Limits {
  PackageLimits package;                             // a plugin
  std::size_t upload_bytes = std::size_t{25} << 20;  // a file of a record
};

}  // namespace tenon::api
