#pragma once
// What an operator can set. Every bound has its default on; a benchmark or a proxy raises it by
// name.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "http/options.h"

namespace tenon::server {

struct Config {
  std::filesystem::path data;  // tenants/, native/
  std::filesystem::path web;   // the built web application; empty: none is served
  http::Options http;
  std::size_t guest_threads = 1;
  std::string public_url;  // `https://erp.example.com`: where people reach this server; for links
  std::uint32_t sign_ins_per_address =
      30;                         // attempts a minute; a proxy hides many people behind one
  bool outbound_private = false;  // companies may name services in private networks
  std::filesystem::path
      outbound_ca;                 // PEM of authorities that those may have their certificates of
  std::filesystem::path key_file;  // seals what is stored encrypted; empty: secret.key in `data`
  bool demo = false;               // make a tenant `demo` with user demo / demo; loopback only
  std::size_t demo_rows = 10'000;
  std::string demo_database;  // postgresql://… of a new demo tenant; empty: a file
  std::filesystem::path
      plugins;  // first-party plugins: crm/plugin.toml, crm/plugin.wasm, crm/demo/words.json
};

}  // namespace tenon::server
