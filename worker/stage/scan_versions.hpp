#pragma once

#include "worker/rollout/head.hpp"
#include "worker/rollout/recent_writers.hpp"
#include "worker/stage/version_seen.hpp"

namespace coldpress {

// Which Codex releases were at work within the days that count, each with the latest
// thing that shows it. A file's own times show nothing: a copy has those of its copying.
class VersionsSeen {
public:
  explicit VersionsSeen(WallTime now) : now_(now) {}

  bool counts(WallTime when) const { return now_ - when <= k_version_memory; }
  // From when on something counts.
  WallTime since() const { return now_ - k_version_memory; }

  // `rollout` is the logical path. The first record, at its own time: also of a .zst,
  // whose plain form that release wrote, though another made the .zst.
  void add_first_record(const RolloutHead& head, const std::string& rollout);
  // The turns. Where they do not tell one release from another, the one nearest to the
  // one that began the rollout is taken.
  void add_turns(const RolloutHead& head,
                 const RecentWriters& writers,
                 const std::string& rollout);
  // Turns of about that time could not be looked at.
  void add_unknown(const RolloutHead& head, const std::string& rollout, WallTime when);

  bool any_before(const Version& version) const;
  std::vector<VersionSeen> take() { return std::move(seen_); }

private:
  void add(const VersionSeen& seen);
  WallTime now_;
  std::vector<VersionSeen> seen_;
};

} // namespace coldpress
