// Every guest of guests.toml against the room that runs guests: it ends at the stage and for the
// reason the table says, and a harmless guest works as before after each of them.

#include <gmock/gmock.h>

#include <algorithm>

#include "base/json.h"
#include "support/run_guest.h"
#include "wasm/component.h"
#include "wasm/engine.h"
#include "wasm/linker.h"

namespace tenon::wasm {
namespace {

struct Expectation {
  std::string file;
  std::string contract;
  std::string stage;
  std::vector<std::string> calls;
  std::vector<std::string> reasons;
};

using tenon::testing::need;
using tenon::testing::read_file;

std::vector<std::string> texts(const json::value& list) {
  return boost::json::value_to<std::vector<std::string>>(list);
}

std::vector<Expectation> read_expectations() {
  std::vector<Expectation> rows;
  for (const auto& item :
       need(json::parse(read_file(TENON_HOSTILE_DIR "expectations.json"))).as_array()) {
    const auto& row = item.as_object();
    rows.push_back({std::string(row.at("file").as_string()),
                    std::string(row.at("contract").as_string()),
                    std::string(row.at("stage").as_string()), texts(row.at("calls")),
                    texts(row.at("reasons"))});
  }
  return rows;
}

class Hostile : public ::testing::TestWithParam<Expectation> {
 protected:
  static void SetUpTestSuite() {
    engine_ = need(Engine::create({.live_calls = 16})).release();
    linker_ = new Linker(*engine_);
    ASSERT_TRUE(linker_->define("erp:plugin/host", "db-insert",
                                "(string, list<u8>) -> result<list<u8>, string>", Waits::maybe,
                                [](CallState&, Arguments arguments) -> HostReply {
                                  return Reply::ok(std::string(arguments[1].text()));
                                }));
    ASSERT_TRUE(
        linker_->define("erp:plugin/host", "log-write", "(string, string)", Waits::never,
                        [](CallState&, Arguments) -> HostReply { return Reply::nothing(); }));
  }
  static void TearDownTestSuite() {
    delete linker_;
    delete engine_;
  }

  static Result<Program> load(const std::string& path) {
    auto component = Component::compile(*engine_, read_file(path));
    if (!component) return fail(std::move(component).error());
    return linker_->link(*component);
  }

  /// One call with text for every parameter; the word the table uses for its end.
  static std::string run(const Program& program, const Item& item) {
    std::vector<Value> arguments;
    const std::string parameters = item.type.substr(0, item.type.find(')'));
    for (std::size_t at = 0; at < parameters.size(); ++at) {
      if (parameters.substr(at).starts_with("string"))
        arguments.push_back(Value::text("customer.created"));
      if (parameters.substr(at).starts_with("list<u8>"))
        arguments.push_back(Value::bytes(R"({"name":"x"})"));
    }
    Limits limits = tenon::testing::patient();
    limits.fuel = 5'000'000;  // a flood of host calls costs little fuel and much time
    Call call(program, limits, nullptr);
    const auto function = program.find(item.interface, item.name);
    const auto result = tenon::testing::run_to_end(call, *function, arguments);
    if (!result) return std::string(result.error().reason());
    return result->is_failure() ? "failure" : "returns";
  }

  static Item item_of(const Expectation& row, const std::string& call) {
    const auto hash = call.find('#');
    if (row.contract == "v0")
      return {"erp:plugin/plugin", call, call == "init" ? kInit : kHandleEvent};
    return {"erp:plugin/" + call.substr(0, hash) + "@1.0.0", call.substr(hash + 1), ""};
  }

  static void expect_refused(const Expectation& row, const char* stage, const Error& error) {
    EXPECT_THAT(row.stage, ::testing::AnyOf(stage, "any")) << error.for_log();
    EXPECT_THAT(std::string(error.reason()), ::testing::AnyOfArray(row.reasons)) << error.for_log();
  }

  static void check(const Expectation& row) {
    const auto component = Component::compile(*engine_, read_file(TENON_HOSTILE_DIR + row.file));
    if (!component) return expect_refused(row, "compile", component.error());
    const auto program = linker_->link(*component);
    if (!program) return expect_refused(row, "link", program.error());

    EXPECT_THAT(row.stage, ::testing::AnyOf("call", "export", "any"));
    for (const auto& call : row.calls) {
      SCOPED_TRACE(call);
      const Item wanted = item_of(row, call);
      const Item* found = component->find_export(wanted.interface, wanted.name);
      std::string end = "missing";
      if (found != nullptr && row.stage == "export")
        end = found->type == wanted.type ? "fits" : "type";
      if (found != nullptr && row.stage != "export") end = run(*program, *found);
      EXPECT_THAT(end, ::testing::AnyOfArray(row.reasons));
    }
  }

  static void expect_harmless_guest_works() {
    static const Program harmless = need(load(TENON_GUEST_DIR "cpp_v0.wasm"));
    EXPECT_EQ(run(harmless, {"erp:plugin/plugin", "init", kInit}), "returns");
    EXPECT_EQ(run(harmless, {"erp:plugin/plugin", "handle-event", kHandleEvent}), "returns");
  }

  static constexpr const char* kInit = "() -> result<_, string>";
  static constexpr const char* kHandleEvent = "(string, list<u8>) -> result<_, string>";
  static inline Engine* engine_ = nullptr;
  static inline Linker* linker_ = nullptr;
};

TEST_P(Hostile, ends_for_its_reason_and_the_next_guest_works) {
  check(GetParam());
  expect_harmless_guest_works();
}

std::string name_of(const ::testing::TestParamInfo<Expectation>& info) {
  std::string name = info.param.file.substr(0, info.param.file.find('.'));
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Guests, Hostile, ::testing::ValuesIn(read_expectations()), name_of);

TEST(HostileGuests, are_at_least_twenty) { EXPECT_GE(read_expectations().size(), 20U); }

}  // namespace
}  // namespace tenon::wasm
