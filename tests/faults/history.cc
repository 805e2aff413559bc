#include "history.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>

namespace tenon::testing {
namespace {

enum class Edge : std::uint8_t { ww, wr, rw };
using Lists = std::vector<std::uint64_t>;

bool is_prefix(const Lists& shorter, const Lists& longer) {
  return shorter.size() <= longer.size() &&
         std::equal(shorter.begin(), shorter.end(), longer.begin());
}

class Checker {
 public:
  explicit Checker(const std::vector<Transaction>& history)
      : history_(history), edges_(history.size()) {}

  std::vector<std::string> check() {
    index();
    for (std::size_t t = 0; t < history_.size(); ++t)
      if (history_[t].fate == Fate::committed) look_at(t);
    look_at_orders();
    for (std::size_t t = 0; t < history_.size(); ++t)
      if (history_[t].fate == Fate::committed) connect(t);
    look_for_cycles();
    return {found_.begin(), found_.end()};
  }

 private:
  struct Writer {
    std::size_t transaction = 0;
    bool last = false;  // of its appends to this key
  };
  using Place = std::pair<std::uint32_t, std::uint64_t>;  // key, value

  void index() {
    for (std::size_t t = 0; t < history_.size(); ++t) {
      std::map<std::uint32_t, std::uint64_t> last;
      for (const auto& op : history_[t].ops) {
        if (op.kind == Op::Kind::append) {
          writers_[{op.key, op.value}] = {.transaction = t};
          last[op.key] = op.value;
        } else if (history_[t].fate == Fate::committed &&
                   op.list.size() > longest_[op.key].size()) {
          longest_[op.key] = op.list;
        }
      }
      for (const auto& [key, value] : last) writers_[{key, value}].last = true;
    }
  }

  /// What one transaction shows by itself.
  void look_at(std::size_t t) {
    std::map<std::uint32_t, Lists> own;  // appended so far
    std::map<std::uint32_t, Lists> seen;
    for (const auto& op : history_[t].ops) {
      if (op.kind == Op::Kind::append) {
        own[op.key].push_back(op.value);
        if (const auto known = seen.find(op.key); known != seen.end())
          known->second.push_back(op.value);
        continue;
      }
      const auto& mine = own[op.key];
      if (!std::equal(mine.rbegin(), mine.rend(), op.list.rbegin(),
                      op.list.rbegin() +
                          static_cast<std::ptrdiff_t>(std::min(mine.size(), op.list.size()))))
        found_.insert("internal");
      if (const auto known = seen.find(op.key); known != seen.end() && known->second != op.list)
        found_.insert("internal");
      seen[op.key] = op.list;
      if (std::set(op.list.begin(), op.list.end()).size() != op.list.size())
        found_.insert("duplicate");
      for (const auto value : op.list) {
        const auto writer = writers_.find({op.key, value});
        if (writer == writers_.end() || history_[writer->second.transaction].fate == Fate::aborted)
          found_.insert("G1a");
      }
      if (op.list.empty()) continue;
      const auto newest = writers_.find({op.key, op.list.back()});
      if (newest != writers_.end() && newest->second.transaction != t && !newest->second.last)
        found_.insert("G1b");
    }
  }

  void look_at_orders() {
    std::unordered_map<std::uint32_t, std::map<std::uint64_t, std::size_t>> place;
    for (const auto& [key, list] : longest_)
      for (std::size_t i = 0; i < list.size(); ++i) place[key][list[i]] = i;
    // Per key: acknowledged appends in the order of their acknowledgement.
    std::map<std::uint32_t, std::vector<std::pair<std::uint64_t, std::uint64_t>>> told;
    for (const auto& transaction : history_) {
      if (transaction.fate != Fate::committed) continue;
      for (const auto& op : transaction.ops) {
        if (op.kind == Op::Kind::append)
          told[op.key].emplace_back(transaction.acknowledged, op.value);
        else if (!is_prefix(op.list, longest_[op.key]))
          found_.insert("order");
      }
    }
    for (auto& [key, appends] : told) std::ranges::sort(appends);
    for (const auto& transaction : history_) {
      if (transaction.fate != Fate::committed || transaction.began == 0) continue;
      for (const auto& op : transaction.ops) {
        if (op.kind != Op::Kind::read) continue;
        for (const auto& [when, value] : told[op.key]) {
          if (when == 0 || when >= transaction.began) break;
          const auto at = place[op.key].find(value);
          if (at == place[op.key].end() || at->second >= op.list.size()) found_.insert("lost");
        }
      }
    }
  }

  void add(std::size_t from, std::size_t to, Edge kind) {
    if (from != to) edges_[from].push_back({to, kind});
  }

  void connect(std::size_t t) {
    for (const auto& op : history_[t].ops) {
      const auto& order = longest_[op.key];
      if (op.kind == Op::Kind::read) {
        if (!is_prefix(op.list, order)) continue;
        if (!op.list.empty())
          if (const auto from = writers_.find({op.key, op.list.back()}); from != writers_.end())
            add(from->second.transaction, t, Edge::wr);
        if (op.list.size() < order.size())
          if (const auto next = writers_.find({op.key, order[op.list.size()]});
              next != writers_.end())
            add(t, next->second.transaction, Edge::rw);
        continue;
      }
      const auto here = std::ranges::find(order, op.value);
      if (here == order.end() || here == order.begin()) continue;
      if (const auto before = writers_.find({op.key, *std::prev(here)}); before != writers_.end())
        add(before->second.transaction, t, Edge::ww);
    }
  }

  /// Numbers the strongly connected parts of the graph made of the edges that `use` takes.
  std::vector<std::size_t> parts(const std::function<bool(Edge)>& use) const {
    constexpr auto kNone = SIZE_MAX;
    const auto n = history_.size();
    std::vector<std::size_t> part(n, kNone), low(n), number(n, kNone), open;
    std::size_t next = 0;
    std::size_t count = 0;
    struct Frame {
      std::size_t node, edge;
    };
    for (std::size_t root = 0; root < n; ++root) {
      if (number[root] != kNone) continue;
      std::vector<Frame> stack{{root, 0}};
      while (!stack.empty()) {
        auto& [node, edge] = stack.back();
        if (edge == 0 && number[node] == kNone) {
          number[node] = low[node] = next++;
          open.push_back(node);
        }
        bool deeper = false;
        for (; edge < edges_[node].size(); ++edge) {
          const auto [to, kind] = edges_[node][edge];
          if (!use(kind)) continue;
          if (number[to] == kNone) {
            stack.push_back({to, 0});
            deeper = true;
            break;
          }
          if (part[to] == kNone) low[node] = std::min(low[node], low[to]);
        }
        if (deeper) continue;
        const auto done = node;
        if (low[done] == number[done]) {
          for (std::size_t member = kNone; member != done;) {
            member = open.back();
            open.pop_back();
            part[member] = count;
          }
          ++count;
        }
        stack.pop_back();
        if (!stack.empty()) low[stack.back().node] = std::min(low[stack.back().node], low[done]);
      }
    }
    return part;
  }

  /// Whether an edge of `kind` lies on a cycle of the edges that `use` takes.
  bool cycle_with(Edge kind, const std::function<bool(Edge)>& use) const {
    const auto part = parts(use);
    for (std::size_t t = 0; t < edges_.size(); ++t)
      for (const auto& [to, what] : edges_[t])
        if (what == kind && part[t] == part[to]) return true;
    return false;
  }

  /// Whether `to` reaches `from` over writes and reads alone, inside one part.
  bool reaches(std::size_t from, std::size_t to, const std::vector<std::size_t>& part) const {
    std::vector<std::size_t> waiting{from};
    std::set<std::size_t> visited{from};
    while (!waiting.empty()) {
      const auto node = waiting.back();
      waiting.pop_back();
      if (node == to) return true;
      for (const auto& [next, kind] : edges_[node])
        if (kind != Edge::rw && part[next] == part[to] && visited.insert(next).second)
          waiting.push_back(next);
    }
    return false;
  }

  void look_for_cycles() {
    if (cycle_with(Edge::ww, [](Edge e) { return e == Edge::ww; })) found_.insert("G0");
    if (cycle_with(Edge::wr, [](Edge e) { return e != Edge::rw; })) found_.insert("G1c");
    const auto part = parts([](Edge) { return true; });
    for (std::size_t t = 0; t < edges_.size(); ++t)
      for (const auto& [to, kind] : edges_[t])
        if (kind == Edge::rw && part[t] == part[to])
          found_.insert(reaches(to, t, part) ? "G-single" : "G2");
  }

  const std::vector<Transaction>& history_;
  std::vector<std::vector<std::pair<std::size_t, Edge>>> edges_;
  std::map<Place, Writer> writers_;
  std::map<std::uint32_t, Lists> longest_;
  std::set<std::string> found_;
};

}  // namespace

std::vector<std::string> anomalies(const std::vector<Transaction>& history) {
  return Checker(history).check();
}

}  // namespace tenon::testing
