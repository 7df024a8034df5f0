#include "worker/cli/options.hpp"

#include "config/keys.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>

namespace coldpress {

namespace {

constexpr const char* k_settings = "Settings, for this call only (see coldpress.toml(5))";
constexpr const char* k_hidden = "";
constexpr std::string_view k_feature = "features.local_thread_store_compression";

CLI::Option* add_flag(CLI::App& app, Options& options, const Key& key) {
  return app
      .add_option_function<std::vector<std::string>>(
          flag_of(key),
          [&options,
           name = std::string(key.name)](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              options.inputs.flags.emplace_back(name, text);
            }
          },
          std::string(key.meaning))
      ->type_name(std::string(key.written))
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

// A switch: --recompress, or --recompress=false.
CLI::Option* add_switch(CLI::App& app, Options& options, const Key& key) {
  return app.add_flag_function(
      flag_of(key),
      [&options, name = std::string(key.name)](std::int64_t count) {
        options.inputs.flags.emplace_back(name, count > 0 ? "true" : "false");
      },
      std::string(key.meaning));
}

} // namespace

std::string whole_number(const std::string& text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end
             ? ""
             : text + " is no whole number from 0 on that fits 64 bits";
}

void add_common(CLI::App& app, Options& options) {
  app.get_help_ptr()->description("show this help");
  add_flag(app, options, *find_key("store"));
  app.add_option("--config",
                 options.inputs.config_path,
                 "configuration file (default: see coldpress.toml(5))")
      ->type_name("FILE");
  app.add_flag("--json", options.json, "print one JSON object per line on stdout");
  app.add_flag("-q,--quiet", options.quiet, "print only errors and requested data");
}

bool names_setting(std::string_view used, std::string_view key) {
  for (const std::string& word : CLI::detail::split(std::string(used), ' ')) {
    if (key == word || key.starts_with(word + ".")) {
      return true;
    }
  }
  return false;
}

void add_settings(CLI::App& app, Options& options, std::string_view used) {
  auto* enable =
      app.add_option("--enable",
                     options.inputs.enable,
                     "turn a feature on for this call: local_thread_store_compression")
          ->type_name("FEATURE")
          ->expected(1)
          ->allow_extra_args(false)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  if (!names_setting(used, k_feature)) {
    enable->group(k_hidden);
  }
  for (const Key& key : all_keys()) {
    if (key.name == "store" || key.name == k_feature) {
      continue; // --store and --enable
    }
    CLI::Option* flag = key.name == "codec.recompress" ? add_switch(app, options, key)
                                                       : add_flag(app, options, key);
    flag->group(names_setting(used, key.name) ? k_settings : k_hidden);
  }
}

bool is_setting_flag(std::string_view flag) {
  const auto keys = all_keys();
  return std::any_of(
      keys.begin(), keys.end(), [&](const Key& key) { return flag_of(key) == flag; });
}

} // namespace coldpress
