#include "misbehave.h"

#include <new>

#include "tenon/plugin/data.h"
#include "tenon/plugin/host.h"

namespace trapping {

using namespace tenon::plugin;

namespace {

constexpr std::string_view kNoUtf8 = "\xFF\xFE\xC0\x80";
constexpr std::size_t kHuge = std::size_t{5} << 20;

[[noreturn]] void loop() {
  for (volatile unsigned turns = 0;; turns = turns + 1) {
  }
}

[[noreturn]] void allocate_all() {
  while (true) {
    volatile char* block = new char[std::size_t{1} << 20];
    block[0] = 1;
  }
}

// Without a frame in linear memory it is the engine's call stack that ends. The empty assembly and
// the work after the call keep it from becoming a loop.
[[gnu::noinline]] unsigned recurse(unsigned depth) {
  asm volatile("" : "+r"(depth));
  return depth == 0xFFFFFFFF ? 0 : recurse(depth + 1) * 3 + depth;
}

// With a large frame it is the guest's own stack in linear memory that ends, and the next write
// traps.
[[gnu::noinline]] unsigned recurse_with_data(unsigned depth) {
  volatile unsigned char frame[4096];
  frame[depth % sizeof frame] = 1;
  return depth == 0xFFFFFFFF ? 0 : recurse_with_data(depth + 1) * 3 + frame[0];
}

Result<Json> flood() {
  for (int i = 0; i < 1'000'000; ++i) TENON_TRY(data::count("trace", ""));
  return Json::object();
}

void flood_log() {
  for (int i = 0; i < 10'000; ++i)
    log::error("line\r\n\x1b[2J\x07 not the guest's: level=info user=root");
}

// As a number it is written without a look at each byte, which alone would use up a call.
Json huge_text() { return Json::number('"' + std::string(kHuge, 'x') + '"'); }

Json record(std::string_view name) { return Json::object({{"name", name}}); }

}  // namespace

Result<Json> misbehave(std::string_view mode, const Json& fine) {
  constexpr std::string_view kModes[] = {
      "trap",        "loop",        "bomb",      "stack",       "stack-data", "utf8",
      "utf8-log",    "utf8-insert", "huge",      "huge-insert", "refuse",     "not-json",
      "wrong-field", "flood",       "log-flood", "recurse",     "swallow"};
  bool known = false;
  for (const auto candidate : kModes) known = known || candidate == mode;
  if (!known) return fine;

  TENON_TRY(data::insert("trace", record(mode)));
  if (mode == "trap") __builtin_trap();
  if (mode == "loop") loop();
  if (mode == "bomb") allocate_all();
  if (mode == "stack") return Json::integer(recurse(0));
  if (mode == "stack-data") return Json::integer(recurse_with_data(0));
  if (mode == "utf8") return Json::object({{"name", kNoUtf8}});
  if (mode == "utf8-log") log::info(kNoUtf8);
  if (mode == "utf8-insert") TENON_TRY(data::insert("trace", record(kNoUtf8)));
  if (mode == "huge") return Json::object({{"name", huge_text()}});
  if (mode == "huge-insert")
    TENON_TRY(data::insert("trace", Json::object({{"name", huge_text()}})));
  if (mode == "not-json") return Json::number("{\"name\":");
  if (mode == "wrong-field") return Json::object({{"name", "x"}, {"no_such_field", "x"}});
  if (mode == "flood") TENON_TRY(flood());
  if (mode == "log-flood") flood_log();
  if (mode == "recurse") TENON_TRY(data::insert("thing", record(mode)));
  if (mode == "refuse")
    return std::unexpected(
        Error{ErrorCode::invalid, "refused as asked", {{"/name", "refused", "refused as asked"}}});
  if (mode == "swallow") (void)data::insert("trace", record(""));
  return fine;
}

}  // namespace trapping
