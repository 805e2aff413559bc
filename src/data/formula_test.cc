#include "data/formula.h"

#include <gtest/gtest.h>

#include "base/decimal.h"
#include "base/random.h"

namespace tenon::data {
namespace {

/// Fields a (scale 2), b (scale 3), n (integer), t (truth), in columns 0…3.
std::optional<FormulaField> names(std::string_view name) {
  if (name == "a") return FormulaField{.column = 0, .scale = 2};
  if (name == "b") return FormulaField{.column = 1, .scale = 3};
  if (name == "n") return FormulaField{.column = 2};
  if (name == "t") return FormulaField{.column = 3, .kind = FormulaField::Kind::truth};
  return std::nullopt;
}

const std::vector<Value> kRow = {std::int64_t{1050}, std::int64_t{2500}, std::int64_t{-7},
                                 std::int64_t{1}};

/// The result in units of 10^-4, `null`, or the reason of the error.
std::string value_of(std::string_view text, const std::vector<Value>& row = kRow) {
  auto formula = Formula::parse(text, names);
  if (!formula) return formula.error().reason();
  std::size_t steps = kMaxFormulaSteps;
  auto value = formula->evaluate(row, 4, steps);
  if (!value) return value.error().reason();
  if (is_null(*value)) return "null";
  return Decimal::of(std::get<std::int64_t>(*value), 4).to_string();
}

TEST(Formula, computes_with_exact_decimals) {
  EXPECT_EQ(value_of("a + b"), "13.0000");
  EXPECT_EQ(value_of("a * b"), "26.2500");
  EXPECT_EQ(value_of("0.1 + 0.2"), "0.3000");
  EXPECT_EQ(value_of("1 - 2 - 3"), "-4.0000");
  EXPECT_EQ(value_of("2 + 3 * 4"), "14.0000");
  EXPECT_EQ(value_of("-(2 + 3) * -4"), "20.0000");
  EXPECT_EQ(value_of("1 / 3"), "0.3333");
  EXPECT_EQ(value_of("2 / 3"), "0.6667");
  EXPECT_EQ(value_of("-2 / 3"), "-0.6667");
  EXPECT_EQ(value_of("round(2.345, 2)"), "2.3500");
  EXPECT_EQ(value_of("round(-2.345, 2)"), "-2.3500");
  EXPECT_EQ(value_of("min(a, b, 3)"), "2.5000");
  EXPECT_EQ(value_of("max(a, null, n)"), "10.5000");
  EXPECT_EQ(value_of("abs(n)"), "7.0000");
}

TEST(Formula, decides_with_three_values) {
  EXPECT_EQ(value_of("if(a > b and t, 1, 2)"), "1.0000");
  EXPECT_EQ(value_of("if(not t or a <= b, 1, 2)"), "2.0000");
  EXPECT_EQ(value_of("if(a != 10.5, 1, 2)"), "2.0000");
  const std::vector<Value> empty(4);
  EXPECT_EQ(value_of("a + 1", empty), "null");
  EXPECT_EQ(value_of("if(a > 1, 1, 2)", empty), "2.0000");
  EXPECT_EQ(value_of("if(a > 1 or true, 1, 2)", empty), "1.0000");
  EXPECT_EQ(value_of("coalesce(a, n, 5)", empty), "5.0000");
  EXPECT_EQ(value_of("if(t, 1 / 0, 3)", empty), "3.0000") << "the other branch does not run";
}

TEST(Formula, refuses_what_is_no_formula) {
  for (const auto* text : {"", "1 +", "(1", "1)", "a b", "1..2", "round(a)", "round(a, b)",
                           "if(t, 1)", "1.2345678901", "\"x\"", "a = = b", "min(1)"})
    EXPECT_TRUE(value_of(text).starts_with("formula.")) << text << ": " << value_of(text);
  EXPECT_EQ(value_of("price * 2"), "formula.name");
  EXPECT_EQ(value_of("sleep(1)"), "formula.name");
  EXPECT_EQ(value_of("t + 1"), "formula.type");
  EXPECT_EQ(value_of("if(a, 1, 2)"), "formula.type");
  EXPECT_EQ(value_of("a < b < n"), "formula.syntax");
}

TEST(Formula, breaks_each_of_its_limits) {
  EXPECT_EQ(value_of("1 / (a - 10.50)"), "formula.division");
  EXPECT_EQ(value_of("9223372036854775807"), "formula.overflow") << "not in four decimals";
  EXPECT_EQ(value_of("0.000000001 * 0.000000001 * 0.1"), "formula.overflow");
  std::string product = "9000000000000000000";
  for (int i = 0; i < 3; ++i) product += " * 9000000000000000000";
  EXPECT_EQ(value_of(product), "formula.overflow");
  EXPECT_EQ(value_of(std::string(kMaxFormulaBytes, ' ') + "1"), "formula.size");
  std::string many = "1";
  for (std::size_t i = 0; i < kMaxFormulaNodes; ++i) many += "+1";
  EXPECT_EQ(value_of(many), "formula.size");
  for (const auto* open : {"(", "-", "abs("})
    EXPECT_EQ(value_of([&] {
                std::string deep;
                for (std::size_t i = 0; i <= kMaxFormulaDepth; ++i) deep += open;
                return deep + "1";
              }()),
              "formula.size");
  auto formula = Formula::parse("1 + 2", names);
  std::size_t steps = 2;
  EXPECT_EQ(formula->evaluate(kRow, 0, steps).error().reason(), "formula.steps");
}

TEST(Formula, survives_any_text) {
  constexpr std::string_view pieces[] = {"a", "b",   "t",  "(",    ")",     ",",   "+",    "-",
                                         "*", "/",   "if", "min(", "round", "1.5", "and",  "or",
                                         "<", "not", "=",  "null", "\xFF",  "9",   "true", " "};
  const std::uint64_t seed = SystemRandom().next();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  int good = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto n = random.next() % 12; n > 0; --n) text += pieces[random.next() % std::size(pieces)];
    auto formula = Formula::parse(text, names);
    if (!formula) continue;
    ++good;
    std::vector<Value> row(4);
    for (auto& value : row)
      if (random.next() % 4 != 0) value = static_cast<std::int64_t>(random.next());
    std::size_t steps = kMaxFormulaSteps;
    (void)formula->evaluate(row, static_cast<std::uint8_t>(random.next() % 10), steps);
  }
  EXPECT_GT(good, 100);
}

TEST(Formula, agrees_with_the_decimals_of_the_base_room) {
  const std::uint64_t seed = SystemRandom().next();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  const auto formula = Formula::parse("round(a * b, 2) - n", names);
  for (int round = 0; round < 5000; ++round) {
    const auto a = static_cast<std::int64_t>(random.next() % 2'000'001) - 1'000'000;
    const auto b = static_cast<std::int64_t>(random.next() % 2'000'001) - 1'000'000;
    const auto n = static_cast<std::int64_t>(random.next() % 2001) - 1000;
    std::size_t steps = kMaxFormulaSteps;
    const auto got = formula->evaluate(std::vector<Value>{a, b, n}, 2, steps);
    const auto want =
        Decimal::of(a, 2).times_rounded(Decimal::of(b, 3), 2)->minus(Decimal::of(n, 0));
    ASSERT_EQ(std::get<std::int64_t>(*got), want->units()) << a << ' ' << b << ' ' << n;
  }
}

}  // namespace
}  // namespace tenon::data
