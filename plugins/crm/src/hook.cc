// The before-save hook: rules of customer.h, and their failures in the language of whoever is
// waiting.

#include "customer.h"
#include "parts.h"
#include "tenon/plugin/host.h"

namespace crm {

using namespace tenon::plugin;

namespace {

struct Text {
  std::string_view path;
  std::string_view code;
  std::string_view chinese;
  std::string_view english;
};

constexpr Text text_of(Problem problem) {
  switch (problem) {
    case Problem::name_missing:
      return {"/name", "required", "请填写客户名称", "a customer has a name"};
    case Problem::phone_format:
      return {"/phone", "format", "电话号码格式不正确", "this is no phone number"};
    case Problem::email_format:
      return {"/email", "format", "邮箱格式不正确", "this is no e-mail address"};
    case Problem::credit_without_level:
      return {"/credit_limit", "level", "现款客户（D 级）没有信用额度",
              "a prepaid customer (level D) has no credit"};
  }
  __builtin_unreachable();
}

Error refusal(const std::vector<Problem>& problems) {
  const auto user = identity::current_user();
  const bool english = user && (*user)["locale"].text().starts_with("en");
  Error error{
      ErrorCode::invalid, english ? "this customer cannot be saved" : "客户信息有误，未保存", {}};
  for (const Problem problem : problems) {
    const Text text = text_of(problem);
    error.fields.push_back({std::string(text.path), std::string(text.code),
                            std::string(english ? text.english : text.chinese)});
  }
  return error;
}

}  // namespace

Result<Json> before_save_customer(Change change) {
  const auto problems = normalise(change);
  if (!problems.empty()) return std::unexpected(refusal(problems));
  return std::move(change.after);
}

}  // namespace crm
