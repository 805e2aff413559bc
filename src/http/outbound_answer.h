#pragma once
// An answer of another server, bytes in, answer out; it may end by its length, by its last chunk or
// with the connection. Private to the room.

#include <memory>
#include <string>
#include <string_view>

#include "http/outbound.h"

namespace tenon::http {

class AnswerReader {
 public:
  explicit AnswerReader(std::size_t bound);
  ~AnswerReader();

  /// True when the answer is whole. Errors: unavailable (`outbound.answer`).
  [[nodiscard]] Result<bool> take(std::string_view bytes);
  /// The connection has ended. Errors: as take(), when something is missing.
  [[nodiscard]] Result<OutboundAnswer> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenon::http
