#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/decimal.h"
#include "data/formula.h"

namespace tenon::data {
namespace {

using Op = Formula::Op;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_word(char c) noexcept { return (c >= 'a' && c <= 'z') || c == '_' || is_digit(c); }

struct Function {
  std::string_view name;
  Op op;
  std::size_t least, most;
};
constexpr std::size_t kMany = 32;
constexpr std::array kFunctions = {
    Function{"round", Op::round, 2, 2},     Function{"min", Op::minimum, 2, kMany},
    Function{"max", Op::maximum, 2, kMany}, Function{"abs", Op::absolute, 1, 1},
    Function{"if", Op::choose, 3, 3},       Function{"coalesce", Op::coalesce, 2, kMany},
};

}  // namespace

/// Recursive descent over at most kMaxFormulaBytes; every step down is counted.
class FormulaParser {
 public:
  FormulaParser(std::string_view text, const FormulaNames& names) : text_(text), names_(names) {}

  Result<Formula> run() {
    if (text_.size() > kMaxFormulaBytes) return wrong("formula.size", "the text is too long");
    TENON_ASSIGN(root, disjunction());
    skip();
    if (at_ != text_.size()) return wrong("formula.syntax", "something is left over");
    made_.root_ = root.node;
    made_.kind_ = root.type == Type::truth ? Formula::Kind::truth : Formula::Kind::number;
    std::ranges::sort(made_.columns_);
    const auto same = std::ranges::unique(made_.columns_);
    made_.columns_.erase(same.begin(), same.end());
    return std::move(made_);
  }

 private:
  enum class Type : std::uint8_t { number, truth, any };  // any: null
  struct Part {
    std::uint16_t node = 0;
    Type type = Type::any;
  };
  class Deeper {
   public:
    explicit Deeper(std::size_t& depth) : depth_(depth) { ++depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    ~Deeper() { --depth_; }

   private:
    std::size_t& depth_;
  };

  std::unexpected<Error> wrong(std::string reason, std::string_view what) const {
    return fail(Error(ErrorCode::invalid, fmt::format("The formula is wrong at byte {}: {}.",
                                                      std::min(at_, text_.size()), what))
                    .because(std::move(reason)));
  }

  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t'))
      ++at_;
  }
  bool take(std::string_view symbol) {
    skip();
    if (!text_.substr(at_).starts_with(symbol)) return false;
    at_ += symbol.size();
    return true;
  }
  bool take_word(std::string_view word) {
    skip();
    const auto end = at_ + word.size();
    if (!text_.substr(at_).starts_with(word) || (end < text_.size() && is_word(text_[end])))
      return false;
    at_ = end;
    return true;
  }

  Result<Part> add(Formula::Node node, Type type) {
    if (made_.nodes_.size() >= kMaxFormulaNodes)
      return wrong("formula.size", "it has too many parts");
    made_.nodes_.push_back(std::move(node));
    return Part{static_cast<std::uint16_t>(made_.nodes_.size() - 1), type};
  }
  Result<Part> join(Op op, Part left, Part right, Type operand, Type result) {
    TENON_TRY(expect(left, operand));
    TENON_TRY(expect(right, operand));
    return add({.op = op, .operands = {left.node, right.node}}, result);
  }
  Result<> expect(Part part, Type type) const {
    if (part.type == type || part.type == Type::any) return {};
    return wrong("formula.type", type == Type::number ? "a number is expected, not a condition"
                                                      : "a condition is expected, not a number");
  }

  Result<Part> disjunction() {
    const Deeper deeper(depth_);
    if (depth_ > kMaxFormulaDepth) return wrong("formula.size", "it is nested too deeply");
    TENON_ASSIGN(left, conjunction());
    while (take_word("or")) {
      TENON_ASSIGN(right, conjunction());
      TENON_ASSIGN(both, join(Op::logical_or, left, right, Type::truth, Type::truth));
      left = both;
    }
    return left;
  }
  Result<Part> conjunction() {
    TENON_ASSIGN(left, negation());
    while (take_word("and")) {
      TENON_ASSIGN(right, negation());
      TENON_ASSIGN(both, join(Op::logical_and, left, right, Type::truth, Type::truth));
      left = both;
    }
    return left;
  }
  Result<Part> negation() {
    if (!take_word("not")) return comparison();
    const Deeper deeper(depth_);
    if (depth_ > kMaxFormulaDepth) return wrong("formula.size", "it is nested too deeply");
    TENON_ASSIGN(inner, negation());
    TENON_TRY(expect(inner, Type::truth));
    return add({.op = Op::logical_not, .operands = {inner.node}}, Type::truth);
  }
  Result<Part> comparison() {
    TENON_ASSIGN(left, sum());
    struct Sign {
      std::string_view text;
      Op op;
      bool swapped;
    };
    constexpr std::array signs = {
        Sign{"!=", Op::not_equal, false}, Sign{"<=", Op::less_equal, false},
        Sign{">=", Op::less_equal, true}, Sign{"<", Op::less, false},
        Sign{">", Op::less, true},        Sign{"=", Op::equal, false}};
    const auto* const sign =
        std::ranges::find_if(signs, [&](const Sign& one) { return take(one.text); });
    if (sign == signs.end()) return left;
    TENON_ASSIGN(right, sum());
    const bool truths = sign->op == Op::equal || sign->op == Op::not_equal;
    const auto type = truths && (left.type == Type::truth || right.type == Type::truth)
                          ? Type::truth
                          : Type::number;
    return sign->swapped ? join(sign->op, right, left, type, Type::truth)
                         : join(sign->op, left, right, type, Type::truth);
  }
  Result<Part> sum() {
    TENON_ASSIGN(left, product());
    for (;;) {
      const bool plus = take("+");
      if (!plus && !take("-")) return left;
      TENON_ASSIGN(right, product());
      TENON_ASSIGN(both,
                   join(plus ? Op::add : Op::subtract, left, right, Type::number, Type::number));
      left = both;
    }
  }
  Result<Part> product() {
    TENON_ASSIGN(left, unary());
    for (;;) {
      const bool times = take("*");
      if (!times && !take("/")) return left;
      TENON_ASSIGN(right, unary());
      TENON_ASSIGN(
          both, join(times ? Op::multiply : Op::divide, left, right, Type::number, Type::number));
      left = both;
    }
  }
  Result<Part> unary() {
    if (!take("-")) return primary();
    const Deeper deeper(depth_);
    if (depth_ > kMaxFormulaDepth) return wrong("formula.size", "it is nested too deeply");
    TENON_ASSIGN(inner, unary());
    TENON_TRY(expect(inner, Type::number));
    return add({.op = Op::negate, .operands = {inner.node}}, Type::number);
  }

  Result<Part> primary() {
    skip();
    if (take("(")) {
      TENON_ASSIGN(inner, disjunction());
      if (!take(")")) return wrong("formula.syntax", "\")\" is expected");
      return inner;
    }
    if (at_ < text_.size() && is_digit(text_[at_])) return number();
    if (at_ < text_.size() && is_word(text_[at_])) return word();
    return wrong("formula.syntax", "a number, a field or \"(\" is expected");
  }
  Result<Part> number() {
    const auto from = at_;
    while (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.')) ++at_;
    const auto parsed = Decimal::parse(text_.substr(from, at_ - from));
    if (!parsed) return wrong("formula.syntax", "this is no number of at most nine decimals");
    return add({.op = Op::number,
                .units = parsed->units(),
                .scale = static_cast<std::uint8_t>(parsed->scale()),
                .operands = {}},
               Type::number);
  }
  Result<Part> word() {
    const auto from = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    const auto name = text_.substr(from, at_ - from);
    if (name == "null") return add({}, Type::any);
    if (name == "true" || name == "false")
      return add({.op = Op::truth, .units = name == "true" ? 1 : 0, .operands = {}}, Type::truth);
    if (take("(")) {
      const auto* const function = std::ranges::find(kFunctions, name, &Function::name);
      if (function == kFunctions.end())
        return wrong("formula.name",
                     fmt::format("there is no function \"{}\"", name.substr(0, 40)));
      return call(*function);
    }
    const auto field = names_(name);
    if (!field)
      return wrong("formula.name",
                   fmt::format("\"{}\" is no field with a number", name.substr(0, 40)));
    made_.columns_.push_back(field->column);
    return add({.op = Op::field, .scale = field->scale, .column = field->column, .operands = {}},
               field->kind == FormulaField::Kind::truth ? Type::truth : Type::number);
  }
  Result<Part> call(const Function& function) {
    std::vector<Part> parts;
    do {
      TENON_ASSIGN(part, disjunction());
      parts.push_back(part);
    } while (parts.size() <= function.most && take(","));
    if (!take(")")) return wrong("formula.syntax", "\")\" or \",\" is expected");
    if (parts.size() < function.least || parts.size() > function.most)
      return wrong("formula.syntax",
                   fmt::format("\"{}\" takes another number of values", function.name));
    Formula::Node node{.op = function.op, .operands = {}};
    auto type = Type::number;
    if (function.op == Op::choose) TENON_TRY(expect(parts.front(), Type::truth));
    const std::size_t first = function.op == Op::choose ? 1 : 0;
    if (function.op == Op::choose || function.op == Op::coalesce) {
      type = Type::any;
      for (const auto& part : std::span(parts).subspan(first))
        if (part.type != Type::any) type = part.type;
    }
    for (const auto& part : std::span(parts).subspan(first))
      if (type != Type::any) TENON_TRY(expect(part, type));
    if (function.op == Op::round) {
      const auto& digits = made_.nodes_[parts[1].node];
      if (digits.op != Op::number || digits.scale != 0 || digits.units > Decimal::kMaxScale)
        return wrong("formula.type", "round() takes a number of digits, 0 to 9");
      node.units = digits.units;
      parts.pop_back();
    }
    for (const auto& part : parts) node.operands.push_back(part.node);
    return add(std::move(node), type);
  }

  std::string_view text_;
  const FormulaNames& names_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  Formula made_;
};

std::string rename_fields(std::string_view text,
                          const std::function<std::string(std::string_view)>& rename) {
  constexpr std::array words = {"null", "true", "false", "and", "or", "not"};
  std::string made;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_word(text[at])) {
      made += text[at++];
      continue;
    }
    const auto from = at;
    while (at < text.size() && is_word(text[at])) ++at;
    const auto word = text.substr(from, at - from);
    const auto behind = text.find_first_not_of(" \n\t", at);
    const bool called = behind != std::string_view::npos && text[behind] == '(';
    const bool ours =
        called || is_digit(word.front()) || std::ranges::find(words, word) != words.end();
    made += ours ? std::string(word) : rename(word);
  }
  return made;
}

Result<Formula> Formula::parse(std::string_view text, const FormulaNames& names) {
  return FormulaParser(text, names).run();
}

}  // namespace tenon::data
