#pragma once
// Whether the client's way to us is encrypted: what a cookie and a header may promise depends on
// it.

#include <cstdint>

namespace tenon::http {

/// `tls` also when a trusted proxy says that it ended the encryption.
enum class Transport : std::uint8_t { plain, tls };

}  // namespace tenon::http
