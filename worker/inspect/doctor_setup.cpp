#include "fsutil/text.hpp"
#include "worker/inspect/doctor_checks.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::string_view k_flag = "features.local_thread_store_compression";

std::string origin_of(const LoadedSettings& loaded, std::string_view key) {
  const auto found =
      std::find_if(loaded.values.begin(),
                   loaded.values.end(),
                   [key](const EffectiveValue& value) { return value.key == key; });
  return found == loaded.values.end() ? "default" : found->origin;
}

} // namespace

void check_configuration(const DoctorFacts& facts, Findings& found) {
  const ConfigFacts& config = facts.config;
  if (config.error) {
    found.problem(describe(*config.error),
                  "correct this: every other command refuses to work until then. The "
                  "checks below used the defaults");
    return;
  }
  if (config.loaded.config_file.empty()) {
    found.ok("no configuration file: the defaults apply");
    return;
  }
  const std::string& path = config.loaded.config_file;
  if (!config.file) {
    found.note(describe(config.file.error()));
    return;
  }
  constexpr std::uint32_t k_others_write = 002;
  if ((config.file->mode & k_others_write) != 0) {
    found.warn(path + " is writable by every user of this machine", "chmod o-w " + path);
    return;
  }
  if (config.file->uid != facts.machine.uid && config.file->uid != 0) {
    found.warn(fmt::format("{} belongs to user {}, who is neither you nor root",
                           path,
                           config.file->uid),
               "take it over, or name another file with --config");
    return;
  }
  found.ok(path + " is read");
}

void check_store(const DoctorFacts& facts, Findings& found) {
  const LoadedSettings& loaded = facts.config.loaded;
  if (facts.store_error) {
    found.problem(describe(*facts.store_error),
                  "the checks that need the store were skipped");
    return;
  }
  const Store& store = facts.store->store;
  const std::string origin = origin_of(loaded, "store");
  const std::string chosen =
      origin == "default" ? "the default place" : "chosen by " + origin;
  if (!store.has_trees) {
    found.ok(
        fmt::format("{} ({}): Codex has saved no session there yet", store.home, chosen));
    return;
  }
  found.ok(fmt::format("{} ({})", store.home, chosen));
}

void check_feature(const DoctorFacts& facts, Findings& found) {
  const LoadedSettings& loaded = facts.config.loaded;
  if (!loaded.settings.compression_enabled) {
    found.note("the feature local_thread_store_compression is off: nothing is compressed",
               fmt::format("set it to true under [features] in {}, or give --enable "
                           "local_thread_store_compression for one run",
                           loaded.config_file.empty() ? "~/.config/coldpress/config.toml"
                                                      : loaded.config_file));
    return;
  }
  found.ok("on, by " + origin_of(loaded, k_flag));
}

void check_codex_compressor(const DoctorFacts& facts, Findings& found) {
  const Result<std::optional<bool>>& flag = facts.store->codex_flag;
  if (!flag) {
    found.note("Codex's own configuration could not be read: " + describe(flag.error()),
               "it is not known whether Codex's own compressor is on; both may run, for "
               "they take the same locks");
    return;
  }
  if (!flag->value_or(false)) {
    found.ok("Codex's own compressor is off");
    return;
  }
  found.note(
      "Codex's own compressor is on, too (config.toml in the store)",
      "no data is at risk: both take the same locks. But its frames are larger and have "
      "no checksum; turn it off there, or set codec.recompress = true here");
}

void check_codex_versions(const DoctorFacts& facts, Findings& found) {
  const Preview& preview = facts.store->preview;
  if (preview.plan.refused) {
    const VersionSeen& seen = preview.plan.refused->seen;
    found.problem(
        fmt::format("nothing may be compressed: Codex {}, which cannot read .zst, wrote "
                    "in {} at {}",
                    to_string(seen),
                    seen.rollout,
                    format_time(seen.when)),
        way_on(*preview.plan.refused));
    return;
  }
  std::vector<VersionSeen> versions = preview.found.versions;
  if (versions.empty()) {
    found.ok(fmt::format("no Codex wrote here within {} days", k_version_memory.count()));
    return;
  }
  std::sort(versions.begin(), versions.end(), [](const auto& a, const auto& b) {
    return a.version < b.version;
  });
  std::string names;
  std::string last;
  for (const VersionSeen& seen : versions) {
    const std::string name = to_string(seen);
    if (name != last) { // one release may be known by a record and by a turn
      names += (names.empty() ? "" : ", ") + name;
    }
    last = name;
  }
  const bool automatic =
      facts.config.loaded.settings.compat.shared_history == SharedHistory::automatic;
  if (automatic && versions.front().version < k_shares_compressed) {
    found.note(fmt::format("seen within {} days: Codex {}; forks and their parents are "
                           "left plain for the oldest",
                           k_version_memory.count(),
                           names),
               fmt::format("Codex {} and later read them compressed",
                           to_string(k_shares_compressed)));
    return;
  }
  found.ok(fmt::format("seen within {} days: Codex {}", k_version_memory.count(), names));
}

} // namespace coldpress
