#pragma once
// The rules of a customer. What people type is brought into one form before it is stored, so that a
// customer is found by any spelling, and a row that breaks a rule is refused with every field that
// is wrong.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/plugin/exports.h"

namespace crm {

enum class Problem : std::uint8_t {
  name_missing,
  phone_format,
  email_format,
  credit_without_level,
};

/// Brings the given fields into their stored form and sets `name_key`; gives what is wrong with
/// them.
[[nodiscard]] std::vector<Problem> normalise(tenon::plugin::Change& change);

/// `+86 138-0013 8000` becomes `13800138000`, `（010）6554 3210` becomes `010-65543210` where the
/// area code is marked and `01065543210` where it is not; empty for what is no Chinese mobile,
/// landline or service number.
[[nodiscard]] std::string normalise_phone(std::string_view text);

/// What two spellings of one company name share: letters and digits in lower case, without the
/// brackets, dots and blanks in between.
[[nodiscard]] std::string name_key(std::string_view name);

}  // namespace crm
