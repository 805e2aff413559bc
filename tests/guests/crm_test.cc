// The crm module through its component: what its exports give, and what they ask of the host. The
// same host shows that the module `trapping` misbehaves as its words say.

#include <gmock/gmock.h>

#include <map>

#include "support/run_guest.h"
#include "wasm/component.h"
#include "wasm/engine.h"
#include "wasm/linker.h"

namespace tenon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::need;
using wasm::Arguments;
using wasm::CallState;
using wasm::HostReply;
using wasm::Reply;
using wasm::Value;
using wasm::Waits;

struct Host {
  std::vector<std::string> seen;
  std::string locale = "zh-CN";
  std::string record = R"({"id":"c1","name":"甲公司","version":1})";
};

class ModuleTest : public ::testing::Test {
 protected:
  ModuleTest() : linker_(*engine_) {
    const std::string result = " -> result<string, " + std::string(wasm::kErrorType) + ">";
    for (const auto* name : {"get", "query", "insert", "count"})
      define_data(name, "(string, string)" + result);
    define_data("update", "(string, string, string, u64)" + result);
    define_data("delete", "(string, string, u64)" + result);
    define("events", "publish", "(string, string)" + result,
           [](CallState&, Arguments) -> HostReply { return Reply::ok("e1"); });
    define("log", "write", "(" + std::string(wasm::kLevelType) + ", string)",
           [](CallState& call, Arguments arguments) -> HostReply {
             call.host<Host>().seen.push_back("log " + std::string(arguments[1].text()));
             return Reply::nothing();
           });
    define("clock", "now", "() -> u64",
           [](CallState&, Arguments) -> HostReply { return Reply::number(1'772'271'000'000'000); });
    define("identity", "current-user", "() -> string", [](CallState& call, Arguments) -> HostReply {
      return Reply::payload(R"({"id":"u1","name":"李","locale":")" + call.host<Host>().locale +
                            "\"}");
    });
    define("identity", "has-permission", "(string) -> bool",
           [](CallState&, Arguments) -> HostReply { return Reply::boolean(true); });
  }

  void define(std::string_view interface, std::string_view name, const std::string& type,
              wasm::HostFunction function) {
    need(linker_.define("erp:plugin/" + std::string(interface) + "@1.0.0", name, type, Waits::maybe,
                        std::move(function)));
  }

  void define_data(std::string name, const std::string& type) {
    define("data", name, type, [name](CallState& call, Arguments arguments) -> HostReply {
      auto& host = call.host<Host>();
      std::string line = name;
      for (const auto& argument : arguments)
        if (argument.kind() == wasm::Kind::text) line += " " + std::string(argument.text());
      host.seen.push_back(line);
      if (name == "count") return Reply::ok("3");
      return name == "get" && host.record.empty()
                 ? Reply::failed(ErrorCode::not_found, "no such record")
                 : Reply::ok(host.record);
    });
  }

  Result<Reply> run(std::string_view module, std::string_view interface, std::string_view name,
                    const std::vector<Value>& arguments) {
    const wasm::Program program = need(linker_.link(compiled(module)));
    wasm::Call call(program, testing::patient(), &host_);
    const auto function = program.find("erp:plugin/" + std::string(interface) + "@1.0.0", name);
    return testing::run_to_end(call, function.value(), arguments);
  }

  Reply save(std::string_view change) {
    return need(run("crm", "hooks", "before-save",
                    {Value::text("customer"), Value::text("insert"), Value::text(change)}));
  }

  static void SetUpTestSuite() { engine_ = need(wasm::Engine::create({.live_calls = 8})); }
  static void TearDownTestSuite() {
    components_.clear();
    engine_.reset();
  }

  /// Compiled once for all tests of a suite.
  static const wasm::Component& compiled(std::string_view module) {
    const std::string path = TENON_GUEST_DIR + std::string(module) + ".wasm";
    const auto found = components_.find(path);
    if (found != components_.end()) return found->second;
    return components_
        .emplace(path, need(wasm::Component::compile(*engine_, testing::read_file(path))))
        .first->second;
  }

  static inline std::unique_ptr<wasm::Engine> engine_;
  static inline std::map<std::string, wasm::Component> components_;
  wasm::Linker linker_;
  Host host_;
};

class CrmModule : public ModuleTest {};
class TrappingModule : public ModuleTest {};

TEST_F(CrmModule, says_that_it_is_enabled) {
  EXPECT_EQ(need(run("crm", "lifecycle", "init", {})).payload(), "{}");
  EXPECT_THAT(host_.seen, ElementsAre("log 客户管理已启用"));
}

TEST_F(CrmModule, brings_a_customer_into_its_stored_form) {
  const auto reply =
      save(R"({"before":null,"after":{"name":"　Ａｃｍｅ  公司 ","phone":"138 0013 8000"}})");
  ASSERT_FALSE(reply.is_failure()) << reply.failure().message;
  EXPECT_EQ(reply.payload(), R"({"name":"Acme 公司","phone":"13800138000","name_key":"acme公司"})");
  EXPECT_TRUE(host_.seen.empty());
}

TEST_F(CrmModule, refuses_a_customer_with_every_field_in_the_language_of_the_user) {
  constexpr std::string_view kChange = R"({"before":null,"after":{"name":" ","phone":"12"}})";
  const auto chinese = save(kChange);
  ASSERT_TRUE(chinese.is_failure());
  EXPECT_EQ(chinese.failure().code, ErrorCode::invalid);
  EXPECT_EQ(chinese.failure().fields,
            R"([{"path":"/phone","code":"format","message":"电话号码格式不正确"},)"
            R"({"path":"/name","code":"required","message":"请填写客户名称"}])");
  host_.locale = "en";
  EXPECT_THAT(save(kChange).failure().fields, HasSubstr("a customer has a name"));
}

TEST_F(CrmModule, opens_the_history_of_a_new_customer_with_one_row) {
  const std::string_view event =
      R"({"id":"e1","type":"crm.customer.created","entity":"customer","record_id":"c1"})";
  EXPECT_FALSE(need(run("crm", "event-handler", "handle", {Value::text(event)})).is_failure());
  EXPECT_THAT(
      host_.seen,
      ElementsAre("get customer c1",
                  R"(insert activity {"customer":"c1","kind":"created",)"
                  R"("summary":"新建客户：甲公司","happened_at":"2026-02-28T09:30:00.000000Z"})"));
  host_.seen.clear();
  host_.record.clear();
  EXPECT_FALSE(need(run("crm", "event-handler", "handle", {Value::text(event)})).is_failure());
  EXPECT_THAT(host_.seen, ElementsAre("get customer c1"));
}

TEST_F(CrmModule, sets_the_level_of_several_customers) {
  const auto reply =
      need(run("crm", "actions", "run",
               {Value::text("set_level"), Value::text(R"({"ids":["c1","c2"],"level":"D"})")}));
  ASSERT_FALSE(reply.is_failure()) << reply.failure().message;
  EXPECT_EQ(reply.payload(), R"({"updated":2})");
  EXPECT_THAT(host_.seen, ElementsAre(R"(update customer c1 {"level":"D","credit_limit":"0.00"})",
                                      R"(update customer c2 {"level":"D","credit_limit":"0.00"})"));
  EXPECT_TRUE(need(run("crm", "actions", "run", {Value::text("set_level"), Value::text("{}")}))
                  .is_failure());
  EXPECT_EQ(
      need(run("crm", "actions", "run", {Value::text("x"), Value::text("{}")})).failure().code,
      ErrorCode::not_found);
}

TEST_F(CrmModule, counts_customers_per_level_on_its_route) {
  const auto reply =
      need(run("crm", "routes", "handle", {Value::text(R"({"method":"GET","path":"/summary"})")}));
  EXPECT_THAT(reply.payload(), HasSubstr(R"("status":200)"));
  EXPECT_THAT(reply.payload(), HasSubstr(R"("total":12)"));
  EXPECT_EQ(need(run("crm", "routes", "handle", {Value::text(R"({"method":"GET","path":"/x"})")}))
                .failure()
                .code,
            ErrorCode::not_found);
}

TEST_F(TrappingModule, fails_in_the_way_its_word_says_after_it_inserted_a_row) {
  const std::pair<std::string_view, std::vector<std::string_view>> kCases[] = {
      {"trap", {"plugin.trap"}},       {"loop", {"limit.fuel"}},
      {"bomb", {"limit.memory"}},      {"stack", {"limit.stack"}},
      {"stack-data", {"plugin.trap"}}, {"utf8", {"plugin.trap"}},
      {"utf8-log", {"plugin.trap"}},   {"utf8-insert", {"plugin.trap"}},
      {"huge", {"limit.crossing"}},    {"huge-insert", {"limit.crossing"}},
      {"flood", {"limit.fuel"}},
  };
  for (const auto& [mode, reasons] : kCases) {
    host_.seen.clear();
    const std::string change = R"({"before":null,"after":{"name":")" + std::string(mode) + R"("}})";
    const auto reply = run("trapping", "hooks", "before-save",
                           {Value::text("thing"), Value::text("insert"), Value::text(change)});
    ASSERT_FALSE(reply) << mode;
    EXPECT_THAT(reasons, ::testing::Contains(std::string_view(reply.error().reason()))) << mode;
    ASSERT_FALSE(host_.seen.empty()) << mode;
    EXPECT_EQ(host_.seen[0], R"(insert trace {"name":")" + std::string(mode) + R"("})");
  }
}

TEST_F(TrappingModule, does_nothing_for_any_other_name) {
  const auto reply = need(
      run("trapping", "hooks", "before-save",
          {Value::text("thing"), Value::text("insert"), Value::text(R"({"after":{"name":"x"}})")}));
  EXPECT_EQ(reply.payload(), R"({"name":"x"})");
  EXPECT_TRUE(host_.seen.empty());
}

}  // namespace
}  // namespace tenon
