#pragma once
// Byte streams that must be refused, and ones that must pass. Shared by the tests of the reader and
// of the server, so that both see the same list.

#include <string>
#include <string_view>
#include <vector>

namespace tenon::http {

struct FramingVector {
  std::string_view name;
  std::string bytes;
  int status;             // of the refusal; 200 when the request must pass
  std::string_view rule;  // of the refusal
};

/// A GET with `extra` lines behind its Host.
inline std::string get_with(std::string_view extra) {
  return "GET /a HTTP/1.1\r\nHost: h\r\n" + std::string(extra) + "\r\n";
}
inline std::string post_with(std::string_view extra, std::string_view body) {
  return "POST /a HTTP/1.1\r\nHost: h\r\n" + std::string(extra) + "\r\n" + std::string(body);
}
inline std::string with_target(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}
inline std::string chunked(std::string_view body) {
  return post_with("Transfer-Encoding: chunked\r\n", body);
}

inline std::vector<FramingVector> refused_vectors() {
  using namespace std::string_literals;
  const std::string two_to_nine(300, 'x');
  std::string many_fields;
  for (int i = 0; i < 64; ++i) many_fields += "X-" + std::to_string(i) + ": v\r\n";
  return {
      // Version
      {"version 0.9", "GET /a\r\n\r\n", 400, "line.shape"},
      {"version 2.0", "GET /a HTTP/2.0\r\nHost: h\r\n\r\n", 400, "version"},
      {"version 1.2", "GET /a HTTP/1.2\r\nHost: h\r\n\r\n", 400, "version"},
      {"version 0.9 named", "GET /a HTTP/0.9\r\nHost: h\r\n\r\n", 400, "version"},
      {"version lower case", "GET /a http/1.1\r\nHost: h\r\n\r\n", 400, "version"},
      {"version with more digits", "GET /a HTTP/1.10\r\nHost: h\r\n\r\n", 400, "version"},
      {"h2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "version"},
      {"rtsp version", "GET /a RTSP/1.0\r\nHost: h\r\n\r\n", 400, "version"},
      {"ice version", "SOURCE /a ICE/1.0\r\nHost: h\r\n\r\n", 400, "version"},
      // Method and request line
      {"rtsp method", "DESCRIBE /a HTTP/1.1\r\nHost: h\r\n\r\n", 405, "method.unknown"},
      {"trace", "TRACE /a HTTP/1.1\r\nHost: h\r\n\r\n", 405, "method.unknown"},
      {"method lower case", "get /a HTTP/1.1\r\nHost: h\r\n\r\n", 405, "method.unknown"},
      {"connect", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 400, "method.connect"},
      {"method with bracket", "GE(T /a HTTP/1.1\r\nHost: h\r\n\r\n", 400, "method.syntax"},
      {"double space before target", "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target.byte"},
      {"double space before version", "GET /a  HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target.byte"},
      {"tab in line", "GET\t/a HTTP/1.1\r\nHost: h\r\n\r\n", 400, "line.shape"},
      {"space at line end", "GET /a HTTP/1.1 \r\nHost: h\r\n\r\n", 400, "version"},
      {"leading space", " GET /a HTTP/1.1\r\nHost: h\r\n\r\n", 400, "method.syntax"},
      {"leading crlf", "\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n", 400, "method.syntax"},
      {"leading lf", "\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n", 400, "line.bare"},
      {"no target", "GET HTTP/1.1\r\nHost: h\r\n\r\n", 400, "line.shape"},
      {"tls hello", "\x16\x03\x01\x02"s, 400, "method.syntax"},
      // Target
      {"fragment", with_target("/a#b"), 400, "target.byte"},
      {"high byte in path", with_target("/\xC3\xA9"), 400, "target.byte"},
      {"high byte in query", with_target("/?q=\xC3\xA9"), 400, "target.byte"},
      {"nul in target", with_target("/a\0b"s), 400, "target.byte"},
      {"delete byte in target", with_target("/a\x7F"), 400, "target.byte"},
      {"backslash in path", with_target("/a\\b"), 400, "target.byte"},
      {"escape cut", with_target("/a%4"), 400, "target.escape"},
      {"escape of no hex", with_target("/a%zz"), 400, "target.escape"},
      {"escaped nul", with_target("/a%00"), 400, "target.escape"},
      {"escaped bad utf-8", with_target("/%C0%AE"), 400, "target.escape"},
      {"dot segments", with_target("/a/../b"), 400, "target.dots"},
      {"escaped dot segments", with_target("/a/%2e%2E/b"), 400, "target.dots"},
      {"relative target", with_target("a"), 400, "target.form"},
      {"star with get", with_target("*"), 400, "target.form"},
      {"authority form", with_target("h:80"), 400, "target.form"},
      {"absolute form of other scheme", with_target("ftp://h/a"), 400, "target.form"},
      {"absolute form of other host", with_target("http://evil/a"), 400, "host.differs"},
      {"absolute form with user", with_target("http://u@h/a"), 400, "host.differs"},
      {"target too long", with_target("/" + std::string(4096, 'a')), 414, "target.size"},
      // Host
      {"host missing", "GET /a HTTP/1.1\r\nX: y\r\n\r\n", 400, "host.missing"},
      {"host missing in 1.0", "GET /a HTTP/1.0\r\n\r\n", 400, "host.missing"},
      {"host twice", get_with("Host: h\r\n"), 400, "host.twice"},
      {"host twice, other case", get_with("hOST: evil\r\n"), 400, "host.twice"},
      {"host empty", "GET /a HTTP/1.1\r\nHost:\r\n\r\n", 400, "host.syntax"},
      {"host list", "GET /a HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, "host.syntax"},
      {"host with path", "GET /a HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "host.syntax"},
      {"host with user", "GET /a HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "host.syntax"},
      {"host with bad port", "GET /a HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400, "host.syntax"},
      {"host with empty port", "GET /a HTTP/1.1\r\nHost: a:\r\n\r\n", 400, "host.syntax"},
      // Fields
      {"space before colon", get_with("X : y\r\n"), 400, "field.name"},
      {"tab before colon", get_with("X\t: y\r\n"), 400, "field.name"},
      {"space before length colon", post_with("Content-Length : 1\r\n", "x"), 400, "field.name"},
      {"empty field name", get_with(": y\r\n"), 400, "field.name"},
      {"no colon", get_with("Xy\r\n"), 400, "field.colon"},
      {"folded field", get_with("X: y\r\n z\r\n"), 400, "field.fold"},
      {"folded by tab", get_with("X: y\r\n\tz\r\n"), 400, "field.fold"},
      {"folded first line", "GET /a HTTP/1.1\r\n Host: h\r\n\r\n", 400, "field.fold"},
      {"nul in value", get_with("X: a\0b\r\n"s), 400, "field.value"},
      {"control byte in value", get_with("X: a\x01\r\n"), 400, "field.value"},
      {"bare cr in value", get_with("X: a\rY: b\r\n"), 400, "field.value"},
      {"bare cr before crlf", get_with("X: a\r\r\n"), 400, "field.value"},
      {"high byte in name", get_with("X\xC3: a\r\n"), 400, "field.name"},
      {"bare lf after line", "GET /a HTTP/1.1\nHost: h\r\n\r\n", 400, "line.bare"},
      {"bare lf after field", get_with("X: a\nY: b\r\n"), 400, "line.bare"},
      {"bare lf at the end", "GET /a HTTP/1.1\r\nHost: h\r\n\n", 400, "line.bare"},
      {"too many fields", get_with(many_fields), 431, "field.count"},
      {"head too large", get_with("X: " + std::string(8192, 'x') + "\r\n"), 431, "head.size"},
      {"upgrade", get_with("Connection: upgrade\r\nUpgrade: websocket\r\n"), 400, "upgrade"},
      {"upgrade alone", get_with("Upgrade: h2c\r\n"), 400, "upgrade"},
      {"upgrade option alone", get_with("Connection: x, Upgrade\r\n"), 400, "upgrade"},
      {"trailer announced", post_with("Transfer-Encoding: chunked\r\nTrailer: X\r\n", "0\r\n\r\n"),
       400, "trailer"},
      {"other expectation", post_with("Expect: x\r\nContent-Length: 1\r\n", "x"), 417, "expect"},
      // Length
      {"two lengths", post_with("Content-Length: 1\r\nContent-Length: 1\r\n", "x"), 400,
       "length.twice"},
      {"length list", post_with("Content-Length: 1, 1\r\n", "x"), 400, "length.syntax"},
      {"length with sign", post_with("Content-Length: +1\r\n", "x"), 400, "length.syntax"},
      {"negative length", post_with("Content-Length: -1\r\n", "x"), 400, "length.syntax"},
      {"length in hex", post_with("Content-Length: 0x1\r\n", "x"), 400, "length.syntax"},
      {"length with leading zero", post_with("Content-Length: 01\r\n", "x"), 400, "length.syntax"},
      {"length with space", post_with("Content-Length: 1 1\r\n", "x"), 400, "length.syntax"},
      {"empty length", post_with("Content-Length:\r\n", ""), 400, "length.syntax"},
      {"length overflow", post_with("Content-Length: 18446744073709551617\r\n", "x"), 400,
       "length.syntax"},
      {"length above the bound", post_with("Content-Length: 1048577\r\n", ""), 413, "body.size"},
      // Transfer coding
      {"coding and length",
       post_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400,
       "length.coding"},
      {"length and coding",
       post_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400,
       "length.coding"},
      {"coding twice",
       post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400,
       "coding.twice"},
      {"gzip, chunked", post_with("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400,
       "coding"},
      {"chunked, identity", post_with("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), 400,
       "coding"},
      {"identity", post_with("Transfer-Encoding: identity\r\n", ""), 400, "coding"},
      {"xchunked", post_with("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400, "coding"},
      {"quoted chunked", post_with("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), 400,
       "coding"},
      {"chunked in other case", post_with("Transfer-Encoding: Chunked\r\n", "0\r\n\r\n"), 400,
       "coding"},
      {"empty coding", post_with("Transfer-Encoding:\r\n", "0\r\n\r\n"), 400, "coding"},
      {"vertical tab coding",
       post_with("Transfer-Encoding: \x0B"
                 "chunked\r\n",
                 "0\r\n\r\n"),
       400, "field.value"},
      {"chunked in 1.0",
       "POST /a HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
       "coding.version"},
      // Chunks
      {"chunk size with 0x", chunked("0x1\r\nx\r\n0\r\n\r\n"), 400, "chunk.syntax"},
      {"chunk size with sign", chunked("+1\r\nx\r\n0\r\n\r\n"), 400, "chunk.syntax"},
      {"chunk size empty", chunked("\r\nx\r\n0\r\n\r\n"), 400, "chunk.syntax"},
      {"chunk size of no hex", chunked("g\r\nx\r\n0\r\n\r\n"), 400, "chunk.syntax"},
      {"chunk size overflow", chunked("10000000000000001\r\nx\r\n0\r\n\r\n"), 400, "chunk.syntax"},
      {"chunk size with space", chunked("1 \r\nx\r\n0\r\n\r\n"), 400, "chunk.syntax"},
      {"chunk size after space", chunked(" 1\r\nx\r\n0\r\n\r\n"), 400, "chunk.syntax"},
      {"chunk line ends in lf", chunked("1\nx\r\n0\r\n\r\n"), 400, "chunk.syntax"},
      {"chunk data ends in lf", chunked("1\r\nx\n0\r\n\r\n"), 400, "chunk.syntax"},
      {"chunk data too long", chunked("1\r\nxy\r\n0\r\n\r\n"), 400, "chunk.syntax"},
      {"last chunk ends in lf", chunked("1\r\nx\r\n0\n\r\n"), 400, "chunk.syntax"},
      {"last line ends in lf", chunked("1\r\nx\r\n0\r\n\n"), 400, "chunk.syntax"},
      {"nul in extension", chunked("1;a=\0\r\nx\r\n0\r\n\r\n"s), 400, "chunk.syntax"},
      {"bare cr in extension", chunked("1;a=\rb\r\nx\r\n0\r\n\r\n"), 400, "chunk.syntax"},
      {"bare lf in extension", chunked("1;a\nb\r\nx\r\n0\r\n\r\n"), 400, "chunk.syntax"},
      {"long extension name", chunked("1;" + two_to_nine + "\r\nx\r\n0\r\n\r\n"), 400,
       "chunk.extension"},
      {"long extension value", chunked("1;a=" + two_to_nine + "\r\nx\r\n0\r\n\r\n"), 400,
       "chunk.extension"},
      {"trailer", chunked("1\r\nx\r\n0\r\nX: y\r\n\r\n"), 400, "trailer"},
      {"trailer of a length", chunked("1\r\nx\r\n0\r\nContent-Length: 3\r\n\r\n"), 400, "trailer"},
  };
}

inline std::vector<FramingVector> accepted_vectors() {
  return {
      {"plain get", get_with(""), 200, ""},
      {"1.0 with host", "GET /a HTTP/1.0\r\nHost: h\r\n\r\n", 200, ""},
      {"absolute form", with_target("http://h/a"), 200, ""},
      {"host with port", "GET /a HTTP/1.1\r\nHost: h:8080\r\n\r\n", 200, ""},
      {"ipv6 host", "GET /a HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", 200, ""},
      {"escapes", with_target("/%E4%B8%8A%E6%B5%B7/a%2Fb?city=eq.%E4%B8%8A"), 200, ""},
      {"unusual query bytes", with_target("/a?select=x->>y&q={\"a\"|^`}"), 200, ""},
      {"63 fields", get_with("X: \r\nY:z\r\nZ:  spaced\tout  \r\n"), 200, ""},
      {"high bytes in a value", get_with("X: \xE4\xB8\x8A\r\n"), 200, ""},
      {"length", post_with("Content-Length: 5\r\n", "hello"), 200, ""},
      {"zero length", post_with("Content-Length: 0\r\n", ""), 200, ""},
      {"no length", post_with("", ""), 200, ""},
      {"chunks", chunked("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"), 200, ""},
      {"no chunks", chunked("0\r\n\r\n"), 200, ""},
      {"extension", chunked("5;a=b\r\nhello\r\n0\r\n\r\n"), 200, ""},
      {"options star", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 200, ""},
      {"close and keep-alive", get_with("Connection: keep-alive, x\r\n"), 200, ""},
  };
}

}  // namespace tenon::http
