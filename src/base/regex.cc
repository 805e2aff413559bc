#include "base/regex.h"

#include <re2/re2.h>

#include <utility>

#include "base/utf8.h"

namespace tenon {
namespace {

RE2::Options options_of(const Regex::Limits& limits) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(static_cast<std::int64_t>(limits.memory_bytes));
  return options;
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

struct Regex::Impl {
  Impl(std::string_view pattern, const Limits& limits) : re(piece(pattern), options_of(limits)) {}
  RE2 re;
};

Regex::Regex(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

Result<Regex> Regex::compile(std::string_view pattern, Limits limits) {
  if (pattern.size() > limits.pattern_bytes)
    return fail(Error(ErrorCode::invalid, "The pattern is too long.").because("regex.size"));
  if (!utf8::is_valid(pattern))
    return fail(Error(ErrorCode::invalid, "The pattern is not UTF-8.").because("regex.syntax"));
  auto impl = std::make_unique<Impl>(pattern, limits);
  if (impl->re.ok()) return Regex(std::move(impl));
  if (impl->re.error_code() == RE2::ErrorPatternTooLarge)
    return fail(
        Error(ErrorCode::invalid, "The pattern needs too much memory.").because("regex.size"));
  return fail(Error(ErrorCode::invalid, "The pattern is wrong: " + impl->re.error())
                  .because("regex.syntax"));
}

bool Regex::matches(std::string_view text) const { return RE2::FullMatch(piece(text), impl_->re); }

bool Regex::found_in(std::string_view text) const {
  return RE2::PartialMatch(piece(text), impl_->re);
}

const std::string& Regex::pattern() const noexcept { return impl_->re.pattern(); }

}  // namespace tenon
