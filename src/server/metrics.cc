#include "server/metrics.h"

#include <dirent.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>
#include <tuple>

namespace tenon::server {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

const Histogram::BucketBoundaries kSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                              0.1,   0.25,   0.5,   1,    2.5,   10};
constexpr double kMicro = 1e-6;

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

double open_descriptors() {
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir("/proc/self/fd"));
  double count = -3;  // ".", ".." and the folder itself
  while (folder && ::readdir(folder.get()) != nullptr) ++count;
  return count;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * kMicro;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double since_epoch(Timestamp time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

using Labels = std::pair<std::string, std::string>;
using LabelViews = std::pair<std::string_view, std::string_view>;
/// So that a lookup copies nothing.
struct Less {
  using is_transparent = void;
  static LabelViews views(const Labels& labels) { return {labels.first, labels.second}; }
  static LabelViews views(LabelViews labels) { return labels; }
  bool operator()(const auto& left, const auto& right) const { return views(left) < views(right); }
};

struct RouteSeries {
  std::string method;
  std::string route;
  Histogram* seconds = nullptr;
  std::map<int, Counter*> by_status;
};

struct PluginSeries {
  Counter* calls = nullptr;
  Counter* failed = nullptr;
  Counter* fuel = nullptr;
  Counter* guest_seconds = nullptr;
  Counter* queries = nullptr;
  Counter* rows_read = nullptr;
  Counter* rows_written = nullptr;
  Counter* events = nullptr;
};

}  // namespace

struct Metrics::Impl {
  Impl(Sources given, const Clock& the_clock) : sources(std::move(given)), clock(the_clock) {}

  Family<Counter>& counters(const std::string& name, const std::string& help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  Gauge& gauge(const std::string& name, const std::string& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
  }

  RouteSeries& series_of(std::string_view method, std::string_view route);
  PluginSeries& series_of_plugin(std::string_view tenant, std::string_view plugin);

  const Sources sources;
  const Clock& clock;
  prometheus::Registry registry;
  Family<Counter>& requests = counters("tenon_http_requests_total", "Requests answered.");
  Family<Histogram>& seconds = prometheus::BuildHistogram()
                                   .Name("tenon_http_request_seconds")
                                   .Help("Time from a request's head to its answer.")
                                   .Register(registry);
  Counter& received = counters("tenon_http_received_bytes_total", "Bodies taken.").Add({});
  Counter& sent = counters("tenon_http_sent_bytes_total", "Answers sent.").Add({});
  Counter& shed = counters("tenon_http_shed_total", "Requests refused because of load.").Add({});
  Counter& turned_away = counters("tenon_http_turned_away_total", "Connections refused.").Add({});
  Counter& pauses =
      counters("tenon_http_accept_pauses_total", "Times accepting has paused.").Add({});
  Counter& dropped = counters("tenon_log_dropped_total", "Log lines dropped.").Add({});
  Counter& cpu = counters("process_cpu_seconds_total", "Processor time used.").Add({});
  Gauge& connections = gauge("tenon_http_connections", "Open connections.");
  Gauge& in_flight = gauge("tenon_http_requests_in_flight", "Requests that run.");
  Gauge& waiting = gauge("tenon_http_requests_waiting", "Requests that wait for their turn.");
  Gauge& served = gauge("tenon_tenants_served", "Tenants whose database answers.");
  Gauge& away = gauge("tenon_tenants_away", "Tenants whose database does not answer.");
  Gauge& read_only = gauge("tenon_tenants_read_only", "Tenants that take no changes any more.");
  Counter& commits = counters("tenon_storage_commits_total", "Transactions made durable.").Add({});
  Counter& units = counters("tenon_storage_units_total", "Units of work acknowledged.").Add({});
  Counter& reruns = counters("tenon_storage_reruns_total", "Units of work run again.").Add({});
  Gauge& expires = gauge("tenon_tls_certificate_expires_seconds", "When the certificate ends.");
  Gauge& resident = gauge("process_resident_memory_bytes", "Memory in use.");
  Gauge& descriptors = gauge("process_open_fds", "Open file descriptors.");
  Gauge& started = gauge("process_start_time_seconds", "When the process began.");

  Family<Counter>& calls = counters("tenon_plugin_calls_total", "Calls of a plugin.");
  Family<Counter>& failed = counters("tenon_plugin_failed_total", "Calls that failed.");
  Family<Counter>& fuel = counters("tenon_plugin_fuel_total", "Fuel burnt.");
  Family<Counter>& guest_seconds =
      counters("tenon_plugin_guest_seconds_total", "Time in the plugin's own code.");
  Family<Counter>& queries = counters("tenon_plugin_queries_total", "Questions asked.");
  Family<Counter>& rows_read = counters("tenon_plugin_rows_read_total", "Rows read.");
  Family<Counter>& rows_written = counters("tenon_plugin_rows_written_total", "Rows written.");
  Family<Counter>& events = counters("tenon_plugin_events_total", "Events published.");

  std::mutex mutex;
  std::map<Labels, RouteSeries, Less> routes;
  std::map<Labels, PluginSeries, Less> plugins;
  std::size_t request_series = 0;
};

RouteSeries& Metrics::Impl::series_of(std::string_view method, std::string_view route) {
  if (route.empty()) route = "none";
  if (method.empty()) method = "none";
  if (const auto found = routes.find(LabelViews{method, route}); found != routes.end())
    return found->second;
  Labels key{method, route};
  if (request_series >= kMostSeries) key = {"other", "other"};
  RouteSeries& made = routes[key];
  if (made.seconds != nullptr) return made;
  std::tie(made.method, made.route) = key;
  made.seconds = &seconds.Add({{"method", made.method}, {"route", made.route}}, kSeconds);
  return made;
}

PluginSeries& Metrics::Impl::series_of_plugin(std::string_view tenant, std::string_view plugin) {
  if (const auto found = plugins.find(LabelViews{tenant, plugin}); found != plugins.end())
    return found->second;
  Labels key{tenant, plugin};
  if (plugins.size() >= kMostSeries) key = {"other", "other"};
  PluginSeries& made = plugins[key];
  if (made.calls != nullptr) return made;
  const prometheus::Labels labels{{"tenant", key.first}, {"plugin", key.second}};
  made = {.calls = &calls.Add(labels),
          .failed = &failed.Add(labels),
          .fuel = &fuel.Add(labels),
          .guest_seconds = &guest_seconds.Add(labels),
          .queries = &queries.Add(labels),
          .rows_read = &rows_read.Add(labels),
          .rows_written = &rows_written.Add(labels),
          .events = &events.Add(labels)};
  return made;
}

Metrics::Metrics(Sources sources, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(sources), clock)) {
  impl_->started.Set(since_epoch(clock.now()));
  prometheus::BuildGauge()
      .Name("tenon_build_info")
      .Help("The version that runs.")
      .Register(impl_->registry)
      .Add({{"version", TENON_PLATFORM_VERSION}})
      .Set(1);
}

Metrics::~Metrics() = default;

void Metrics::count(const http::Exchange& exchange) {
  Counter* counter = nullptr;
  Histogram* seconds = nullptr;
  {
    const std::scoped_lock lock(impl_->mutex);
    RouteSeries& series = impl_->series_of(exchange.method, exchange.route);
    Counter*& by_status = series.by_status[exchange.status];
    if (by_status == nullptr) {
      ++impl_->request_series;
      by_status = &impl_->requests.Add({{"method", series.method},
                                        {"route", series.route},
                                        {"status", std::to_string(exchange.status)}});
    }
    counter = by_status;
    seconds = series.seconds;
  }
  counter->Increment();
  seconds->Observe(std::chrono::duration<double>(exchange.took).count());
  impl_->received.Increment(static_cast<double>(exchange.received_bytes));
  impl_->sent.Increment(static_cast<double>(exchange.sent_bytes));
}

void Metrics::count(std::string_view tenant, std::string_view plugin, const plugins::Bill& bill,
                    bool failed) {
  PluginSeries series;
  {
    const std::scoped_lock lock(impl_->mutex);
    series = impl_->series_of_plugin(tenant, plugin);
  }
  series.calls->Increment();
  if (failed) series.failed->Increment();
  series.fuel->Increment(static_cast<double>(bill.engine.fuel));
  series.guest_seconds->Increment(std::chrono::duration<double>(bill.engine.guest_time).count());
  series.queries->Increment(static_cast<double>(bill.queries));
  series.rows_read->Increment(static_cast<double>(bill.rows_read));
  series.rows_written->Increment(static_cast<double>(bill.rows_written));
  series.events->Increment(static_cast<double>(bill.events));
}

std::string Metrics::text() {
  // Counters that others keep are brought to where they are; two who ask at once must not do it
  // twice. A sum over tenants misses those that have gone away: it then stands still, and never
  // falls.
  const std::scoped_lock lock(impl_->mutex);
  const auto bring = [](Counter& counter, double to) {
    counter.Increment(std::max(0.0, to - counter.Value()));
  };
  const http::Server::Figures edge = impl_->sources.edge();
  impl_->connections.Set(static_cast<double>(edge.connections));
  impl_->in_flight.Set(static_cast<double>(edge.in_flight));
  impl_->waiting.Set(static_cast<double>(edge.waiting));
  bring(impl_->shed, static_cast<double>(edge.shed));
  bring(impl_->turned_away, static_cast<double>(edge.turned_away));
  bring(impl_->pauses, static_cast<double>(edge.pauses));
  bring(impl_->dropped, static_cast<double>(impl_->sources.dropped_log_lines()));
  bring(impl_->cpu, cpu_seconds());
  const auto tenants = impl_->sources.tenants();
  impl_->served.Set(static_cast<double>(tenants.served));
  impl_->away.Set(static_cast<double>(tenants.away));
  impl_->read_only.Set(static_cast<double>(tenants.read_only));
  bring(impl_->commits, static_cast<double>(tenants.storage.commits));
  bring(impl_->units, static_cast<double>(tenants.storage.members));
  bring(impl_->reruns, static_cast<double>(tenants.storage.reruns));
  if (const auto expires = impl_->sources.certificate_expires())
    impl_->expires.Set(since_epoch(*expires));
  impl_->resident.Set(resident_bytes());
  impl_->descriptors.Set(open_descriptors());
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace tenon::server
