#include "plugins/host_api/acting.h"

#include "base/json.h"

namespace tenon::plugins {

wasm::Failure to_failure(const Error& error) {
  json::array fields;
  for (const FieldError& field : error.fields())
    fields.push_back({{"path", field.path}, {"code", field.code}, {"message", field.message}});
  return wasm::Failure{.code = error.code(),
                       .message = error.message(),
                       .fields = fields.empty() ? std::string() : json::serialize(fields)};
}

bool ends_call(const Error& error) noexcept {
  return error.reason().starts_with("limit.") || error.reason() == "storage.rerun" ||
         error.code() == ErrorCode::cancelled || error.code() == ErrorCode::unavailable ||
         error.code() == ErrorCode::internal;
}

Result<GuestText> to_answer(Result<std::string> result) {
  if (result) return GuestText(*std::move(result));
  if (ends_call(result.error())) return std::unexpected(std::move(result.error()));
  return GuestText(std::unexpected(to_failure(result.error())));
}

contract::Answer<GuestText> refused(Error error) {
  auto answer = to_answer(std::unexpected(std::move(error)));
  if (!answer) return std::unexpected(std::move(answer.error()));
  return *std::move(answer);
}

}  // namespace tenon::plugins
