#include "base/error.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace tenon {
namespace {

constexpr std::array<std::string_view, 8> kWords = {"invalid",   "not_found", "conflict",
                                                    "denied",    "exhausted", "unavailable",
                                                    "cancelled", "internal"};

}  // namespace

std::string_view to_string(ErrorCode code) noexcept {
  return kWords[static_cast<std::size_t>(code)];
}

ErrorCode error_code_from(std::string_view word) noexcept {
  for (std::size_t i = 0; i < kWords.size(); ++i)
    if (kWords[i] == word) return static_cast<ErrorCode>(i);
  return ErrorCode::internal;
}

Error::Error(ErrorCode code, std::string message, std::source_location where)
    : body_(std::make_unique<Body>(
          Body{.code = code, .message = std::move(message), .where = where})) {}

Error::Error(const Error& other) : body_(std::make_unique<Body>(*other.body_)) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) body_ = std::make_unique<Body>(*other.body_);
  return *this;
}

Error&& Error::because(std::string reason) && {
  body_->reason = std::move(reason);
  return std::move(*this);
}

Error&& Error::with_field(FieldError field) && {
  body_->fields.push_back(std::move(field));
  return std::move(*this);
}

Error&& Error::with_fields(std::vector<FieldError> fields) && {
  body_->fields = std::move(fields);
  return std::move(*this);
}

Error&& Error::with_details(std::string json) && {
  body_->details = std::move(json);
  return std::move(*this);
}

Error&& Error::in_context(std::string_view context) && {
  std::string text(context);
  if (!body_->detail.empty()) text.append(": ").append(body_->detail);
  body_->detail = std::move(text);
  return std::move(*this);
}

std::string Error::for_log() const {
  std::string text(to_string(code()));
  text.append(": ").append(message());
  if (!detail().empty()) text.append(" [").append(detail()).append("]");
  std::string_view file = where().file_name();
  if (auto slash = file.rfind('/'); slash != std::string_view::npos) file.remove_prefix(slash + 1);
  text.append(" at ").append(file).append(":").append(std::to_string(where().line()));
  return text;
}

void broken_invariant(std::string_view what, std::source_location where) {
  throw BrokenInvariant(std::string(where.file_name()) + ":" + std::to_string(where.line()) +
                        ": broken invariant: " + std::string(what));
}

void fatal(std::string_view what, std::source_location where) noexcept {
  std::fprintf(stderr, "tenon: fatal: %.*s at %s:%u\n", static_cast<int>(what.size()), what.data(),
               where.file_name(), static_cast<unsigned>(where.line()));
  std::abort();
}

}  // namespace tenon
