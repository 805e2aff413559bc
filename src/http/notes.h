#pragma once
// The access log wants to know more about an exchange than the edge does (whose it was, under which
// trace), and wants it also when the handler never answered. So whoever learns something on the way
// notes it down, and the hook finds it in the end.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::http {

/// Facts about one exchange by name, at most kMost: a later one of the same name replaces the
/// first. Thread: one.
class Notes {
 public:
  struct Note {
    std::string_view name;  // a literal
    std::string value;
  };
  static constexpr std::size_t kMost = 16;

  void set(std::string_view name, std::string value) {
    for (Note& note : all_) {
      if (note.name == name) {
        note.value = std::move(value);
        return;
      }
    }
    if (all_.size() < kMost) all_.push_back({name, std::move(value)});
  }
  /// Empty when there is none.
  [[nodiscard]] std::string_view find(std::string_view name) const noexcept {
    for (const Note& note : all_)
      if (note.name == name) return note.value;
    return {};
  }
  [[nodiscard]] const std::vector<Note>& all() const noexcept { return all_; }
  void clear() noexcept { all_.clear(); }

 private:
  std::vector<Note> all_;
};

}  // namespace tenon::http
