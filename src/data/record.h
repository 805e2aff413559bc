#pragma once
// What a read gives: JSON text that is ready to be sent. Rows are never turned into a tree on the
// way out.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"

namespace tenon::data {

struct Record {
  RecordId id;
  std::uint64_t version = 0;
  std::string json;  // object with all columns, or those that were selected
};

struct Page {
  std::string json;  // array of objects
  std::size_t rows = 0;
  std::optional<std::string> next;        // cursor of the page that follows
  std::optional<std::uint64_t> total;     // when a count was asked for
  bool capped = false;                    // `total` is a lower bound
  std::optional<std::uint64_t> estimate;  // when capped and the database knows about how many
  std::vector<RecordId> ids;              // of the rows, when Query::with_ids
};

struct Total {
  std::uint64_t rows = 0;
  bool capped = false;
  std::optional<std::uint64_t> estimate;
};

}  // namespace tenon::data
