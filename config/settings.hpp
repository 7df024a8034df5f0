#pragma once

// Includes nothing of ours but Result, so that any room may take it.

#include "fsutil/result.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

enum class Root : std::uint8_t { archived, active };

// "archived_sessions" and "sessions".
std::string_view tree_name(Root root);

enum class OnBattery : std::uint8_t { ignore, wait };

enum class SharedHistory : std::uint8_t {
  automatic, // skip forks and their parents while a reader that needs them plain is about
  compress,  // treat them like any rollout
  skip,      // never compress them
};

// Codex's release numbers, "0.137" or "0.144.6"; pre-release suffixes are ignored.
struct Version {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;
  friend auto operator<=>(const Version&, const Version&) = default;
};

// "0.135 until 2026-12-31": every binary of that release is gone, as the user knows.
struct GoneReader {
  Version version;
  bool any_patch = false;        // written without a patch number: all of that release
  std::chrono::sys_days until{}; // counts again from then on, UTC

  bool covers(const Version& seen,
              std::chrono::sys_time<std::chrono::nanoseconds> now) const {
    return now < until && seen.major == version.major && seen.minor == version.minor &&
           (any_patch || seen.patch == version.patch);
  }
  friend bool operator==(const GoneReader&, const GoneReader&) = default;
};

// Everything a user can set. The unit is in the name or in the type.
struct Settings {
  std::string store; // directory; empty until resolved: flag, file, $CODEX_HOME, ~/.codex
  // Several directories, for serve; then `store` is empty.
  std::vector<std::string> stores;
  std::string state_dir; // empty: <store>/coldpress
  // $CODEX_SQLITE_HOME: where else Codex may have its databases; empty: not set.
  std::string codex_sqlite_home;

  // features.local_thread_store_compression: without it nothing is changed.
  bool compression_enabled = false;

  struct Scan {
    std::vector<Root> roots{Root::archived};
    std::chrono::milliseconds cold_after{std::chrono::hours{24 * 7}}; // by mtime
    std::chrono::milliseconds settle{std::chrono::hours{1}};          // by ctime
    std::vector<std::string> exclude; // project directories (absolute) or thread ids
    bool active_without_lease = false;
  } scan;

  struct Publish {
    // Empty: 10 s where kernel leases work, 15 min elsewhere.
    std::optional<std::chrono::milliseconds> reap_grace;
  } publish;

  struct Limits {
    std::uint32_t jobs = 2; // 1..64
    std::uint64_t memory_bytes =
        600ULL * 1024 * 1024; // fewer jobs run if it would be passed
    std::uint64_t min_free_bytes = 256ULL * 1024 * 1024; // never fill the disk beyond
    std::uint64_t read_rate = 0; // bytes a second over all jobs; 0: no limit
    // Once a run has lasted this long it begins no new rollout; empty: it may last.
    std::optional<std::chrono::milliseconds> time_budget;
  } limits;

  // Wait while the kernel tells of more: percent of the last 10 s in which some task
  // waited; empty: do not ask. Our own idle threads wait for the CPU whenever
  // another program runs, and count as well: so that one is off.
  struct Pressure {
    std::optional<std::uint32_t> cpu; // 1..100
    std::optional<std::uint32_t> io = 40;
    std::optional<std::uint32_t> memory = 10;
    OnBattery on_battery = OnBattery::ignore;
    // Below so many free bytes serve takes what is cold by the shorter time, and more
    // often; empty: it does not look.
    std::optional<std::uint64_t> min_free_bytes;
    std::chrono::milliseconds cold_after{std::chrono::hours{24}};
  } pressure;

  struct Serve {
    std::chrono::milliseconds every{
        std::chrono::hours{24}}; // from end to end; at least 1 s
    // Each pass begins at most so much later, so that many machines do not begin at once.
    std::chrono::milliseconds jitter{std::chrono::minutes{30}};
  } serve;

  struct Codec {
    int level = 9;                 // 1..19
    int small_level = 9;           // 1..19, below 1 MiB
    std::optional<int> window_log; // 10..27; empty: chosen for each file
    // Rollouts untouched this long are compressed at level 19; those from 1 MiB on where
    // a sample says that it pays. Empty: none.
    std::optional<std::chrono::milliseconds> deep_after;
    bool recompress = false; // compress weak .zst of others again
  } codec;

  struct Compat {
    Version min_reader{0, 137, 0}; // older ones seen: the store is refused
    SharedHistory shared_history = SharedHistory::automatic;
    std::vector<GoneReader> gone; // do not count although they were seen
  } compat;

  struct Catalog {
    bool enabled = false; // the index over all rollouts is made, and kept up to date
  } catalog;

  struct Metrics {
    // Written after each run: this file, or one for each store in this directory. Empty:
    // none is written.
    std::string textfile;
  } metrics;

  std::string log_level = "info"; // trace debug info warn error off
};

// "archived", "active"
std::string_view name_of(Root root);
// "0.137", "0.144.6", "0.169.0-alpha.2"
Result<Version> parse_version(std::string_view text);
std::string to_string(const Version& version);

} // namespace coldpress
