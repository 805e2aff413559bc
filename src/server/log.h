#pragma once
// What the server tells its operator: one line for each event, with the facts as fields, so that a
// machine can search them and nobody can forge a line or a colour with a name.

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/hooks.h"
#include "server/config.h"
#include "server/line_writer.h"

namespace tenon::server {

/// Thread: any. Lifetime: clock and writer outlive it.
class Log {
 public:
  struct Field {
    std::string_view name;  // a literal
    std::string_view value;
  };
  using Fields = std::initializer_list<Field>;
  Log(LogLevel least, LogFormat format, const Clock& clock, LineWriter& writer)
      : least_(least), format_(format), clock_(clock), writer_(writer) {}

  void info(std::string_view text, Fields fields = {}) { write(LogLevel::info, text, fields); }
  void warning(std::string_view text, Fields fields = {}) {
    write(LogLevel::warning, text, fields);
  }
  void error(std::string_view text, Fields fields = {}) { write(LogLevel::error, text, fields); }

 private:
  void write(LogLevel level, std::string_view text, Fields fields);

  const LogLevel least_;
  const LogFormat format_;
  const Clock& clock_;
  LineWriter& writer_;
};

/// One finished exchange as a JSON object on one line: `time`, `method`, `route` (the pattern; the
/// address itself may hold what is nobody's business), `status`, `ms`, `received`, `sent`,
/// `address`, and what was noted: `trace`, `tenant`, `user`, `plugin`.
[[nodiscard]] std::string access_line(const http::Exchange& exchange, Timestamp now);

}  // namespace tenon::server
