// The samples of contract v0 behave alike, in whatever language they are written.

#include <gmock/gmock.h>

#include "support/run_guest.h"
#include "wasm/component.h"
#include "wasm/engine.h"
#include "wasm/linker.h"

namespace tenon {
namespace {

using testing::need;
using wasm::Arguments;
using wasm::CallState;
using wasm::HostReply;
using wasm::Reply;
using wasm::Value;
using wasm::Waits;

struct Host {
  std::vector<std::string> seen;  // `insert entity fields`, `level message`
  std::string refusal;            // of inserts; empty: they succeed
};

class Sample : public ::testing::TestWithParam<const char*> {
 protected:
  Sample() : engine_(need(wasm::Engine::create({.live_calls = 8}))), linker_(*engine_) {
    need(linker_.define("erp:plugin/host", "db-insert",
                        "(string, list<u8>) -> result<list<u8>, string>", Waits::maybe,
                        [](CallState& call, Arguments arguments) -> HostReply {
                          auto& host = call.host<Host>();
                          host.seen.push_back("insert " + std::string(arguments[0].text()) + " " +
                                              std::string(arguments[1].text()));
                          if (!host.refusal.empty())
                            return Reply::failed(ErrorCode::invalid, host.refusal);
                          return Reply::ok(R"({"id":"1"})");
                        }));
    need(linker_.define("erp:plugin/host", "log-write", "(string, string)", Waits::never,
                        [](CallState& call, Arguments arguments) -> HostReply {
                          call.host<Host>().seen.push_back(std::string(arguments[0].text()) + " " +
                                                           std::string(arguments[1].text()));
                          return Reply::nothing();
                        }));
    const auto bytes = testing::read_file(std::string(TENON_GUEST_DIR) + GetParam() + ".wasm");
    program_ = need(linker_.link(need(wasm::Component::compile(*engine_, bytes))));
  }

  Reply run(std::string_view name, const std::vector<Value>& arguments) {
    wasm::Call call(*program_, testing::patient(), &host_);
    return need(
        testing::run_to_end(call, program_->find("erp:plugin/plugin", name).value(), arguments));
  }

  std::unique_ptr<wasm::Engine> engine_;
  wasm::Linker linker_;
  std::optional<wasm::Program> program_;
  Host host_;
};

TEST_P(Sample, says_that_it_was_initialised) {
  EXPECT_FALSE(run("init", {}).is_failure());
  EXPECT_THAT(host_.seen, ::testing::ElementsAre("info 测试插件初始化成功"));
}

TEST_P(Sample, stores_one_row_for_an_event_and_names_its_type) {
  EXPECT_FALSE(run("handle-event", {Value::text("订单.created"), Value::bytes("{}")}).is_failure());
  EXPECT_THAT(host_.seen, ::testing::ElementsAre(R"(insert test_entity {"name":"test"})",
                                                 "info 处理事件 订单.created 成功"));
}

TEST_P(Sample, passes_a_failed_insert_on_as_its_error) {
  host_.refusal = "磁盘已满";
  const auto reply = run("handle-event", {Value::text("x"), Value::bytes("")});
  ASSERT_TRUE(reply.is_failure());
  EXPECT_EQ(reply.failure().message, "磁盘已满");
  EXPECT_EQ(host_.seen.size(), 1U);
}

TEST_P(Sample, takes_a_payload_far_larger_than_its_first_memory) {
  const std::string payload(std::size_t{3} << 20, 'p');
  for (const std::string& type : {std::string("x"), std::string(200'000, 'y')})
    EXPECT_FALSE(run("handle-event", {Value::text(type), Value::bytes(payload)}).is_failure());
  EXPECT_EQ(host_.seen.size(), 4U);
}

INSTANTIATE_TEST_SUITE_P(Cpp, Sample, ::testing::Values("cpp_v0"));
#if TENON_RUST_GUESTS
INSTANTIATE_TEST_SUITE_P(Rust, Sample, ::testing::Values("rust_v0"));
#endif

}  // namespace
}  // namespace tenon
