// One line for each vector: name, expected status, rule and the bytes in hexadecimal, by tabs.
#include <cstdio>

#include "http/framing_vectors.h"

namespace {

void print(const std::vector<tenon::http::FramingVector>& vectors) {
  for (const auto& vector : vectors) {
    std::printf("%.*s\t%d\t%.*s\t", static_cast<int>(vector.name.size()), vector.name.data(),
                vector.status, static_cast<int>(vector.rule.size()), vector.rule.data());
    for (const char c : vector.bytes) std::printf("%02x", static_cast<unsigned char>(c));
    std::printf("\n");
  }
}

}  // namespace

int main() {
  print(tenon::http::refused_vectors());
  print(tenon::http::accepted_vectors());
  return 0;
}
