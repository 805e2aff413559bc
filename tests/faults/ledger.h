#pragma once
// A small book: accounts whose balance never goes below zero, postings between them, stock and what
// was taken out of it. Balances are kept by hand, so a lost update shows as money made or lost.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "data/tenant.h"

namespace tenon::testing {

struct Accounts {
  std::vector<RecordId> accounts, stocks;
};

inline constexpr std::int64_t kOpening = 10'000;    // of each account
inline constexpr std::int64_t kFirstStock = 2'000;  // of each article

/// Installs the book and opens it.
[[nodiscard]] Result<> make_ledger(const std::shared_ptr<data::Tenant>& tenant);
[[nodiscard]] Result<Accounts> read_accounts(data::Tenant& tenant);
/// The first thing that is wrong in words; empty when all sums agree and every posting of `told`
/// (16 bytes each) is there.
[[nodiscard]] std::string breach_of_ledger(data::Tenant& tenant, const std::set<std::string>& told);
/// A number out of a record.
[[nodiscard]] std::int64_t integer(const data::Record& record, std::string_view field);

}  // namespace tenon::testing
