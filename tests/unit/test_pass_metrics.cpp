#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/pass/metrics.hpp"
#include "worker/pass/pass.hpp"

#include <doctest/doctest.h>

#include <charconv>
#include <map>
#include <regex>
#include <set>
#include <sstream>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

// A reader of the text format that takes nothing for granted. Samples by name and labels.
std::map<std::string, double> parse_exposition(const std::string& text) {
  static const std::regex k_header("# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)");
  static const std::regex k_sample(
      R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="(\\["\\n]|[^"\\\n])*")"
      R"((,[a-zA-Z_][a-zA-Z0-9_]*="(\\["\\n]|[^"\\\n])*")*\})? (\S+))");
  REQUIRE(text.ends_with("\n"));
  std::map<std::string, double> samples;
  std::map<std::string, std::string> types;
  std::set<std::string> closed; // all samples of one metric stand together
  std::string current;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    std::smatch match;
    if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) {
      REQUIRE(std::regex_match(line, match, k_header));
      if (match[2] != current) {
        closed.insert(current);
        current = match[2];
        REQUIRE_FALSE(closed.contains(current));
      }
      if (match[1] == "TYPE") {
        REQUIRE((match[3] == "counter" || match[3] == "gauge"));
        REQUIRE(types.emplace(current, match[3]).second);
        CHECK((match[3] == "counter") == current.ends_with("_total"));
      }
    } else if (!line.starts_with("#")) {
      REQUIRE(std::regex_match(line, match, k_sample));
      REQUIRE(match[1] == current);
      REQUIRE(types.contains(current));
      const std::string number = match[6];
      double value = 0;
      const auto parsed =
          std::from_chars(number.data(), number.data() + number.size(), value);
      REQUIRE(parsed.ptr == number.data() + number.size());
      CHECK(value >= 0);
      REQUIRE(samples.emplace(match[1].str() + match[2].str(), value).second);
    }
  }
  return samples;
}

constexpr std::string_view k_dir = "/metrics";

struct Rig {
  TempDir state;
  FakeClock clock;
  MemFs disk{clock};
  FaultFs fs{disk};
  StoreRig rig{disk, clock};
  Store store{rig.home(), rig.state_dir(), state.path(), 1000, true};
  Settings settings;
  std::vector<std::string> notes;

  Rig() {
    settings.compression_enabled = true;
    settings.scan.settle = 0ms;
    settings.publish.reap_grace = 0ms;
    settings.limits.min_free_bytes = 0;
    settings.metrics.textfile = k_dir;
    disk.put_dir(std::string(k_dir));
    rig.put(rig.plain(1), test_rollout(1));
    rig.put(rig.plain(2, Root::active), test_rollout(2));
    clock.advance(1h);
  }
  int run() {
    Session session(fs, clock, settings, store);
    const int code = run_pass(session, {}).exit_code();
    notes = session.notes();
    return code;
  }
  std::string only_file() const {
    const auto names = disk.names(std::string(k_dir));
    REQUIRE(names.size() == 1);
    return join_path(k_dir, names.front());
  }
  std::map<std::string, double> samples() const {
    return parse_exposition(disk.get(only_file()));
  }
  std::string key(const std::string& name, const std::string& more = {}) const {
    return name + "{store=\"" + rig.home() + "\"" + more + "}";
  }
};

Metrics metrics_of(const std::string& store) {
  Metrics metrics;
  metrics.store = store;
  metrics.finished = WallTime(1'700'000'000s);
  return metrics;
}

} // namespace

TEST_CASE("a run leaves its metrics in the store's own file, for all to read") {
  Rig rig;
  CHECK(rig.run() == 0);
  CHECK(rig.notes.empty());
  const std::string path = rig.only_file();
  CHECK(std::regex_match(path, std::regex("/metrics/coldpress-[0-9a-f]{8}\\.prom")));
  CHECK(rig.disk.lstat(path)->mode == 0644);
  auto samples = rig.samples();
  CHECK(samples.at(rig.key("coldpress_runs_total")) == 1);
  CHECK(samples.at(rig.key("coldpress_rollouts_compressed_total")) == 1);
  CHECK(samples.at(rig.key("coldpress_last_run_exit_code")) == 0);
  const double size = static_cast<double>(test_rollout(1).size());
  CHECK(samples.at(rig.key("coldpress_input_bytes_total")) == size);
  CHECK(samples.at(rig.key("coldpress_store_bytes", R"(,form="plain")")) == size);
  CHECK(samples.at(rig.key("coldpress_store_bytes", R"(,form="compressed")")) ==
        samples.at(rig.key("coldpress_output_bytes_total")));
  CHECK(samples.at(rig.key("coldpress_last_success_timestamp_seconds")) ==
        doctest::Approx(
            std::chrono::duration<double>(rig.clock.wall().time_since_epoch()).count()));
}

TEST_CASE("counters go on in the next run, and the time of the last success stays") {
  Rig rig;
  CHECK(rig.run() == 0);
  const auto first = rig.samples();
  rig.clock.advance(24h);
  rig.disk.set_mode_of(rig.rig.dir(Root::active), 0); // cannot be listed
  CHECK(rig.run() == 3);
  const auto second = rig.samples();
  CHECK(second.at(rig.key("coldpress_runs_total")) == 2);
  CHECK(second.at(rig.key("coldpress_rollouts_compressed_total")) == 1);
  CHECK(second.at(rig.key("coldpress_last_run_exit_code")) == 3);
  const std::string success = rig.key("coldpress_last_success_timestamp_seconds");
  CHECK(second.at(success) == first.at(success));
  const std::string ended = rig.key("coldpress_last_run_timestamp_seconds");
  CHECK(second.at(ended) > first.at(ended));
}

TEST_CASE("a run that finds the store taken says so in its metrics") {
  Rig rig;
  Session other(rig.disk, rig.clock, rig.settings, rig.store);
  must(other.lock("run"));
  CHECK(rig.run() == 75);
  const auto samples = rig.samples();
  CHECK(samples.at(rig.key("coldpress_last_run_exit_code")) == 75);
  CHECK_FALSE(samples.contains(rig.key("coldpress_store_bytes", R"(,form="plain")")));
}

TEST_CASE("metrics that cannot be written are told, and fail no run") {
  Rig rig;
  rig.settings.metrics.textfile = "/nowhere/coldpress.prom";
  CHECK(rig.run() == 0);
  REQUIRE(rig.notes.size() == 1);
  CHECK(rig.notes.front().starts_with("the metrics were not written: "));
}

TEST_CASE("neither a stranger's file nor another store's metrics are replaced") {
  Rig rig;
  const std::string path = "/metrics/mine.prom";
  REQUIRE(write_metrics(rig.fs, path, metrics_of("/store/a")).has_value());
  CHECK(write_metrics(rig.fs, path, metrics_of("/store/a")).has_value());
  const auto other = write_metrics(rig.fs, path, metrics_of("/store/ab"));
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().code == Errc::invalid);
  rig.disk.put("/metrics/theirs.prom", "up 1\n");
  CHECK_FALSE(
      write_metrics(rig.fs, "/metrics/theirs.prom", metrics_of("/store/a")).has_value());
  CHECK(rig.disk.get("/metrics/theirs.prom") == "up 1\n");
  rig.disk.put("/metrics/empty.prom", "");
  CHECK_FALSE(
      write_metrics(rig.fs, "/metrics/empty.prom", metrics_of("/store/a")).has_value());
}

TEST_CASE("two stores do not meet in one directory") {
  Rig rig;
  REQUIRE(write_metrics(rig.fs, "/metrics", metrics_of("/store/a")).has_value());
  REQUIRE(write_metrics(rig.fs, "/metrics", metrics_of("/store/b")).has_value());
  CHECK(rig.disk.names("/metrics").size() == 2);
}

TEST_CASE("a collector never sees half a file, nor a temp file that it would read") {
  Rig rig;
  REQUIRE(write_metrics(rig.fs, "/metrics", metrics_of("/store/a")).has_value());
  const std::string before = rig.disk.get(rig.only_file());
  Metrics later = metrics_of("/store/a");
  later.exit_code = 3;
  bool looked = false;
  rig.fs.set_hook([&](std::string_view, const std::string&) {
    for (const std::string& name : rig.disk.names("/metrics")) {
      const std::string bytes = rig.disk.get(join_path(k_dir, name));
      if (name.ends_with(".prom")) {
        looked = true;
        CHECK((bytes == before || bytes == metrics_text(later)));
      }
    }
  });
  REQUIRE(write_metrics(rig.fs, "/metrics", later).has_value());
  CHECK(looked);
  CHECK(rig.disk.get(rig.only_file()) == metrics_text(later));
}

TEST_CASE("a path with quotes, backslashes and newlines is one label") {
  Metrics metrics = metrics_of("/a\"b\\c\nd\xff");
  metrics.counters.emplace();
  metrics.bytes.emplace();
  metrics.blocked = BlockedTimes{3, 100, 2500, 4000};
  const auto samples = parse_exposition(metrics_text(metrics));
  CHECK(samples.size() > 15);
  for (const auto& sample : samples) {
    CAPTURE(sample.first);
    CHECK(sample.first.find(R"({store="/a\"b\\c\\x0ad\\xff")") != std::string::npos);
  }
}
