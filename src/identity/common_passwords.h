#pragma once
// Passwords that everybody tries first.

#include <cstddef>
#include <string_view>

namespace tenon::identity {

/// Whether `folded` (case-folded) is one of them. Thread: any.
[[nodiscard]] bool is_common_password(std::string_view folded);
[[nodiscard]] std::size_t common_password_count();

}  // namespace tenon::identity
