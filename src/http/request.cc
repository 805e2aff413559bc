#include "http/request.h"

#include <algorithm>

#include "http/ascii.h"

namespace tenon::http {

Result<Request> Request::make(Method method, std::string_view target,
                              std::span<const HeaderField> fields, std::string body) {
  std::string wire;
  wire.append(to_string(method)).append(" ").append(target).append(" HTTP/1.1\r\n");
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(
        fields, [&](const HeaderField& field) { return same_without_case(field.name, name); });
  };
  if (!has("host")) wire += "Host: localhost\r\n";
  if (!body.empty() && !has("content-length")) {
    wire += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  for (const HeaderField& field : fields) {
    wire.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  wire += "\r\n";
  auto head = check_head(wire, HeadLimits{});
  if (!head) {
    return fail(Error(ErrorCode::invalid, std::string(head.error().text))
                    .because(std::string(head.error().rule)));
  }
  return Request(std::make_unique<Head>(std::move(*head)), std::move(body));
}

std::string_view Request::parameter(std::string_view name) const noexcept {
  for (const auto& [parameter, index] : parameters_) {
    if (parameter == name) return head_->segment(index);
  }
  return {};
}

}  // namespace tenon::http
