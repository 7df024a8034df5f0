#include "worker/stage/plan.hpp"

#include <algorithm>

namespace coldpress {

namespace {

const VersionSeen* oldest(const std::vector<VersionSeen>& versions) {
  const auto found = std::min_element(
      versions.begin(), versions.end(), [](const VersionSeen& a, const VersionSeen& b) {
        return a.version < b.version;
      });
  return found == versions.end() ? nullptr : &*found;
}

bool is_below(const std::string& directory, const std::string& top) {
  return directory == top ||
         (directory.size() > top.size() && directory.starts_with(top) &&
          (top.ends_with('/') || directory[top.size()] == '/'));
}

class Planner {
public:
  Planner(const Inventory& found, const PlanRules& rules, const Memory& memory)
      : found_(found), rules_(rules), memory_(memory) {}

  Plan run() {
    Plan plan;
    const VersionSeen* lowest = oldest(found_.versions);
    if (lowest != nullptr && lowest->version < rules_.compat.min_reader) {
      plan.refused = Refusal{Reason::reader_too_old, *lowest};
    }
    refused_ = plan.refused.has_value();
    skip_shared_ = rules_.compat.shared_history == SharedHistory::skip ||
                   (rules_.compat.shared_history == SharedHistory::automatic &&
                    lowest != nullptr && lowest->version < k_shares_compressed);
    for (const Candidate& candidate : found_.candidates) {
      const Reason reason = judge(candidate);
      Decision decision{
          candidate, reason == Reason::cold ? Action::press : Action::skip, reason};
      (in_roots(candidate.root) ? plan.decisions : plan.beyond_roots)
          .push_back(std::move(decision));
    }
    for (auto* decisions : {&plan.decisions, &plan.beyond_roots}) {
      std::sort(decisions->begin(), decisions->end(), larger_first);
    }
    return plan;
  }

private:
  static bool larger_first(const Decision& a, const Decision& b) {
    if (a.candidate.stamp.size != b.candidate.stamp.size) {
      return a.candidate.stamp.size > b.candidate.stamp.size;
    }
    return a.candidate.rollout < b.candidate.rollout;
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
    return Reason::cold;
  }

  Reason by_kind(const Candidate& candidate) const {
    if (!candidate.valid_name) {
      return Reason::bad_name;
    }
    if (candidate.type == FileType::symlink) {
      return Reason::symlink;
    }
    if (candidate.type != FileType::regular) {
      return candidate.unreadable ? Reason::unreadable : Reason::not_regular;
    }
    if (candidate.unreadable && candidate.stamp.links == 0) {
      return Reason::unreadable; // nothing is known of it, not even the owner
    }
    if (candidate.stamp.links > 1) {
      return Reason::hard_linked;
    }
    if (candidate.stamp.uid != rules_.uid) {
      return Reason::not_owner;
    }
    return candidate.stamp.size == 0 ? Reason::empty : Reason::cold;
  }

  Reason by_age(const Candidate& candidate) const {
    if (candidate.compressed_sibling) {
      return Reason::both_forms;
    }
    if (candidate.stamp.mtime > rules_.now) {
      return Reason::future_mtime;
    }
    if (rules_.now - candidate.stamp.mtime < rules_.scan.cold_after) {
      return Reason::too_young;
    }
    return rules_.now - candidate.stamp.ctime < rules_.scan.settle ? Reason::unsettled
                                                                   : Reason::cold;
  }

  Reason by_content(const Candidate& candidate) const {
    if (candidate.unreadable) {
      return Reason::unreadable;
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
    return candidate.allocated <= k_block_bytes ? Reason::too_small : Reason::cold;
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

  Reason by_readers(const Candidate& candidate) const {
    if (refused_) {
      return Reason::reader_too_old;
    }
    return skip_shared_ && candidate.shares_history ? Reason::shared_history
                                                    : Reason::cold;
  }

  const Inventory& found_;
  const PlanRules& rules_;
  const Memory& memory_;
  bool refused_ = false;
  bool skip_shared_ = false;
};

} // namespace

Plan make_plan(const Inventory& found, const PlanRules& rules, const Memory& memory) {
  return Planner(found, rules, memory).run();
}

} // namespace coldpress
