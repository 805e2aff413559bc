// What a host writes against the generated bindings: an implementation of each import it gives, and
// a call of an export. wit_host_change_test.py compiles it against the WIT as it is, and against
// changed copies.
#include "contract/v0.h"
#include "contract/v1_0.h"

namespace tenon::contract {

class Host final : public v0::Host {
 public:
  Answer<std::expected<Bytes, std::string>> db_insert(wasm::CallState&, std::string_view,
                                                      BytesView) override {
    return Bytes{"{}"};
  }
  Result<> log_write(wasm::CallState&, std::string_view, std::string_view) override { return {}; }
};

class Events final : public v1_0::Events {
 public:
  Answer<std::expected<std::string, wasm::Failure>> publish(wasm::CallState&, std::string_view,
                                                            std::string_view) override {
    return std::unexpected(wasm::Failure{ErrorCode::denied, "no", ""});
  }
};

class Log final : public v1_0::Log {
 public:
  Result<> write(wasm::CallState&, v1_0::log::Level level, std::string_view) override {
    switch (level) {
      case v1_0::log::Level::debug:
      case v1_0::log::Level::info:
      case v1_0::log::Level::warn:
      case v1_0::log::Level::error:
        return {};
    }
    return {};
  }
};

class Clock final : public v1_0::Clock {
 public:
  Result<std::uint64_t> now(wasm::CallState&) override { return 0; }
};

Result<> link_all(wasm::Linker& linker, v1_0::Data& data, v1_0::Identity& identity) {
  static Host host;
  static Events events;
  static Log log;
  static Clock clock;
  TENON_TRY(v0::link(linker, {.host = host}));
  return v1_0::link(
      linker, {.data = data, .events = events, .log = log, .clock = clock, .identity = identity});
}

Task<std::expected<void, std::string>> handle(Function<v0::plugin::HandleEvent> function,
                                              wasm::Call& call) {
  return function.run(call, std::string_view("order.posted"), BytesView{"{}"});
}

Task<std::expected<std::string, wasm::Failure>> save(Function<v1_0::hooks::BeforeSave> hook,
                                                     wasm::Call& call) {
  return hook.run(call, std::string_view("customer"), std::string_view("insert"),
                  std::string_view("{}"));
}

}  // namespace tenon::contract
