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

// `Field` is a lambda without captures that says which member of Settings is meant.
template <class Kind, class Field>
constexpr Key key(std::string_view name, std::string_view meaning, Field) {
  constexpr bool is_list =
      std::is_same_v<Kind, form::Roots> || std::is_same_v<Kind, form::Excludes>;
  return Key{name,
             meaning,
             Kind::k_written,
             is_list,
             [](Settings& settings, const Given& given) -> Result<void> {
               TRY_ASSIGN(Field{}(settings), Kind::parse(given));
               return {};
             },
             [](const Settings& settings) { return Kind::show(Field{}(settings)); }};
}

constexpr std::array k_keys{
    key<form::Directory>(
        "store",
        "the Codex home to work on (default: $CODEX_HOME, else ~/.codex)",
        [](auto& s) -> auto& { return s.store; }),
    key<form::Directory>(
        "state_dir",
        "where the ledger is (default: coldpress/ in the store)",
        [](auto& s) -> auto& { return s.state_dir; }),
    key<form::Boolean>(
        "features.local_thread_store_compression",
        "whether anything may be pressed (default: false)",
        [](auto& s) -> auto& { return s.compression_enabled; }),
    key<form::Roots>(
        "scan.roots",
        "trees whose rollouts are pressed (default: archived)",
        [](auto& s) -> auto& { return s.scan.roots; }),
    key<form::Duration>(
        "scan.cold_after",
        "untouched this long is cold, by mtime (default: 7d)",
        [](auto& s) -> auto& { return s.scan.cold_after; }),
    key<form::Duration>(
        "scan.settle",
        "leave what was changed more recently, by ctime (default: 1h)",
        [](auto& s) -> auto& { return s.scan.settle; }),
    key<form::Excludes>(
        "scan.exclude",
        "project directories or thread ids to leave plain",
        [](auto& s) -> auto& { return s.scan.exclude; }),
    key<form::Boolean>(
        "scan.active_without_lease",
        "take the active tree where the kernel has no leases (default: false)",
        [](auto& s) -> auto& { return s.scan.active_without_lease; }),
    key<form::OptionalDuration>(
        "publish.reap_grace",
        "keep a pressed file's plain form this long (default: 10s, 15m without leases)",
        [](auto& s) -> auto& { return s.publish.reap_grace; }),
    key<form::Integer<std::uint32_t, 1, 64>>(
        "limits.jobs", "rollouts pressed at once (default: 2)", [](auto& s) -> auto& {
          return s.limits.jobs;
        }),
    key<form::Size>(
        "limits.memory",
        "memory for pressing; fewer jobs run if needed (default: 600MiB)",
        [](auto& s) -> auto& { return s.limits.memory_bytes; }),
    key<form::Size>(
        "limits.min_free",
        "stop writing when less is free on the disk (default: 256MiB)",
        [](auto& s) -> auto& { return s.limits.min_free_bytes; }),
    key<form::Size>(
        "limits.read_rate",
        "read at most this much a second, as 50MiB (default: 0, no limit)",
        [](auto& s) -> auto& { return s.limits.read_rate; }),
    key<form::DurationOrNone>(
        "limits.time_budget",
        "begin no new rollout after this long (default: none)",
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
        "while the machine is on battery (default: ignore)",
        [](auto& s) -> auto& { return s.pressure.on_battery; }),
    key<form::Integer<int, 1, 19>>(
        "codec.level", "zstd level, 1 to 19 (default: 9)", [](auto& s) -> auto& {
          return s.codec.level;
        }),
    key<form::Integer<int, 1, 19>>(
        "codec.small_level",
        "zstd level of rollouts below 1 MiB (default: 16)",
        [](auto& s) -> auto& { return s.codec.small_level; }),
    key<form::DurationOrNone>(
        "codec.deep_after",
        "untouched this long: level 19 where it pays (default: none, which is never)",
        [](auto& s) -> auto& { return s.codec.deep_after; }),
    key<form::Window>(
        "codec.window",
        "zstd window as a power of two, 10 to 27 (default: auto)",
        [](auto& s) -> auto& { return s.codec.window_log; }),
    key<form::Boolean>(
        "codec.repress",
        "press .zst without a checksum again, of others (default: false)",
        [](auto& s) -> auto& { return s.codec.repress; }),
    key<form::ReaderVersion>(
        "compat.min_reader",
        "oldest Codex that may have been seen within 30 days (default: 0.137)",
        [](auto& s) -> auto& { return s.compat.min_reader; }),
    key<form::SharedHistoryRule>(
        "compat.shared_history",
        "forks and the threads they began from (default: auto)",
        [](auto& s) -> auto& { return s.compat.shared_history; }),
    key<form::LogLevelName>(
        "log.level",
        "how much is said on stderr (default: info)",
        [](auto& s) -> auto& { return s.log_level; }),
};

std::string_view last_word(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

// "--io" and "--cpu" alone would say nothing.
bool is_said_whole(const Key& key) {
  return key.name.starts_with("pressure.");
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
  const std::string near = nearest(typed, names);
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

std::string nearest_key(std::string_view typed) {
  std::vector<std::string> names;
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
