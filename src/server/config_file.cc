#include "server/config_file.h"

#include <fstream>
#include <sstream>

#include "plugins/manifest/toml.h"
#include "server/settings.h"

namespace tenon::server {
namespace {

using plugins::TomlKind;
using plugins::TomlMember;
using plugins::TomlValue;

std::optional<SettingValue> value_of(const TomlValue& value) {
  switch (value.kind) {
    case TomlKind::text:
      return value.text;
    case TomlKind::integer:
      return value.integer;
    case TomlKind::real:
      return value.real;
    case TomlKind::boolean:
      return value.boolean;
    case TomlKind::array: {
      std::vector<std::string> texts;
      for (const TomlValue& item : value.items) {
        if (item.kind != TomlKind::text) return std::nullopt;
        texts.push_back(item.text);
      }
      return texts;
    }
    default:
      return std::nullopt;
  }
}

bool is_section(std::string_view key) {
  for (const Setting& setting : settings())
    if (setting.key.starts_with(key) && setting.key.substr(key.size()).starts_with('.'))
      return true;
  return false;
}

class Applying {
 public:
  Applying(Config& config, std::string file) : config_(config), file_(std::move(file)) {}

  void apply(const TomlValue& table, const std::string& prefix) {
    for (const TomlMember& member : table.members) {
      const std::string key = prefix + member.key;
      if (member.value.kind == TomlKind::table && prefix.empty() && is_section(key)) {
        apply(member.value, key + ".");
      } else if (prefix.empty() && is_section(key)) {
        wrong(member.place, "\"" + key + "\" is a table: write [" + key + "]");
      } else if (const Setting* setting = find_setting(key)) {
        put(*setting, member.value);
      } else {
        const auto similar = similar_setting(key);
        wrong(member.place,
              "unknown key \"" + key + "\"" + (similar.empty() ? "" : "; " + similar));
      }
    }
  }

  void wrong(plugins::Place place, const std::string& what) {
    errors_.append(errors_.empty() ? "" : "\n")
        .append(file_ + ":" + std::to_string(place.line) + ":" + std::to_string(place.column))
        .append(": " + what);
  }

  [[nodiscard]] Result<> done() {
    if (errors_.empty()) return {};
    return fail(Error(ErrorCode::invalid, std::move(errors_)).because("config.invalid"));
  }

 private:
  void put(const Setting& setting, const TomlValue& written) {
    const auto value = value_of(written);
    if (value && setting.put(config_, *value)) return;
    wrong(written.place, std::string(setting.key) + " wants " + setting.wants + ", but this is " +
                             std::string(describe(written.kind)));
  }

  Config& config_;
  const std::string file_;
  std::string errors_;
};

/// Paths of a file are taken from its folder, so that they mean the same wherever it is used.
template <class Path>
void resolve(Path& path, const Path& before, const std::filesystem::path& folder) {
  if (path == before) return;
  const std::filesystem::path written(path);
  if (!written.empty() && written.is_relative() && written != "-")
    path = (folder / written).lexically_normal().string();
}

}  // namespace

Result<> apply_config(Config& config, std::string_view text, const std::string& file) {
  Applying applying(config, file);
  const Config before = config;
  const auto parsed = plugins::parse_toml(text);
  if (parsed) {
    applying.apply(*parsed, "");
  } else {
    applying.wrong({parsed.error().line, parsed.error().column}, parsed.error().message);
  }
  TENON_TRY(applying.done());
  const auto folder = std::filesystem::path(file).parent_path();
  resolve(config.data, before.data, folder);
  resolve(config.web, before.web, folder);
  resolve(config.plugins, before.plugins, folder);
  resolve(config.http.tls.certificate, before.http.tls.certificate, folder);
  resolve(config.http.tls.key, before.http.tls.key, folder);
  resolve(config.log.file, before.log.file, folder);
  resolve(config.log.access_file, before.log.access_file, folder);
  resolve(config.key_file, before.key_file, folder);
  resolve(config.backup.directory, before.backup.directory, folder);
  resolve(config.outbound_ca, before.outbound_ca, folder);
  resolve(config.metrics_token_file, before.metrics_token_file, folder);
  return {};
}

Result<> load_config(Config& config, const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream || text.str().size() > std::size_t{256} * 1024)
    return fail(Error(ErrorCode::invalid, "the configuration file " + file +
                                              " cannot be read, or is larger than 256 KiB")
                    .because("config.file"));
  return apply_config(config, text.str(), file);
}

}  // namespace tenon::server
