#include "config/keys.hpp"

#include "config/forms.hpp"
#include "fsutil/text.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <vector>

namespace coldpress {

namespace {

constexpr std::string_view k_prefix = "COLDPRESS_";
constexpr std::string_view k_feature = "local_thread_store_compression";

// Items with a comma between them; a comma or a backslash in an item has one before it.
std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) {
    out += &item == items.data() ? "" : ",";
    for (const char c : item) {
      out += c == ',' || c == '\\' ? std::string{'\\', c} : std::string{c};
    }
  }
  return out;
}

std::string text_of(const std::vector<std::string>& items, const std::string&) {
  return joined(items);
}

std::string text_of(const std::vector<Root>& roots, const std::string&) {
  std::vector<std::string> names;
  names.reserve(roots.size());
  for (const Root root : roots) {
    names.emplace_back(name_of(root));
  }
  return joined(names);
}

std::string text_of(const std::vector<GoneReader>& gone, const std::string&) {
  return joined(form::GoneReaders::words(gone));
}

// Byte by byte: what is shown may not be.
std::string text_of(const std::string& value, const std::string&) {
  return value;
}

// Numbers and words, shown bare or between quotes.
template <class Value> std::string text_of(const Value&, const std::string& shown) {
  return shown.starts_with('"') ? shown.substr(1, shown.size() - 2) : shown;
}

// `Field` is a lambda without captures that says which member of Settings is meant.
template <class Kind, class Field>
constexpr Key key(std::string_view name, std::string_view meaning, Field) {
  constexpr bool is_list =
      std::is_same_v<Kind, form::Roots> || std::is_same_v<Kind, form::Excludes> ||
      std::is_same_v<Kind, form::GoneReaders> || std::is_same_v<Kind, form::Directories>;
  return Key{name,
             meaning,
             Kind::k_written,
             is_list,
             [](Settings& settings, const Given& given) -> Result<void> {
               TRY_ASSIGN(Field{}(settings), Kind::parse(given));
               return {};
             },
             [](const Settings& settings) { return Kind::show(Field{}(settings)); },
             [](const Settings& settings) {
               return text_of(Field{}(settings), Kind::show(Field{}(settings)));
             }};
}

constexpr std::array k_keys{
    key<form::Directory>(
        "store",
        "Codex home to work on (default: $CODEX_HOME, else ~/.codex)",
        [](auto& s) -> auto& { return s.store; }),
    key<form::Directories>(
        "stores",
        "Codex homes for one serve, instead of store (default: none)",
        [](auto& s) -> auto& { return s.stores; }),
    key<form::Directory>(
        "state_dir",
        "directory of the ledger (default: coldpress/ in the store)",
        [](auto& s) -> auto& { return s.state_dir; }),
    key<form::Boolean>(
        "features.local_thread_store_compression",
        "allow compression (default: false)",
        [](auto& s) -> auto& { return s.compression_enabled; }),
    key<form::Roots>(
        "scan.roots", "trees to compress (default: archived)", [](auto& s) -> auto& {
          return s.scan.roots;
        }),
    key<form::Duration>(
        "scan.cold_after",
        "age at which a rollout is cold, by mtime (default: 7d)",
        [](auto& s) -> auto& { return s.scan.cold_after; }),
    key<form::Duration>(
        "scan.settle",
        "skip files changed more recently, by ctime (default: 1h)",
        [](auto& s) -> auto& { return s.scan.settle; }),
    key<form::Excludes>(
        "scan.exclude",
        "project directories and thread ids to leave plain (default: none)",
        [](auto& s) -> auto& { return s.scan.exclude; }),
    key<form::Boolean>(
        "scan.active_without_lease",
        "compress the active tree where the kernel has no leases (default: false)",
        [](auto& s) -> auto& { return s.scan.active_without_lease; }),
    key<form::OptionalDuration>(
        "publish.reap_grace",
        "keep retired plain files this long (default: auto: 10s, 15m without leases)",
        [](auto& s) -> auto& { return s.publish.reap_grace; }),
    key<form::Integer<std::uint32_t, 1, 64>>(
        "limits.jobs",
        "rollouts to compress or verify in parallel (default: 2)",
        [](auto& s) -> auto& { return s.limits.jobs; }),
    key<form::Size>(
        "limits.memory",
        "memory limit; fewer jobs run if needed (default: 600MiB)",
        [](auto& s) -> auto& { return s.limits.memory_bytes; }),
    key<form::Size>(
        "limits.min_free",
        "disk space to keep free (default: 256MiB)",
        [](auto& s) -> auto& { return s.limits.min_free_bytes; }),
    key<form::Size>(
        "limits.read_rate",
        "bytes read per second at most, as 50MiB (default: 0, no limit)",
        [](auto& s) -> auto& { return s.limits.read_rate; }),
    key<form::DurationOrNone>(
        "limits.time_budget",
        "start no new rollout after this time (default: none)",
        [](auto& s) -> auto& { return s.limits.time_budget; }),
    key<form::Percent>(
        "pressure.cpu",
        "wait while CPU pressure is above this percentage (default: off)",
        [](auto& s) -> auto& { return s.pressure.cpu; }),
    key<form::Percent>(
        "pressure.io",
        "wait while I/O pressure is above this percentage (default: 40)",
        [](auto& s) -> auto& { return s.pressure.io; }),
    key<form::Percent>(
        "pressure.memory",
        "wait while memory pressure is above this percentage (default: 10)",
        [](auto& s) -> auto& { return s.pressure.memory; }),
    key<form::OnBatteryRule>(
        "pressure.on_battery",
        "what to do on battery power (default: ignore)",
        [](auto& s) -> auto& { return s.pressure.on_battery; }),
    key<form::OptionalSize>(
        "pressure.min_free",
        "serve compresses younger rollouts when less is free, as 20GiB (default: off)",
        [](auto& s) -> auto& { return s.pressure.min_free_bytes; }),
    key<form::Duration>(
        "pressure.cold_after",
        "replaces scan.cold_after while less than pressure.min_free is free (default: "
        "1d)",
        [](auto& s) -> auto& { return s.pressure.cold_after; }),
    key<form::Interval>(
        "serve.every",
        "time from the end of a pass of serve to the next (default: 1d)",
        [](auto& s) -> auto& { return s.serve.every; }),
    key<form::Duration>(
        "serve.jitter",
        "added to serve.every, up to this much, different for each store (default: 30m)",
        [](auto& s) -> auto& { return s.serve.jitter; }),
    key<form::Integer<int, 1, 19>>(
        "codec.level", "zstd level, 1 to 19 (default: 9)", [](auto& s) -> auto& {
          return s.codec.level;
        }),
    key<form::Integer<int, 1, 19>>(
        "codec.small_level",
        "zstd level of rollouts below 1 MiB (default: 9)",
        [](auto& s) -> auto& { return s.codec.small_level; }),
    key<form::DurationOrNone>(
        "codec.deep_after",
        "age from which level 19 is tried (default: none, which is never)",
        [](auto& s) -> auto& { return s.codec.deep_after; }),
    key<form::Window>(
        "codec.window",
        "zstd window as a power of two, 10 to 27 (default: auto)",
        [](auto& s) -> auto& { return s.codec.window_log; }),
    key<form::Boolean>(
        "codec.recompress",
        "recompress .zst of other programs that have no checksum (default: false)",
        [](auto& s) -> auto& { return s.codec.recompress; }),
    key<form::ReaderVersion>(
        "compat.min_reader",
        "compress nothing if an older Codex wrote within 30 days (default: 0.137)",
        [](auto& s) -> auto& { return s.compat.min_reader; }),
    key<form::SharedHistoryRule>(
        "compat.shared_history",
        "how to treat forks and their parents (default: auto)",
        [](auto& s) -> auto& { return s.compat.shared_history; }),
    key<form::GoneReaders>(
        "compat.gone",
        "Codex releases no longer in use, as \"0.135 until 2026-12-31\" (default: none)",
        [](auto& s) -> auto& { return s.compat.gone; }),
    key<form::Boolean>(
        "catalog.enabled",
        "keep an index for list and search (default: false)",
        [](auto& s) -> auto& { return s.catalog.enabled; }),
    key<form::OptionalPath>(
        "metrics.textfile",
        "write Prometheus metrics to this file or directory (default: none)",
        [](auto& s) -> auto& { return s.metrics.textfile; }),
    key<form::LogLevelName>(
        "log.level", "verbosity of stderr (default: info)", [](auto& s) -> auto& {
          return s.log_level;
        }),
};

std::string_view last_word(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

// "--io", "--every" and "--textfile" alone would say nothing.
bool is_said_whole(const Key& key) {
  return key.name.starts_with("pressure.") || key.name.starts_with("serve.") ||
         key.name.starts_with("metrics.") || key.name.starts_with("catalog.");
}

std::string replaced(std::string_view text, char from, char to) {
  std::string out(text);
  std::replace(out.begin(), out.end(), from, to);
  return out;
}

// Near as a whole, or a known last word in the wrong section or none.
std::string nearest_of(std::string_view typed,
                       const std::vector<std::string>& names,
                       std::string_view last,
                       char joint) {
  std::string near = nearest(typed, names);
  if (!near.empty() || last.empty()) {
    return near;
  }
  const std::string tail = joint + std::string(last);
  const auto same = std::find_if(names.begin(), names.end(), [&tail](const auto& name) {
    return name.ends_with(tail);
  });
  return same == names.end() ? std::string() : *same;
}

} // namespace

std::span<const Key> all_keys() {
  return k_keys;
}

const Key* find_key(std::string_view name) {
  const auto found = std::find_if(
      k_keys.begin(), k_keys.end(), [name](const Key& key) { return key.name == name; });
  return found == k_keys.end() ? nullptr : &*found;
}

const Key* find_key_of_variable(std::string_view variable) {
  const auto found =
      std::find_if(k_keys.begin(), k_keys.end(), [variable](const Key& key) {
        return variable_of(key) == variable;
      });
  return found == k_keys.end() ? nullptr : &*found;
}

bool is_section(std::string_view name) {
  const std::string start = std::string(name) + ".";
  return std::any_of(k_keys.begin(), k_keys.end(), [&start](const Key& key) {
    return key.name.starts_with(start);
  });
}

std::string variable_of(const Key& key) {
  std::string name = replaced(key.name, '.', '_');
  for (char& c : name) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  }
  return std::string(k_prefix) + name;
}

std::string flag_of(const Key& key) {
  const std::string_view word = last_word(key.name);
  const auto sharing =
      std::count_if(k_keys.begin(), k_keys.end(), [word](const Key& one) {
        return last_word(one.name) == word && !is_said_whole(one);
      });
  const std::string_view name = sharing == 1 && !is_said_whole(key) ? word : key.name;
  return "--" + replaced(replaced(name, '.', '-'), '_', '-');
}

std::vector<std::string> flags_of(const Settings& settings) {
  std::vector<std::string> flags;
  if (settings.compression_enabled) {
    flags.push_back("--enable=" + std::string(k_feature));
  }
  for (const Key& key : k_keys) {
    const bool has_flag =
        key.name != "stores" && key.name != "features.local_thread_store_compression";
    const std::string text = key.text(settings);
    if (has_flag && text != key.text(Settings{})) {
      flags.push_back(flag_of(key) + "=" + text);
    }
  }
  return flags;
}

std::string nearest_key(std::string_view typed) {
  std::vector<std::string> names;
  names.reserve(k_keys.size());
  for (const Key& key : k_keys) {
    names.emplace_back(key.name);
  }
  return nearest_of(typed, names, last_word(typed), '.');
}

std::string nearest_variable(std::string_view typed) {
  // Without the prefix: it would make everything near to everything.
  const std::string_view bare =
      typed.starts_with(k_prefix) ? typed.substr(k_prefix.size()) : typed;
  std::vector<std::string> names{"CONFIG"};
  for (const Key& key : k_keys) {
    names.push_back(variable_of(key).substr(k_prefix.size()));
  }
  const std::string near = nearest_of(bare, names, bare, '_');
  return near.empty() ? near : std::string(k_prefix) + near;
}

} // namespace coldpress
