#include "identity/passwords.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "identity/common_passwords.h"

namespace tenon::identity {
namespace {

std::unexpected<Error> weak(std::string_view code, std::string text) {
  return fail(Error(ErrorCode::invalid, text)
                  .because("user.password")
                  .with_field({.path = "/password", .code = std::string(code), .message = text}));
}

/// `aaaaaaaa` and `abababab`.
bool repeats(std::string_view text) {
  for (std::size_t period = 1; period <= 2; ++period)
    if (text.substr(period) == text.substr(0, text.size() - period)) return true;
  return false;
}

/// Whether `text` is `name` with at most four characters more.
bool is_about(std::string_view text, std::string_view name) {
  return name.size() >= 3 && text.find(name) != std::string_view::npos &&
         text.size() <= name.size() + 4;
}

}  // namespace

Result<> check_password(const Secret<std::string>& password,
                        std::span<const std::string_view> own) {
  const std::string& text = password.reveal();
  if (text.size() > 4 * kMaxPassword) return weak("max_length", "has at most 128 characters");
  if (!utf8::is_valid(text)) return weak("format", "is not valid UTF-8");
  const auto length = utf8::count_code_points(text);
  if (length < kMinPassword) return weak("min_length", "has at least 8 characters");
  if (length > kMaxPassword) return weak("max_length", "has at most 128 characters");
  const std::string folded = utf8::fold(text);
  if (is_common_password(folded) || repeats(folded))
    return weak("common", "is one of those that are tried first; choose another");
  for (const auto name : own)
    if (is_about(folded, utf8::fold(name)))
      return weak("own_name", "is too near to the name of the user or the company");
  return {};
}

Passwords::Passwords(BlockingPool& pool, Options options)
    : pool_(pool),
      cost_(options.cost),
      // 16 bytes of salt and 32 of hash, all zero.
      decoy_(fmt::format("$argon2id$v=19$m={},t={},p=1${:A>22}${:A>43}",
                         options.cost.memory_bytes / 1024, options.cost.passes, "", "")),
      permits_(options.running, options.waiting) {}

Task<std::string> Passwords::hash(Secret<std::string> password, Deadline deadline) {
  TENON_CO_ASSIGN(permit, co_await permits_.acquire(deadline));
  (void)permit;
  co_return co_await pool_.run([&] { return hash_password(password, cost_); });
}

Task<Passwords::Check> Passwords::check(Secret<std::string> password,
                                        std::optional<std::string> hash, Deadline deadline) {
  TENON_CO_ASSIGN(permit, co_await permits_.acquire(deadline));
  (void)permit;
  co_return co_await pool_.run([&]() -> Result<Check> {
    const bool matches = verify_password(password, hash ? *hash : decoy_);
    if (!hash || !matches) return Check{};
    return Check{.matches = true, .stale = needs_rehash(*hash, cost_)};
  });
}

}  // namespace tenon::identity
