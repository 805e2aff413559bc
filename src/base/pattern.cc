#include "base/pattern.h"

#include <re2/re2.h>

#include <string>

namespace tenon {

struct Pattern::Impl {
  explicit Impl(std::string_view expression, const RE2::Options& options)
      : regex(re2::StringPiece(expression.data(), expression.size()), options) {}
  RE2 regex;
};

Result<Pattern> Pattern::compile(std::string_view expression) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto impl = std::make_shared<const Impl>(expression, options);
  if (!impl->regex.ok())
    return fail(Error(ErrorCode::invalid, "The pattern is wrong: " + impl->regex.error() + ".")
                    .because("pattern.syntax"));
  return Pattern(std::move(impl));
}

bool Pattern::matches(std::string_view text) const {
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), impl_->regex);
}

}  // namespace tenon
