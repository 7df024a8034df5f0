#include "worker/stage/plan.hpp"

#include "fsutil/capped.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace coldpress {

namespace {

// The one that counts longest of those before `version`, without what is gone. May be
// none.
const VersionSeen* last_before(const Version& version,
                               const std::vector<VersionSeen>& versions,
                               const PlanRules& rules) {
  const VersionSeen* last = nullptr;
  for (const VersionSeen& seen : versions) {
    const auto& gone = rules.compat.gone;
    if (seen.version < version && (last == nullptr || seen.when > last->when) &&
        std::none_of(gone.begin(), gone.end(), [&](const GoneReader& reader) {
          return reader.covers(seen.version, rules.now);
        })) {
      last = &seen;
    }
  }
  return last;
}

bool is_taken(Reason reason) {
  return reason == Reason::cold || reason == Reason::weak_frame ||
         reason == Reason::lost_checksum;
}

bool is_below(const std::string& directory, const std::string& top) {
  return directory == top ||
         (directory.size() > top.size() && directory.starts_with(top) &&
          (top.ends_with('/') || directory[top.size()] == '/'));
}

class Planner {
public:
  Planner(const PlanRules& rules, const Memory& memory)
      : rules_(rules), memory_(memory) {}

  Plan run(std::vector<Candidate> candidates,
           const std::vector<VersionSeen>& versions,
           const GainModel& gains) {
    Plan plan;
    if (const VersionSeen* old =
            last_before(rules_.compat.min_reader, versions, rules_)) {
      plan.refused = Refusal{Reason::reader_too_old, *old};
    }
    refused_ = plan.refused.has_value();
    skip_shared_ = rules_.compat.shared_history == SharedHistory::skip ||
                   (rules_.compat.shared_history == SharedHistory::automatic &&
                    last_before(k_shares_compressed, versions, rules_) != nullptr);
    plan.decisions.reserve(candidates.size());
    for (const Place& place : most_gain_first(candidates, gains)) {
      Candidate& candidate = candidates[place.nth];
      const Reason reason = judge(candidate);
      const Action action = is_taken(reason) ? Action::compress : Action::skip;
      auto& decisions = in_roots(candidate.root) ? plan.decisions : plan.beyond_roots;
      decisions.push_back({std::move(candidate), action, reason});
    }
    return plan;
  }

private:
  // All that is compared, side by side: the candidates themselves are far apart.
  struct Place {
    bool weak;
    bool failed;        // or was under way when a run was killed: the others come first
    std::uint64_t gain; // of a weak frame its length
    std::string_view rollout;
    std::size_t nth;
  };

  std::vector<Place> most_gain_first(const std::vector<Candidate>& candidates,
                                     const GainModel& gains) const {
    std::vector<Place> places;
    places.reserve(candidates.size());
    for (const Candidate& candidate : candidates) {
      const bool weak = candidate.form == Form::compressed;
      const auto known = memory_.find(candidate.rollout);
      places.push_back({weak,
                        known != memory_.end() && known->second.retry_at.has_value(),
                        weak ? candidate.stamp.size : gains.predict(candidate.stamp.size),
                        candidate.rollout,
                        places.size()});
    }
    std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
      if (a.weak != b.weak) {
        return b.weak;
      }
      if (a.failed != b.failed) {
        return b.failed;
      }
      return a.gain != b.gain ? a.gain > b.gain : a.rollout < b.rollout;
    });
    return places;
  }

  bool in_roots(Root root) const {
    const auto& roots = rules_.scan.roots;
    return std::find(roots.begin(), roots.end(), root) != roots.end();
  }

  // What the file is, then how old it is, then what is known of it, then who reads it.
  Reason judge(const Candidate& candidate) const {
    for (const Reason reason : {by_kind(candidate),
                                by_age(candidate),
                                by_content(candidate),
                                by_memory(candidate),
                                by_readers(candidate)}) {
      if (reason != Reason::cold) {
        return reason;
      }
    }
    return candidate.form == Form::plain ? Reason::cold
           : candidate.ours              ? Reason::lost_checksum
                                         : Reason::weak_frame;
  }

  Reason by_kind(const Candidate& candidate) const {
    if (!candidate.valid_name) {
      return Reason::bad_name;
    }
    if (candidate.type == FileType::symlink) {
      return Reason::symlink;
    }
    if (candidate.type != FileType::regular) {
      return candidate.unreadable ? candidate.why_unreadable : Reason::not_regular;
    }
    if (candidate.unreadable && candidate.stamp.links == 0) {
      return candidate.why_unreadable; // nothing is known of it, not even the owner
    }
    if (candidate.stamp.links > 1) {
      return Reason::hard_linked;
    }
    if (candidate.stamp.uid != rules_.uid) {
      return Reason::not_owner;
    }
    if (candidate.blocked) {
      return Reason::blocked;
    }
    return candidate.stamp.size == 0 ? Reason::empty : Reason::cold;
  }

  Reason by_age(const Candidate& candidate) const {
    if (candidate.twin) {
      return Reason::in_both_trees;
    }
    if (candidate.compressed_sibling) {
      return Reason::both_forms;
    }
    if (candidate.stamp.mtime > rules_.now) {
      return Reason::future_mtime;
    }
    if (!is_kept(candidate.stamp.mtime) || !is_kept(candidate.stamp.ctime)) {
      return Reason::time_out_of_range;
    }
    if (rules_.now - candidate.stamp.mtime < rules_.scan.cold_after) {
      return Reason::too_young;
    }
    return rules_.now - candidate.stamp.ctime < rules_.scan.settle ? Reason::unsettled
                                                                   : Reason::cold;
  }

  Reason by_content(const Candidate& candidate) const {
    if (candidate.unreadable) {
      return candidate.why_unreadable;
    }
    if (candidate.thread_id.empty()) {
      return Reason::no_session_meta;
    }
    const auto& exclude = rules_.scan.exclude;
    if (std::any_of(exclude.begin(), exclude.end(), [&](const std::string& entry) {
          return entry == candidate.thread_id || is_below(candidate.cwd, entry);
        })) {
      return Reason::excluded;
    }
    if (candidate.form == Form::compressed) {
      return Reason::cold; // gains its checksum, however small it is
    }
    return is_sparse(candidate.stamp.size, candidate.allocated) ? Reason::sparse
           : candidate.allocated <= k_block_bytes               ? Reason::too_small
                                                                : Reason::cold;
  }

  Reason by_memory(const Candidate& candidate) const {
    const auto known = memory_.find(candidate.rollout);
    if (known == memory_.end()) {
      return Reason::cold;
    }
    const Remembered& past = known->second;
    if ((past.hold_until && rules_.now < *past.hold_until) ||
        (past.retry_at && rules_.now < *past.retry_at)) {
      return Reason::held;
    }
    return past.no_gain && past.stamp == candidate.stamp ? Reason::no_gain : Reason::cold;
  }

  // As claim() will find.
  bool lacks_lease(const Candidate& candidate) const {
    return rules_.active_not_local && candidate.root == Root::active &&
           candidate.form == Form::plain && !rules_.scan.active_without_lease;
  }

  Reason by_readers(const Candidate& candidate) const {
    if (lacks_lease(candidate)) {
      return Reason::no_lease;
    }
    if (refused_) {
      return Reason::reader_too_old;
    }
    return skip_shared_ && candidate.shares_history ? Reason::shared_history
                                                    : Reason::cold;
  }

  const PlanRules& rules_;
  const Memory& memory_;
  bool refused_ = false;
  bool skip_shared_ = false;
};

} // namespace

GainModel::GainModel(const Achieved& achieved) {
  constexpr double k_usual = 0.2; // of a store nothing is known of
  constexpr double k_few = 8;     // rollouts; so many weigh as much as all the others
  double plain = 0;
  double compressed = 0;
  for (const Achieved::Sizes& sizes : achieved.by_class) {
    plain += static_cast<double>(sizes.plain);
    compressed += static_cast<double>(sizes.compressed);
  }
  const double overall = plain > 0 ? compressed / plain : k_usual;
  for (std::size_t nth = 0; nth < kept_.size(); ++nth) {
    const Achieved::Sizes& sizes = achieved.by_class.at(nth);
    const double others = k_few * std::exp2(nth);
    kept_.at(nth) = (static_cast<double>(sizes.compressed) + others * overall) /
                    (static_cast<double>(sizes.plain) + others);
  }
}

std::uint64_t GainModel::predict(std::uint64_t bytes) const {
  const double kept = std::min(kept_.at(size_class(bytes)), 1.0);
  return capped_bytes(static_cast<double>(bytes) * (1 - kept));
}

Plan make_plan(std::vector<Candidate> candidates,
               const std::vector<VersionSeen>& versions,
               const PlanRules& rules,
               const Memory& memory,
               const Achieved& achieved) {
  return Planner(rules, memory).run(std::move(candidates), versions, GainModel(achieved));
}

} // namespace coldpress
