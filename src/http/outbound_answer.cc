#include "http/outbound_answer.h"

#include <llhttp.h>

#include <utility>

#include "http/ascii.h"

namespace tenon::http {
namespace {

constexpr std::size_t kMaxHead = 32 * 1024;

std::unexpected<Error> bad(std::string text) {
  return fail(Error(ErrorCode::unavailable, std::move(text)).because("outbound.answer"));
}

}  // namespace

struct AnswerReader::State {
  llhttp_t parser{};
  llhttp_settings_t settings{};
  OutboundAnswer answer;
  std::string field, value;
  std::size_t head = 0;
  std::size_t bound = 0;
  bool whole = false;

  static State& of(llhttp_t* parser) { return *static_cast<State*>(parser->data); }
  static int on_field(llhttp_t* parser, const char* at, std::size_t size) {
    State& self = of(parser);
    self.field.append(at, size);
    return (self.head += size) > kMaxHead ? -1 : 0;
  }
  static int on_value(llhttp_t* parser, const char* at, std::size_t size) {
    State& self = of(parser);
    self.value.append(at, size);
    return (self.head += size) > kMaxHead ? -1 : 0;
  }
  static int on_value_end(llhttp_t* parser) {
    State& self = of(parser);
    if (same_without_case(self.field, "content-type")) self.answer.content_type = self.value;
    self.field.clear();
    self.value.clear();
    return 0;
  }
  static int on_body(llhttp_t* parser, const char* at, std::size_t size) {
    State& self = of(parser);
    if (self.answer.body.size() + size > self.bound) return -1;
    self.answer.body.append(at, size);
    return 0;
  }
  static int on_complete(llhttp_t* parser) {
    State& self = of(parser);
    self.answer.status = parser->status_code;
    self.whole = true;
    return HPE_PAUSED;
  }
};

AnswerReader::AnswerReader(std::size_t bound) : state_(std::make_unique<State>()) {
  state_->bound = bound;
  llhttp_settings_init(&state_->settings);
  state_->settings.on_header_field = State::on_field;
  state_->settings.on_header_value = State::on_value;
  state_->settings.on_header_value_complete = State::on_value_end;
  state_->settings.on_body = State::on_body;
  state_->settings.on_message_complete = State::on_complete;
  llhttp_init(&state_->parser, HTTP_RESPONSE, &state_->settings);
  state_->parser.data = state_.get();
}

AnswerReader::~AnswerReader() = default;

Result<bool> AnswerReader::take(std::string_view bytes) {
  if (state_->whole) return true;
  const auto done = llhttp_execute(&state_->parser, bytes.data(), bytes.size());
  if (state_->whole) return true;
  if (done == HPE_OK) return false;
  return bad("The other server's answer is no HTTP, or too large.");
}

Result<OutboundAnswer> AnswerReader::finish() {
  if (!state_->whole) (void)llhttp_finish(&state_->parser);
  if (!state_->whole) return bad("The other server ended before its answer did.");
  return std::move(state_->answer);
}

}  // namespace tenon::http
