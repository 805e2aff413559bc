#pragma once
// Texts of errors come from everywhere, and one day one of them quotes what it was given. So what
// looks like a secret is blotted out where a line enters the log, whoever wrote it.

#include <string>
#include <string_view>

namespace tenon::server {

/// `text` with the password of a `scheme://user:password@`, the value behind `password`, `secret`,
/// `token`, `api_key`, `authorization`, `cookie` or `tenon-sid` and `=` or `:`, and the word behind
/// `Bearer` or `Basic` replaced by `***`. Cost: linear.
[[nodiscard]] std::string redact(std::string_view text);

}  // namespace tenon::server
