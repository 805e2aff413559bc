#include "power_cut.h"

#include <algorithm>
#include <fstream>

namespace tenon::testing {
namespace {

bool toss(std::mt19937_64& random) { return (random() & 1U) != 0; }

}  // namespace

void PowerCut::advance(const DiskOperation& operation) {
  using Kind = DiskOperation::Kind;
  auto& file = files_[operation.file];
  ++number_;
  switch (operation.kind) {
    case Kind::create:
      file.entry_durable = file.entry_durable || operation.durable;
      file.removed = false;
      return;
    case Kind::write:
      last_write_ = number_;
      [[fallthrough]];
    case Kind::truncate:
      file.later.push_back({.operation = operation, .number = number_});
      ++pending_;
      return;
    case Kind::sync:
      for (const auto& later : file.later) apply(file.durable, later.operation);
      pending_ -= file.later.size();
      file.later.clear();
      if (file.entry_durable) return;
      // The first sync of a new log or journal syncs its directory, and with it what was removed.
      file.entry_durable = true;
      std::erase_if(files_, [this](const auto& entry) {
        if (entry.second.removed) pending_ -= entry.second.later.size();
        return entry.second.removed;
      });
      return;
    case Kind::remove:
      if (operation.durable || !file.entry_durable) {
        pending_ -= file.later.size();
        files_.erase(operation.file);
      } else {
        file.removed = true;
      }
      return;
  }
}

void PowerCut::apply(std::string& content, const DiskOperation& operation, std::uint64_t from,
                     std::uint64_t to) {
  if (content.size() < to) content.resize(to);
  std::copy(operation.bytes.begin() + static_cast<std::ptrdiff_t>(from - operation.offset),
            operation.bytes.begin() + static_cast<std::ptrdiff_t>(to - operation.offset),
            content.begin() + static_cast<std::ptrdiff_t>(from));
}

void PowerCut::apply(std::string& content, const DiskOperation& operation) {
  if (operation.kind == DiskOperation::Kind::truncate)
    content.resize(operation.offset);
  else
    apply(content, operation, operation.offset, operation.offset + operation.bytes.size());
}

void PowerCut::apply_damaged(std::string& content, const Later& later, Damage damage,
                             std::mt19937_64& random) const {
  const auto& operation = later.operation;
  const bool last = later.number == last_write_;
  const auto end = operation.offset + operation.bytes.size();
  switch (damage) {
    case Damage::drop_all:
      return;
    case Damage::some:
      if (toss(random)) apply(content, operation);
      return;
    case Damage::all_but_last:
      if (!last) apply(content, operation);
      return;
    case Damage::torn: {
      if (!last) return apply(content, operation);
      const auto first = operation.offset / kSector;
      const auto sectors = (end + kSector - 1) / kSector - first;
      const auto cut =
          std::clamp((first + random() % (sectors + 1)) * kSector, operation.offset, end);
      if (cut > operation.offset) apply(content, operation, operation.offset, cut);
      return;
    }
    case Damage::scattered:
      if (operation.kind == DiskOperation::Kind::truncate) {
        if (toss(random)) apply(content, operation);
        return;
      }
      for (auto from = operation.offset; from < end;) {
        const auto to = std::min(end, (from / kSector + 1) * kSector);
        if (toss(random)) apply(content, operation, from, to);
        from = to;
      }
      return;
  }
}

void PowerCut::write_files(Damage damage, std::mt19937_64& random) const {
  for (const auto& [name, file] : files_) {
    const bool kept_by_chance = damage == Damage::some || damage == Damage::scattered
                                    ? toss(random)
                                    : damage != Damage::drop_all;
    const bool there = file.removed ? !kept_by_chance : file.entry_durable || kept_by_chance;
    if (!there) continue;
    std::string content = file.durable;
    for (const auto& later : file.later) apply_damaged(content, later, damage, random);
    std::ofstream(name, std::ios::binary | std::ios::trunc) << content;
  }
}

}  // namespace tenon::testing
