// The first inputs of each fuzz program, from the examples of the unit tests: `tenon_fuzz_seeds
// DIR`.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "http/framing_vectors.h"

namespace {

using Seeds = std::vector<std::string>;

Seeds heads() {
  Seeds all;
  for (const auto& list : {tenon::http::refused_vectors(), tenon::http::accepted_vectors()}) {
    for (const auto& vector : list) {
      const auto end = vector.bytes.find("\r\n\r\n");
      all.push_back(end == std::string::npos ? vector.bytes : vector.bytes.substr(0, end + 4));
    }
  }
  return all;
}

/// Three sizes of pieces stand before the stream.
Seeds streams() {
  Seeds all;
  for (const auto& list : {tenon::http::refused_vectors(), tenon::http::accepted_vectors()})
    for (const auto& vector : list)
      all.push_back("\x01\x07\x40" + vector.bytes + tenon::http::get_with(""));
  all.push_back("\x02\x03\x05" + tenon::http::post_with("Content-Length: 5\r\n", "hello") +
                tenon::http::chunked("5;a=b\r\nhello\r\n0\r\n\r\n") + tenon::http::get_with(""));
  return all;
}

Seeds documents() {
  std::string deep;
  for (int i = 0; i < 70; ++i) deep += "[";
  return {"null",
          "true",
          "-0",
          "1e400",
          "9007199254740993",
          "1.5e-3",
          "\"\"",
          "\"\\u4e0a\\ud83d\\ude00\"",
          "\"\\ud800\"",
          "[]",
          "{}",
          "{\"a\":1,\"a\":2}",
          "[1,2,{\"b\":[null]}]",
          " { } ",
          "[1,]",
          "{\"a\"}",
          "\"\xC0\xAF\"",
          deep,
          "{\"name\":\"\xE4\xB8\x8A\xE6\xB5\xB7\",\"limit\":\"1000.50\"}"};
}

Seeds uploads() {
  const std::string type = "multipart/form-data; boundary=x\n";
  const std::string part =
      "--x\r\nContent-Disposition: form-data; name=\"manifest\"; filename=\"plugin.toml\"\r\n"
      "Content-Type: text/plain\r\n\r\n[metadata]\r\n";
  return {type + part + "--x--\r\n",
          type + part + part + "--x--",
          type + "preamble\r\n" + part + "--x--\r\nepilogue",
          type + "--x\r\n\r\n\r\n--x--",
          "multipart/form-data; boundary=\"a b\"\n--a b\r\nContent-Disposition: form-data; "
          "name=a\r\n\r\n1\r\n--a b--",
          "text/plain\n--x",
          type + "--x"};
}

Seeds queries() {
  return {"city=eq.%E4%B8%8A%E6%B5%B7&limit=20",
          "or=(level.eq.A,active.is.true)",
          "a",
          "a=&b",
          "&&",
          "a=%zz",
          "a=%00",
          "a=%C0%AF",
          "select=id,name,contacts(name,phone)&order=name.asc.nullslast",
          "a=+%2B",
          "%=%",
          "a=b=c"};
}

/// Questions to the record API.
Seeds filters() {
  return {"city=eq.x&limit=20",
          "name=like.*a*&level=in.(A,B)&order=name.desc.nullslast,credit&limit=5&offset=3",
          "or=(level.eq.A,and(active.is.true,not.visits.gt.3))",
          "select=id,name,employer(name)&employer.name=eq.x",
          "select=level,credit.sum(),id.count()&order=level",
          "select=born.month(),visits.avg()",
          "fts=%E4%B8%8A%E6%B5%B7&tags=cs.{A,B}",
          "credit=gte.10.50&credit=lt.99&born=gt.2026-01-01&seen=is.null",
          "token=eq.01890a5d-ac96-774b-bcce-b302099a8057",
          "extra->>a=eq.1&notes=ilike.*%25*",
          "after=abc&order=name",
          "name=not.is.null&name=in.(\"a,b\",\"c\\\"d\")",
          "((((",
          "order=",
          "select=*,contact(phone)",
          "limit=99999999999"};
}

Seeds cursors() {
  return {"", "shape",
          "\x01"
          "12345678"
          "\x02text of a value"
          "\x03"
          "0123456789abcdef",
          std::string(40, '\0')};
}

Seeds cookies() {
  return {"tenon-sid\nabc\ntenon-sid=abc",
          "tenon-sid\nabc\na=b; tenon-sid=abc; c=d",
          "a\nb\na=b; a=c",
          "__Host-a\nb\n",
          "a b\nc\nx",
          "a\nb;c\na=b",
          "a\n\"q\"\na=\"q\"",
          "\n\n=;=;"};
}

void write(const std::filesystem::path& folder, const Seeds& seeds) {
  std::filesystem::create_directories(folder);
  for (std::size_t i = 0; i < seeds.size(); ++i)
    std::ofstream(folder / ("seed" + std::to_string(i)), std::ios::binary) << seeds[i];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder(argv[1]);
  write(folder / "head_fuzz", heads());
  write(folder / "framing_fuzz", streams());
  write(folder / "json_fuzz", documents());
  write(folder / "multipart_fuzz", uploads());
  write(folder / "query_fuzz", queries());
  write(folder / "cookie_fuzz", cookies());
  write(folder / "filter_fuzz", filters());
  write(folder / "cursor_fuzz", cursors());
  return 0;
}
