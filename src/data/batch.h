#pragma once
// Several changes of several entities as one: all or none. A later one may use what an earlier one
// gave:
//
//   [{"op": "insert", "entity": "sales.order", "as": "order", "fields": {"customer": "018f…"}},
//    {"op": "insert", "entity": "sales.line", "fields": {"order": {"$ref": "order/id"}, "quantity":
//    3}},
//    {"op": "update", "entity": "sales.order", "id": {"$ref": "order/id"}, "version": 1, "fields":
//    {…}},
//    {"op": "upsert", "entity": "crm.tag", "on_conflict": ["name"], "resolution": "merge",
//    "fields": {…}},
//    {"op": "delete", "entity": "crm.tag", "id": "018f…"}]
//
// `{"$ref": "NAME/FIELD"}` is the value of FIELD in the record that the operation named NAME (`as`,
// or its number from 0) gave. It stands for the id or for the value of one field, and names an
// operation before its own; one that deleted has an `id` only.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/unit_of_work.h"

namespace tenon::data {

inline constexpr std::size_t kMaxBatch = 500;

struct Operation {
  enum class Kind : std::uint8_t { insert, update, upsert, erase } kind = Kind::insert;
  std::string entity;   // full name
  std::string as;       // for references; its number when it has no name
  json::value id;       // update, erase: a text or a reference
  json::object fields;  // with references still in them
  std::optional<std::uint64_t> version;
  std::vector<std::string> on_conflict;
  Resolution resolution = Resolution::merge;
};

/// Reads the JSON form. Errors: invalid (`batch.operation`) with the path of each wrong part,
/// exhausted (`batch.size`).
[[nodiscard]] Result<std::vector<Operation>> parse_batch(const json::value& body);

/// What one operation gave.
struct Applied {
  RecordId id;
  std::optional<Record> record;  // none: deleted
};

/// References already resolved. The default runs the unit of work itself; callers with hooks give
/// their own.
using Perform = std::function<Result<Applied>(const EntityInfo& entity, const Operation& operation,
                                              std::optional<RecordId> id, json::object fields)>;
[[nodiscard]] Perform perform_in(UnitOfWork& unit, Author author = Author::client);

/// Puts values in the place of references; for callers that run operations one by one.
class References {
 public:
  /// Errors: invalid (`batch.reference`) with the path below the operation.
  [[nodiscard]] Result<std::optional<RecordId>> id(const Operation& operation) const;
  [[nodiscard]] Result<json::object> fields(const Operation& operation) const;
  /// Errors: invalid (`batch.operation`) when the name is taken.
  [[nodiscard]] Result<> add(std::size_t number, const Operation& operation,
                             const Applied& applied);

 private:
  [[nodiscard]] Result<json::value> value(const json::value& written,
                                          const std::string& path) const;
  std::map<std::string, json::object, std::less<>> given_;
};

/// Runs all in one savepoint. A failure of the n-th has `/n` in front of its paths.
[[nodiscard]] Result<std::vector<Applied>> apply_batch(UnitOfWork& unit,
                                                       std::span<const Operation> operations,
                                                       const Perform& perform);

/// The failure of item `item` of a list, told with its place.
[[nodiscard]] std::unexpected<Error> at_item(Error error, std::size_t item);

}  // namespace tenon::data
