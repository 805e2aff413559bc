#pragma once
// What an operator can set. Every bound has its default on; a benchmark or a proxy raises it by
// name (see settings.h for the names).

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>

#include "api/throttle.h"
#include "base/limits.h"
#include "data/files/files.h"
#include "http/options.h"
#include "services/backups/backups.h"

namespace tenon::server {

enum class LogLevel : std::uint8_t { info, warning, error };
enum class LogFormat : std::uint8_t { json, text };

struct LogOptions {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
  std::string file;         // empty: standard error
  bool access = true;       // one line for each request
  std::string access_file;  // empty: access.jsonl in the folder log/ of the data; "-": `file`
  std::size_t rotate_bytes = std::size_t{64} << 20;  // a file this large is set aside
  std::size_t keep_files = 8;                        // of those set aside
  std::size_t queue_bytes = std::size_t{4} << 20;    // lines that wait for the disk, then dropped
};

struct Config {
  std::filesystem::path data;  // tenants/, native/
  std::filesystem::path web;   // the built web application; empty: none is served
  std::string listen = "127.0.0.1:8080";
  http::Options http;
  std::size_t guest_threads = 1;
  std::chrono::milliseconds drain_notice{0};
  std::chrono::milliseconds drain_time{20'000};
  PackageLimits package;
  data::FileLimits files;
  api::ThrottleOptions throttle;
  std::uint32_t sign_ins_per_address = 30;  // attempts a minute
  std::chrono::milliseconds job_lease{30'000};
  std::chrono::milliseconds job_retry_pause{30'000};
  std::size_t jobs_running = 8;
  std::size_t jobs_running_per_tenant = 2;
  services::BackupOptions backup;
  LogOptions log;
  std::string metrics_token_file;     // holds the token of /metrics; empty: loopback only
  std::string public_url;             // `https://erp.example.com`: where people reach this server
  bool outbound_private = false;      // companies may name services in private networks
  std::filesystem::path outbound_ca;  // PEM: more authorities of those services' certificates
  std::filesystem::path key_file;     // seals what is stored encrypted; empty: secret.key in `data`
  bool demo = false;                  // make a tenant `demo` with user demo / demo; loopback only
  std::size_t demo_rows = 10'000;
  std::string demo_database;  // postgresql://… of a new demo tenant; empty: a file
  std::filesystem::path
      plugins;  // first-party plugins: crm/plugin.toml, crm/plugin.wasm, crm/demo/words.json
};

}  // namespace tenon::server
