#include "worker/stage/scan_versions.hpp"

#include "fsutil/text.hpp"

#include <algorithm>
#include <limits>

namespace coldpress {

namespace {

using By = VersionSeen::By;

struct Span {
  Version first;
  Version last;
  Version before; // 0: it has no end
};

constexpr std::uint32_t k_open = std::numeric_limits<std::uint32_t>::max();

// By TurnWriter: the first and the last release that write such turns, and the next.
constexpr std::array<Span, k_turn_writers> k_writes{{
    {{0, 0, 0}, {0, 135, 0}, {0, 136, 0}},
    {{0, 136, 0}, {0, 136, 0}, {0, 137, 0}},
    {{0, 137, 0}, {0, 152, 1}, {0, 153, 0}},
    {{0, 153, 0}, {0, 154, 0}, {0, 155, 0}},
    {{0, 155, 0}, {k_open, 0, 0}, {}},
}};

Version version_of(const RolloutHead& head) {
  const auto version = parse_version(head.cli_version);
  return version ? *version : Version{};
}

// Whoever began it may have gone on; otherwise the release nearest to him.
VersionSeen nearest(const Span& span, const Version& began) {
  VersionSeen seen;
  seen.by = By::turn;
  seen.before = span.before;
  seen.version =
      began == Version{} ? span.last : std::clamp(began, span.first, span.last);
  return seen;
}

} // namespace

std::string to_string(const VersionSeen& seen) {
  std::string text = to_string(seen.version);
  if (seen.by == By::unknown) {
    return fmt::format("of an unknown release (counted as {})", text);
  }
  if (seen.by == By::record) {
    return text;
  }
  if (seen.before == Version{}) {
    return seen.version == k_writes.back().first ? text + " or newer" : text;
  }
  return fmt::format("{} or another before {}", text, to_string(seen.before));
}

WallTime counts_until(const VersionSeen& seen) {
  return seen.when + k_version_memory;
}

void VersionsSeen::add_first_record(const RolloutHead& head, const std::string& rollout) {
  if (const auto version = parse_version(head.cli_version)) {
    add({*version, rollout, head.written, By::record});
  }
}

void VersionsSeen::add_turns(const RolloutHead& head,
                             const RecentWriters& writers,
                             const std::string& rollout) {
  for (std::size_t nth = 0; nth < k_turn_writers; ++nth) {
    if (writers.last.at(nth) != WallTime{}) {
      VersionSeen seen = nearest(k_writes.at(nth), version_of(head));
      seen.rollout = rollout;
      seen.when = writers.last.at(nth);
      add(seen);
    }
  }
  if (writers.seen_since == WallTime::max() || counts(writers.seen_since)) {
    // What was not seen stands before the first that was.
    add_unknown(head, rollout, std::min(writers.seen_since, now_));
  }
}

void VersionsSeen::add_unknown(const RolloutHead& head,
                               const std::string& rollout,
                               WallTime when) {
  VersionSeen seen = nearest(k_writes.front(), version_of(head));
  seen.rollout = rollout;
  seen.when = when;
  seen.by = By::unknown;
  add(seen);
}

bool VersionsSeen::any_before(const Version& version) const {
  return std::any_of(seen_.begin(), seen_.end(), [&](const VersionSeen& seen) {
    return seen.version < version;
  });
}

void VersionsSeen::add(const VersionSeen& seen) {
  if (!counts(seen.when)) {
    return;
  }
  const auto same =
      std::find_if(seen_.begin(), seen_.end(), [&](const VersionSeen& each) {
        return each.version == seen.version && each.by == seen.by;
      });
  if (same == seen_.end()) {
    seen_.push_back(seen);
  } else if (seen.when > same->when) {
    *same = seen;
  }
}

} // namespace coldpress
