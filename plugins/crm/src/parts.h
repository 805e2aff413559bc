#pragma once
// The functions behind the tables of module.cc.

#include "tenon/plugin/exports.h"

namespace crm {

[[nodiscard]] tenon::plugin::Result<tenon::plugin::Json> before_save_customer(
    tenon::plugin::Change change);

/// Opens the history of a new customer: one row in `activity`.
[[nodiscard]] tenon::plugin::Result<> on_customer_created(const tenon::plugin::Event& event);

/// Input `{"ids": [...], "level": "A"}`; all rows change or none. Level D takes the credit limit
/// away. Gives `{"updated": n}`.
[[nodiscard]] tenon::plugin::Result<tenon::plugin::Json> set_level(
    const tenon::plugin::Json& input);

/// `{"levels": [{"level": "A", "count": 1}, …], "total": n}` of the customers the caller may see.
[[nodiscard]] tenon::plugin::Result<tenon::plugin::Response> summary(
    const tenon::plugin::Request& request);

inline constexpr std::string_view kLevels[] = {"A", "B", "C", "D"};

}  // namespace crm
