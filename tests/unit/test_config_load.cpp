#include "config/keys.hpp"
#include "config/load.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

using namespace coldpress;
using std::chrono::hours;

namespace {

// A home of its own, so that nothing of the machine's is read but /etc, which --config
// keeps out.
struct Rig {
  TempDir dir;
  LoadInputs inputs;

  explicit Rig(const std::string& toml = "") {
    inputs.environment["HOME"] = "/home/ada";
    write("config.toml", toml);
    inputs.config_path = dir / "config.toml";
  }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(dir / name).parent_path());
    std::ofstream(dir / name, std::ios::binary) << text;
  }
  Result<LoadedSettings> load() const { return load_settings(inputs); }
};

EffectiveValue value_of(const LoadedSettings& loaded, std::string_view key) {
  const auto found = std::find_if(loaded.values.begin(),
                                  loaded.values.end(),
                                  [key](const auto& value) { return value.key == key; });
  REQUIRE(found != loaded.values.end());
  return *found;
}

std::string origin_of(const LoadedSettings& loaded, std::string_view key) {
  return value_of(loaded, key).origin;
}

} // namespace

TEST_CASE("without anything given, every setting is its default and says so") {
  const Rig rig;
  const auto loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.store == "/home/ada/.codex");
  CHECK(loaded->settings.state_dir == "/home/ada/.codex/coldpress");
  CHECK_FALSE(loaded->settings.compression_enabled);
  CHECK(loaded->settings.scan.cold_after == hours(7 * 24));
  CHECK(loaded->settings.limits.jobs == 2);
  REQUIRE(loaded->values.size() == all_keys().size());
  for (std::size_t at = 0; at < loaded->values.size(); ++at) {
    CAPTURE(loaded->values[at].key);
    CHECK(loaded->values[at].key == all_keys()[at].name);
    CHECK(loaded->values[at].origin == "default");
  }
}

TEST_CASE("every key is read from the file, with its line as the origin") {
  const Rig rig("store = '/srv/codex/'\n"
                "stores = []\n"
                "state_dir = '~/state'\n"
                "[features]\n"
                "local_thread_store_compression = true\n"
                "[scan]\n"
                "roots = ['archived', 'active']\n"
                "cold_after = '36h'\n"
                "settle = '90m'\n"
                "exclude = ['~/private/', '/srv/x', "
                "'01234567-89AB-cdef-0123-456789abcdef']\n"
                "active_without_lease = true\n"
                "[publish]\n"
                "reap_grace = '30s'\n"
                "[limits]\n"
                "jobs = 3\n"
                "memory = '1GiB'\n"
                "min_free = 1234\n"
                "read_rate = '50MiB'\n"
                "time_budget = '2h'\n"
                "[pressure]\n"
                "cpu = 90\n"
                "io = 'off'\n"
                "memory = 20\n"
                "on_battery = 'wait'\n"
                "min_free = '20GiB'\n"
                "cold_after = '2d'\n"
                "[serve]\n"
                "every = '6h'\n"
                "jitter = '5m'\n"
                "[codec]\n"
                "level = 19\n"
                "small_level = 12\n"
                "deep_after = '90d'\n"
                "window = 27\n"
                "recompress = true\n"
                "[compat]\n"
                "min_reader = '0.144.6'\n"
                "shared_history = 'skip'\n"
                "gone = ['0.135 until 2026-12-31', '0.136.0 until 2027-01-02']\n"
                "[catalog]\n"
                "enabled = true\n"
                "[metrics]\n"
                "textfile = '~/metrics'\n"
                "[log]\n"
                "level = 'debug'\n");
  const auto loaded = rig.load();
  REQUIRE(loaded.has_value());
  const Settings& s = loaded->settings;
  CHECK(loaded->config_file == rig.inputs.config_path);
  CHECK(s.store == "/srv/codex");
  CHECK(s.state_dir == "/home/ada/state");
  CHECK(s.compression_enabled);
  CHECK(s.scan.roots == std::vector{Root::archived, Root::active});
  CHECK(s.scan.cold_after == hours(36));
  CHECK(s.scan.settle == std::chrono::minutes(90));
  CHECK(s.scan.exclude ==
        std::vector<std::string>{
            "/home/ada/private", "/srv/x", "01234567-89ab-cdef-0123-456789abcdef"});
  CHECK(s.scan.active_without_lease);
  CHECK(s.publish.reap_grace == std::chrono::seconds(30));
  CHECK(s.limits.jobs == 3);
  CHECK(s.limits.memory_bytes == 1ULL << 30);
  CHECK(s.limits.min_free_bytes == 1234);
  CHECK(s.limits.read_rate == 50ULL << 20);
  CHECK(s.limits.time_budget == hours(2));
  CHECK(s.pressure.cpu == 90U);
  CHECK_FALSE(s.pressure.io);
  CHECK(s.pressure.memory == 20U);
  CHECK(s.pressure.on_battery == OnBattery::wait);
  CHECK(s.pressure.min_free_bytes == 20ULL << 30);
  CHECK(s.pressure.cold_after == hours(48));
  CHECK(s.serve.every == hours(6));
  CHECK(s.serve.jitter == std::chrono::minutes(5));
  CHECK(s.codec.level == 19);
  CHECK(s.codec.small_level == 12);
  CHECK(s.codec.deep_after == hours(24 * 90));
  CHECK(s.codec.window_log == 27);
  CHECK(s.codec.recompress);
  CHECK(s.compat.min_reader == Version{0, 144, 6});
  CHECK(s.compat.shared_history == SharedHistory::skip);
  using namespace std::chrono;
  CHECK(s.compat.gone ==
        std::vector<GoneReader>{{{0, 135, 0}, true, sys_days(year(2026) / 12 / 31)},
                                {{0, 136, 0}, false, sys_days(year(2027) / 1 / 2)}});
  CHECK(s.catalog.enabled);
  CHECK(s.metrics.textfile.ends_with("/metrics"));
  CHECK(s.metrics.textfile.starts_with("/"));
  CHECK(s.log_level == "debug");
  CHECK(origin_of(*loaded, "store") == rig.inputs.config_path + ":1");
  CHECK(origin_of(*loaded, "scan.cold_after") == rig.inputs.config_path + ":8");
  for (const EffectiveValue& value : loaded->values) {
    CAPTURE(value.key);
    CHECK(value.origin.starts_with(rig.inputs.config_path + ":"));
  }
}

TEST_CASE("a variable wins over the file, and a flag over both") {
  Rig rig("[scan]\ncold_after = '1d'\nsettle = '2d'\n[codec]\nlevel = 3\n");
  rig.inputs.environment["COLDPRESS_SCAN_COLD_AFTER"] = "2d";
  rig.inputs.environment["COLDPRESS_CODEC_LEVEL"] = "4";
  rig.inputs.flags = {{"scan.cold_after", "3d"}};
  const auto loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.scan.cold_after == hours(72));
  CHECK(origin_of(*loaded, "scan.cold_after") == "--cold-after");
  CHECK(loaded->settings.codec.level == 4);
  CHECK(origin_of(*loaded, "codec.level") == "$COLDPRESS_CODEC_LEVEL");
  CHECK(loaded->settings.scan.settle == hours(48));
  CHECK(origin_of(*loaded, "scan.settle") == rig.inputs.config_path + ":3");
  CHECK(origin_of(*loaded, "limits.jobs") == "default");
}

TEST_CASE("a flag is the last word of its key where that says enough and is its alone") {
  const auto flag = [](std::string_view key) { return flag_of(*find_key(key)); };
  CHECK(flag("scan.cold_after") == "--cold-after");
  CHECK(flag("limits.time_budget") == "--time-budget");
  CHECK(flag("codec.level") == "--codec-level");
  CHECK(flag("limits.memory") == "--memory");
  CHECK(flag("pressure.memory") == "--pressure-memory");
  CHECK(flag("pressure.on_battery") == "--pressure-on-battery");
}

TEST_CASE("a word that means no limit is read and shown") {
  Rig rig("[limits]\nread_rate = 0\ntime_budget = 'none'\n[pressure]\nio = 'off'\n");
  rig.inputs.environment["COLDPRESS_PRESSURE_MEMORY"] = "off";
  rig.inputs.flags = {{"pressure.cpu", "75"}};
  const auto loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.limits.read_rate == 0);
  CHECK_FALSE(loaded->settings.limits.time_budget);
  CHECK(value_of(*loaded, "limits.time_budget").value == "\"none\"");
  CHECK(value_of(*loaded, "pressure.io").value == "\"off\"");
  CHECK(value_of(*loaded, "pressure.memory").value == "\"off\"");
  CHECK(value_of(*loaded, "pressure.cpu").value == "75");
}

TEST_CASE("every key can be given as the variable of its name") {
  Rig rig;
  for (const Key& key : all_keys()) {
    CAPTURE(key.name);
    CHECK(find_key_of_variable(variable_of(key)) == &key);
  }
  CHECK(variable_of(*find_key("scan.cold_after")) == "COLDPRESS_SCAN_COLD_AFTER");
  rig.inputs.environment["COLDPRESS_SCAN_ROOTS"] = "active,archived";
  rig.inputs.environment["COLDPRESS_SCAN_EXCLUDE"] = "~/a,/b";
  rig.inputs.environment["COLDPRESS_SCAN_ACTIVE_WITHOUT_LEASE"] = "true";
  rig.inputs.environment["COLDPRESS_CODEC_WINDOW"] = "20";
  rig.inputs.environment["COLDPRESS_PUBLISH_REAP_GRACE"] = "auto";
  rig.inputs.environment["COLDPRESS_LIMITS_MIN_FREE"] = "1.5 GiB";
  const auto loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.scan.roots == std::vector{Root::active, Root::archived});
  CHECK(loaded->settings.scan.exclude == std::vector<std::string>{"/home/ada/a", "/b"});
  CHECK(loaded->settings.scan.active_without_lease);
  CHECK(loaded->settings.codec.window_log == 20);
  CHECK_FALSE(loaded->settings.publish.reap_grace.has_value());
  CHECK(loaded->settings.limits.min_free_bytes == 1'610'612'736);
}

TEST_CASE("an empty variable of a list empties the list") {
  Rig rig("[scan]\nexclude = ['/a']\n");
  rig.inputs.environment["COLDPRESS_SCAN_EXCLUDE"] = "";
  const auto loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.scan.exclude.empty());
}

TEST_CASE("a list flag given twice keeps both, and replaces the file's list") {
  Rig rig("[scan]\nexclude = ['/file']\n");
  rig.inputs.flags = {{"scan.exclude", "/a"}, {"scan.exclude", "/b,/c"}};
  const auto loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.scan.exclude == std::vector<std::string>{"/a", "/b", "/c"});
}

TEST_CASE("--enable turns compression on, even where the file turns it off") {
  Rig rig("[features]\nlocal_thread_store_compression = false\n");
  rig.inputs.enable = {"local_thread_store_compression"};
  const auto loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.compression_enabled);
  CHECK(origin_of(*loaded, "features.local_thread_store_compression") ==
        "--enable local_thread_store_compression");
}

TEST_CASE("the store is the flag's, else $CODEX_HOME, else ~/.codex") {
  Rig rig;
  rig.inputs.environment["CODEX_HOME"] = "/srv/home";
  auto loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.store == "/srv/home");
  CHECK(loaded->settings.state_dir == "/srv/home/coldpress");
  CHECK(origin_of(*loaded, "store") == "$CODEX_HOME");

  rig.inputs.environment["COLDPRESS_STORE"] = "/srv/env";
  loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.store == "/srv/env");

  rig.inputs.flags = {{"store", "/srv/flag"}};
  loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.store == "/srv/flag");
  CHECK(origin_of(*loaded, "store") == "--store");
}

TEST_CASE("several stores stand for one, and one of a later source for several") {
  Rig rig("stores = ['/srv/a', 'b', '/srv/a']\n");
  rig.inputs.environment["CODEX_HOME"] = "/srv/home";
  auto loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.stores == std::vector<std::string>{"/srv/a", rig.dir / "b"});
  CHECK(loaded->settings.store.empty());
  CHECK(loaded->settings.state_dir.empty());

  rig.inputs.environment["COLDPRESS_STORE"] = "/srv/c";
  loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.stores.empty());
  CHECK(loaded->settings.store == "/srv/c");
  CHECK(origin_of(*loaded, "stores") == "default");

  rig.inputs.flags = {{"stores", "/srv/d"}};
  loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.store == "/srv/d");
  CHECK(loaded->settings.state_dir == "/srv/d/coldpress");
  CHECK(origin_of(*loaded, "store") == "--stores");
}

TEST_CASE("flags_of makes the same settings again, whatever is in them") {
  Rig rig("[scan]\nroots = ['active', 'archived']\ncold_after = '90m'\n"
          "exclude = ['/a, \"b\" \\c', '/d\\', '/e\\,f']\n"
          "[publish]\nreap_grace = '3s'\n"
          "[limits]\njobs = 5\nmemory = 12345\nmin_free = '1MiB'\ntime_budget = '2h'\n"
          "[pressure]\nio = 'off'\nmin_free = '20GiB'\ncold_after = '2d'\n"
          "on_battery = 'wait'\n"
          "[codec]\nwindow = 20\nrecompress = true\n"
          "[compat]\nmin_reader = '0.140'\nshared_history = 'skip'\n"
          "[serve]\nevery = '6h'\njitter = '0s'\n"
          "[log]\nlevel = 'debug'\n");
  rig.inputs.enable = {"local_thread_store_compression"};
  const auto first = rig.load();
  REQUIRE(first.has_value());
  LoadInputs inputs;
  inputs.config_path = "/dev/null";
  for (const std::string& flag : flags_of(first->settings)) {
    const std::string name = flag.substr(0, flag.find('='));
    const std::string text = flag.substr(flag.find('=') + 1);
    if (name == "--enable") {
      inputs.enable.push_back(text);
      continue;
    }
    const auto key = std::find_if(all_keys().begin(),
                                  all_keys().end(),
                                  [&](const Key& one) { return flag_of(one) == name; });
    REQUIRE(key != all_keys().end());
    inputs.flags.emplace_back(std::string(key->name), text);
  }
  const auto second = load_settings(inputs);
  REQUIRE(second.has_value());
  for (std::size_t at = 0; at < first->values.size(); ++at) {
    CAPTURE(first->values[at].key);
    CHECK(second->values[at].value == first->values[at].value);
  }
  CHECK(second->settings.scan.exclude == first->settings.scan.exclude);
}

TEST_CASE("an empty $CODEX_HOME counts as none") {
  Rig rig;
  rig.inputs.environment["CODEX_HOME"] = "";
  const auto loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.store == "/home/ada/.codex");
  CHECK(origin_of(*loaded, "store") == "default");
}

TEST_CASE("without any home the error says to pass --store, and passing it helps") {
  Rig rig;
  rig.inputs.environment.clear();
  const auto lost = rig.load();
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().code == Errc::invalid);
  CHECK(describe(lost.error()).find("--store") != std::string::npos);
  rig.inputs.flags = {{"store", "/srv/codex"}};
  CHECK(rig.load().has_value());
}

TEST_CASE("a relative path begins at the file's directory there, else where we are") {
  Rig rig("store = 'codex'\n");
  rig.inputs.flags = {{"state_dir", "state"}};
  const auto loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.store == rig.dir / "codex");
  CHECK(loaded->settings.state_dir ==
        std::filesystem::current_path().string() + "/state");
}

TEST_CASE("the config file is --config, else $COLDPRESS_CONFIG, else the default place") {
  Rig rig("[codec]\nlevel = 1\n");
  rig.write("env.toml", "[codec]\nlevel = 2\n");
  rig.write("xdg/coldpress/config.toml", "[codec]\nlevel = 3\n");
  rig.write("home/.config/coldpress/config.toml", "[codec]\nlevel = 4\n");
  auto& environment = rig.inputs.environment;
  environment["COLDPRESS_CONFIG"] = rig.dir / "env.toml";
  environment["XDG_CONFIG_HOME"] = rig.dir / "xdg";
  environment["HOME"] = rig.dir / "home";
  CHECK(rig.load().value().settings.codec.level == 1);
  rig.inputs.config_path.clear();
  CHECK(rig.load().value().settings.codec.level == 2);
  environment.erase("COLDPRESS_CONFIG");
  CHECK(rig.load().value().settings.codec.level == 3);
  environment["XDG_CONFIG_HOME"] = "relative"; // to be ignored, says its specification
  CHECK(rig.load().value().settings.codec.level == 4);
  environment.erase("XDG_CONFIG_HOME");
  const auto loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->settings.codec.level == 4);
  CHECK(loaded->config_file == rig.dir / "home/.config/coldpress/config.toml");
}

TEST_CASE("Codex's own config.toml in the store is never read") {
  Rig rig;
  rig.write("codex/config.toml", "model = 'gpt'\n[features]\nshell = true\n");
  rig.inputs.environment["CODEX_HOME"] = rig.dir / "codex";
  const auto loaded = rig.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->config_file == rig.inputs.config_path);
}

TEST_CASE("what is shown, written to a file, loads as the same settings") {
  Rig rig("store = '/a \"b\" \\ c'\n[scan]\nroots = ['active']\ncold_after = '90m'\n"
          "exclude = ['/x', '/tab\there']\n[limits]\nmemory = 1536\nmin_free = '3GiB'\n"
          "[codec]\nwindow = 22\n");
  const auto first = rig.load();
  REQUIRE(first.has_value());
  std::string shown;
  for (const EffectiveValue& value : first->values) {
    shown += value.key + " = " + value.value + "\n";
  }
  CAPTURE(shown);
  rig.write("config.toml", shown);
  const auto second = rig.load();
  REQUIRE(second.has_value());
  REQUIRE(second->values.size() == first->values.size());
  for (std::size_t at = 0; at < first->values.size(); ++at) {
    CHECK(second->values[at].value == first->values[at].value);
  }
  CHECK(second->settings.store == "/a \"b\" \\ c");
  CHECK(value_of(*first, "limits.memory").value == "1536");
  CHECK(value_of(*first, "limits.min_free").value == "\"3GiB\"");
  CHECK(value_of(*first, "scan.roots").value == "[\"active\"]");
}
