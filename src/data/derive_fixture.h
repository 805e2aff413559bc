#pragma once
// Test support: a shop whose module computes nothing at first, much in its second version and
// something else in its third, and a recount by another way: a model over the plain fields.

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "data/encode.h"
#include "data/migrator.h"
#include "data/predicate.h"
#include "data/sales_fixture.h"

namespace tenon::data::testing {

/// Versions of the module `shop`: 1 has plain fields, 2 those of order() and line(), in 3 the
/// amounts are doubled, the least is the most, and what is left over has other decimals.
inline Package shop(int version) {
  auto orders = order();
  auto lines = line();
  if (version == 1) {
    std::erase_if(orders.fields, [](const Field& field) {
      return field.type == FieldType::computed || field.type == FieldType::sequence;
    });
    std::erase_if(lines.fields, [](const Field& field) { return field.name == "amount"; });
  }
  if (version == 3) {
    for (auto& field : lines.fields)
      if (field.name == "amount") field.formula = "round(2 * quantity * price, 2)";
    for (auto& field : orders.fields) {
      if (field.name == "least") field.rollup->function = Aggregate::maximum;
      if (field.name == "net") {
        field.scale = 4;
        field.formula = "sum * (100 - coalesce(discount, 0)) / 100";
      }
    }
  }
  auto package = crm({orders, lines});
  package.id = "shop";
  package.version = fmt::format("{}.0.0", version);
  return package;
}

/// Numbers that look accidental and are the same each time.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) noexcept : state_(seed) {}
  std::int64_t below(std::int64_t bound) noexcept {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::int64_t>((state_ >> 33U) % static_cast<std::uint64_t>(bound));
  }

 private:
  std::uint64_t state_;
};

/// Rows of the first version, by plain SQL: every tenth order and line lies in the trash, every
/// ninth line belongs to nobody.
class SalesRows {
 public:
  explicit SalesRows(storage::Dialect dialect) : dialect_(dialect) {}

  Result<> fill(storage::Session& session, int orders, int lines) {
    std::vector<Uuid> ids;
    for (int i = 0; i < orders; ++i) {
      ids.push_back(id());
      add("x1_order",
          R"("id", "f_code", "f_discount", "version", "created_at", "updated_at", "deleted_at")",
          {ids.back(), fmt::format("A{}", i), i % 3 == 0 ? Value() : Value(dice_.below(9000)),
           std::int64_t{1}, made_at(), std::int64_t{0}, trash(i)});
    }
    TENON_TRY(flush(session));
    for (int i = 0; i < lines; ++i)
      add("x1_line",
          R"("id", "f_order_ref", "f_quantity", "f_price", "f_due", "version", "created_at", "updated_at", "deleted_at")",
          {id(), i % 9 == 0 ? Value() : Value(ids[static_cast<std::size_t>(dice_.below(orders))]),
           dice_.below(100'000), i % 7 == 0 ? Value() : Value(dice_.below(1'000'000) - 300'000),
           dice_.below(20'000), std::int64_t{1}, made_at(), std::int64_t{0}, trash(i)});
    return flush(session);
  }

 private:
  static Value trash(int i) { return i % 10 == 9 ? Value(std::int64_t{1}) : Value(); }
  /// In the order of their ids.
  Uuid id() {
    Uuid made{};
    ++count_;
    for (int i = 0; i < 8; ++i)
      made.bytes[static_cast<std::size_t>(15 - i)] = static_cast<std::uint8_t>(count_ >> (8 * i));
    made.bytes[6] = 0x70;
    return made;
  }
  /// A few years, some rows each.
  std::int64_t made_at() {
    return 1'600'000'000'000'000 + static_cast<std::int64_t>(count_) * 30'000'000'000;
  }

  void add(std::string table, std::string columns, const std::vector<Value>& values) {
    table_ = std::move(table);
    columns_ = std::move(columns);
    std::string row;
    for (const auto& value : values) row += (row.empty() ? "(" : ", ") + literal(value, dialect_);
    rows_.push_back(row + ")");
  }
  Result<> flush(storage::Session& session) {
    for (std::size_t at = 0; at < rows_.size(); at += 400) {
      std::string list;
      for (std::size_t i = at; i < std::min(at + 400, rows_.size()); ++i)
        list += (list.empty() ? "" : ", ") + rows_[i];
      TENON_TRY(
          session.script(fmt::format("INSERT INTO {} ({}) VALUES {}", table_, columns_, list)));
    }
    rows_.clear();
    return {};
  }

  storage::Dialect dialect_;
  Dice dice_{7};
  std::uint64_t count_ = 0;
  std::string table_, columns_;
  std::vector<std::string> rows_;
};

/// Counts everything again from the plain fields. Gives what differs, one line for each, ten at
/// most.
class Recount {
 public:
  Recount(storage::Session& session, int version) : session_(session), version_(version) {}

  std::vector<std::string> run() {
    read_lines();
    read_orders();
    return std::move(wrong_);
  }

 private:
  __extension__ using Wide = __int128;
  using Maybe = std::optional<std::int64_t>;
  struct Sums {
    std::int64_t count = 0, sum = 0;
    Maybe least, most, latest;
  };

  static Wide rounded(Wide units, Wide divisor) {
    const Wide half = divisor / 2;
    return units < 0 ? -((-units + half) / divisor) : (units + half) / divisor;
  }
  static Maybe number(const storage::Row& row, int place) {
    return row.is_null(place) ? Maybe() : Maybe(row.integer(place));
  }
  static std::string text(Maybe value) { return value ? std::to_string(*value) : "null"; }

  void expect(std::string_view what, Maybe wanted, Maybe found) {
    if (wanted != found && wrong_.size() < 10)
      wrong_.push_back(fmt::format("{}: {} instead of {}", what, text(found), text(wanted)));
  }
  void ask(const std::string& sql, const std::function<void(const storage::Row&)>& visit) {
    const auto done = session_.query(sql, {}, [&](const storage::Row& row) {
      visit(row);
      return storage::Visit::more;
    });
    if (!done) wrong_.push_back(done.error().for_log());
  }
  static void keep(Maybe& best, Maybe value, bool larger) {
    if (value && (!best || (larger ? *value > *best : *value < *best))) best = value;
  }

  void read_lines() {
    ask(R"(SELECT "f_order_ref", "f_quantity", "f_price", "f_due", "f_amount", "deleted_at" FROM x1_line)",
        [&](const storage::Row& row) {
          const auto quantity = number(row, 1);
          const auto price = number(row, 2);
          Maybe amount;
          if (quantity && price)
            amount = static_cast<std::int64_t>(
                rounded(Wide{*quantity} * *price * (version_ == 3 ? 2 : 1), 1000));
          expect("amount", amount, number(row, 4));
          if (row.is_null(0) || !row.is_null(5)) return;
          auto& sums = sums_[to_uuid(row.blob(0)).to_string()];
          ++sums.count;
          sums.sum += amount.value_or(0);
          keep(sums.least, amount, false);
          keep(sums.most, amount, true);
          keep(sums.latest, number(row, 3), true);
        });
  }

  void read_orders() {
    ask(R"(SELECT "id", "f_discount", "f_lines", "f_sum", "f_least", "f_latest", "f_net" FROM x1_order)",
        [&](const storage::Row& row) {
          const auto& sums = sums_[to_uuid(row.blob(0)).to_string()];
          expect("lines", sums.count, number(row, 2));
          expect("sum", sums.sum, number(row, 3));
          expect("least", version_ == 3 ? sums.most : sums.least, number(row, 4));
          expect("latest", sums.latest, number(row, 5));
          // Units of 10^-4: the sum and the discount have two decimals each; a quotient has nine.
          const Wide times = Wide{sums.sum} * (10'000 - number(row, 1).value_or(0));
          const auto net = rounded(times * 1'000'00, 100);  // of nine decimals
          expect("net",
                 static_cast<std::int64_t>(rounded(net, version_ == 3 ? 100'000 : 10'000'000)),
                 number(row, 6));
        });
  }

  storage::Session& session_;
  int version_;
  std::map<std::string, Sums> sums_;
  std::vector<std::string> wrong_;
};

}  // namespace tenon::data::testing
