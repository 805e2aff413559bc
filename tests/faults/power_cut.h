#pragma once
// A power cut keeps what was synced and does as it likes with the rest. From what a disk was told
// this makes the files that a machine may find after the cut.

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "fault_disk.h"

namespace tenon::testing {

/// What happens to writes that no sync has followed.
enum class Damage : std::uint8_t {
  drop_all,      // none is there
  some,          // each is there or not, whatever the order
  all_but_last,  // the newest is missing
  torn,          // the newest ends at some sector
  scattered,     // each sector of each is there or not
};
inline constexpr Damage kDamages[] = {Damage::drop_all, Damage::some, Damage::all_but_last,
                                      Damage::torn, Damage::scattered};
inline constexpr std::uint64_t kSector = 512;

/// The disk as it stands after a prefix of a record. Thread: one.
class PowerCut {
 public:
  /// The next operation has happened.
  void advance(const DiskOperation& operation);
  /// Whether anything would be lost now.
  [[nodiscard]] bool pending() const noexcept { return pending_ > 0; }
  /// Writes the files that the cut left, under their own names. Requires: none is there.
  void write_files(Damage damage, std::mt19937_64& random) const;

 private:
  struct Later {
    DiskOperation operation;
    std::uint64_t number = 0;  // in the order of the whole disk
  };
  struct File {
    bool entry_durable = false;  // its directory entry
    bool removed = false;        // and the removal is not durable
    std::string durable;
    std::vector<Later> later;
  };
  static void apply(std::string& content, const DiskOperation& operation, std::uint64_t from,
                    std::uint64_t to);
  static void apply(std::string& content, const DiskOperation& operation);
  void apply_damaged(std::string& content, const Later& later, Damage damage,
                     std::mt19937_64& random) const;

  std::map<std::string, File> files_;
  std::uint64_t number_ = 0;
  std::uint64_t last_write_ = 0;
  std::size_t pending_ = 0;
};

}  // namespace tenon::testing
