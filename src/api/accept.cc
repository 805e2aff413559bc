#include "api/accept.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "http/ascii.h"

namespace tenon::api {
namespace {

constexpr int kFull = 1000;  // weights count in thousandths

constexpr std::array<std::pair<std::string_view, Media>, 10> kTypes = {{
    {"application/json", Media::array},
    {"application/*", Media::array},
    {"*/*", Media::array},
    {"application/vnd.pgrst.array+json", Media::array},
    {"application/vnd.pgrst.array", Media::array},
    {"application/vnd.pgrst.object+json", Media::object},
    {"application/vnd.pgrst.object", Media::object},
    {"application/problem+json", Media::array},  // said beside others by some clients
    {"text/csv", Media::csv},
    {"text/*", Media::csv},
}};

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// `0.5` as 500; what is no weight counts as the full one.
int weight_of(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return kFull;
  int weight = text[0] == '1' ? kFull : 0;
  if (text.size() > 1 && text[1] != '.') return kFull;
  int step = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return kFull;
    weight += (c - '0') * step;
    step /= 10;
  }
  return std::min(weight, kFull);
}

struct Wish {
  Form form;
  int weight = kFull;
};

std::optional<Wish> wish_of(std::string_view text) {
  const auto end = text.find(';');
  const auto name = trim(text.substr(0, end));
  const auto* const found = std::ranges::find_if(
      kTypes, [&](const auto& type) { return http::same_without_case(type.first, name); });
  if (found == kTypes.end()) return std::nullopt;
  Wish wish{.form = {.media = found->second}};
  while (text.find(';') != std::string_view::npos) {
    text.remove_prefix(text.find(';') + 1);
    const auto parameter = trim(text.substr(0, text.find(';')));
    if (http::same_without_case(parameter.substr(0, 2), "q="))
      wish.weight = weight_of(parameter.substr(2));
    else if (http::same_without_case(parameter, "nulls=stripped"))
      wish.form.strip_nulls = true;
  }
  return wish;
}

}  // namespace

Result<Form> form_of(const http::Request& request) {
  std::optional<Wish> best;
  bool said = false;
  request.for_each_header([&](std::string_view name, std::string_view value) {
    if (!http::same_without_case(name, "accept")) return;
    while (!value.empty()) {
      const auto comma = value.find(',');
      const auto item = trim(value.substr(0, comma));
      value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
      if (item.empty()) continue;
      said = true;
      const auto wish = wish_of(item);
      if (wish && wish->weight > 0 && (!best || wish->weight > best->weight)) best = wish;
    }
  });
  if (best) return best->form;
  if (!said) return Form{};
  return fail(Error(ErrorCode::invalid,
                    "Rows come as application/json, application/vnd.pgrst.object+json or text/csv.")
                  .because("http.not_acceptable"));
}

std::string_view content_type(Form form) noexcept {
  switch (form.media) {
    case Media::csv:
      return "text/csv; charset=utf-8";
    case Media::object:
      return "application/vnd.pgrst.object+json; charset=utf-8";
    default:
      return "application/json; charset=utf-8";
  }
}

}  // namespace tenon::api
