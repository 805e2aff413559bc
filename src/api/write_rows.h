#pragma once
// What writing endpoints do inside their transaction. Each row goes through the hook of its module;
// the answer is made before the commit, of what this transaction sees.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/accept.h"
#include "api/once.h"
#include "api/prefer.h"
#include "plugins/records.h"

namespace tenon::api {

/// What a write in a transaction needs of its request.
struct Write {
  plugins::Host* host = nullptr;
  std::shared_ptr<const data::Catalog> catalog;  // shared: keeps `entity` alive
  const data::EntityInfo* entity = nullptr;
  Preferences preferences;
  Form form;
  std::string path;
  data::Query query;    // filter of a filtered change; select, order and limit of what is shown
  bool shaped = false;  // by the query: else whole rows are shown
};

/// Writes rows one after another; a failure of the n-th of several names `/n/field`. `on_conflict`
/// counts when the preferences ask for an upsert.
[[nodiscard]] Task<Answer> create_rows(Write write, data::UnitOfWork* unit, const Site* site,
                                       std::vector<json::object> rows,
                                       std::vector<std::string> on_conflict);
[[nodiscard]] Task<Answer> change_row(Write write, data::UnitOfWork* unit, const Site* site,
                                      RecordId id, json::object fields,
                                      std::optional<std::uint64_t> version);
[[nodiscard]] Task<Answer> erase_row(Write write, data::UnitOfWork* unit, const Site* site,
                                     RecordId id, std::optional<std::uint64_t> version);
/// All rows that match, or none.
[[nodiscard]] Task<Answer> change_rows(Write write, data::UnitOfWork* unit, const Site* site,
                                       json::object fields);
[[nodiscard]] Task<Answer> erase_rows(Write write, data::UnitOfWork* unit, const Site* site);

}  // namespace tenon::api
