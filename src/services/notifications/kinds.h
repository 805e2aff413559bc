#pragma once
// What people can be told, as texts in both languages with places for names. Stored is the kind
// with its arguments; the text is made when somebody reads it, in his language.

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"

namespace tenon::services {

struct NoticeKind {
  std::string_view name;                // `approval.waiting`
  std::string_view title_en, title_zh;  // what it is, for who chooses what to hear
  std::string_view text_en, text_zh;    // with `{argument}`
};

/// Sorted by name.
[[nodiscard]] std::span<const NoticeKind> notice_kinds() noexcept;
/// Null: there is none.
[[nodiscard]] const NoticeKind* find_kind(std::string_view name) noexcept;
/// The text for `locale` (`zh-CN`, else English); an argument that is missing is left out.
[[nodiscard]] std::string text_of(const NoticeKind& kind, const json::object& arguments,
                                  std::string_view locale);

}  // namespace tenon::services
