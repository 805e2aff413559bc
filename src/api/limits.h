#pragma once
// What one request may ask of the API; an operator raises them by name.

#include <cstddef>

#include "base/json.h"
#include "base/limits.h"

namespace tenon::api {

struct Limits {
  json::ParseLimits json;                            // bytes and depth of a JSON body
  std::size_t batch_items = 500;                     // records or operations in one request
  std::size_t page_rows = 1000;                      // rows of one answer
  std::size_t upload_bytes = std::size_t{25} << 20;  // a file of a record
  PackageLimits package;                             // of a plugin
};

}  // namespace tenon::api
