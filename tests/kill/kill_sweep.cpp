#include "tests/kill/kill_sweep.hpp"

#include "tests/kill/aftermath.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace coldpress {

namespace {

constexpr int k_attempts = 4;

std::string named(const KillPoint& point) {
  return fmt::format("{} {} of {}, call {}",
                     point.moment == Moment::before ? "before" : "after",
                     point.site.call,
                     point.site.what,
                     point.nth);
}

bool is_minor(const CallSite& site) {
  return site.call == "close" || site.what.starts_with("ledger");
}

std::vector<KillPoint> points_of(const CallSite& site, int calls, Depth depth) {
  std::vector<KillPoint> points;
  const bool few = depth == Depth::sample || (depth == Depth::sites && is_minor(site));
  for (int nth = 1; nth <= calls; ++nth) {
    if (!few || nth == 1 || nth == calls) {
      points.push_back({site, nth, Moment::before});
    }
    if (depth == Depth::all) {
      points.push_back({site, nth, Moment::after});
    }
  }
  return points;
}

class KillSweep {
public:
  KillSweep(const KillCase& what,
            const std::string& dir,
            const std::string& program,
            Row& row)
      : what_(what), row_(row), saved_(dir + "/saved"), home_(dir + "/home"),
        store_(home_, program, what.codex) {
    what_.prepare(store_);
    copy_tree(home_, saved_);
  }

  SiteCounts run(Depth depth) {
    SiteCounts counts;
    const Traced whole = once(std::nullopt);
    if (whole.ended.code != 0) {
      row_.violation(
          fmt::format("{}: undisturbed, it ends with code {} and signal {}\n{}",
                      what_.name,
                      whole.ended.code,
                      whole.ended.signal,
                      text_of(log_)));
    }
    for (const auto& [site, calls] : whole.calls) {
      counts[site].calls = calls;
      for (const KillPoint& point : points_of(site, calls, depth)) {
        counts[site].killed += kill_at(point) ? 1 : 0;
      }
      if (counts[site].killed == 0) {
        row_.violation(fmt::format(
            "{}: never killed at {} of {}", what_.name, site.call, site.what));
      }
    }
    return counts;
  }

private:
  bool kill_at(const KillPoint& point) {
    for (int attempt = 0; attempt < k_attempts; ++attempt) {
      if (once(point).killed) {
        row_.tried();
        return true;
      }
    }
    return false;
  }

  // One life in a fresh store, and what comes after it.
  Traced once(const std::optional<KillPoint>& point) {
    copy_tree(saved_, home_);
    Command command = store_.command(what_.words, what_.lacks);
    command.log = log_;
    const Traced traced = trace(command, home_, point);
    const std::string when =
        what_.name + ", " + (point ? named(*point) : std::string("undisturbed"));
    check_aftermath(store_,
                    what_.lacks,
                    point ? what_.excused : std::vector<int>{},
                    when,
                    log_ + ".again",
                    row_);
    return traced;
  }

  const KillCase& what_;
  Row& row_;
  std::string saved_;
  std::string home_;
  DiskStore store_;
  std::string log_ = saved_ + ".log";
};

} // namespace

SiteCounts kill_everywhere(const KillCase& what,
                           const std::string& dir,
                           const std::string& program,
                           Depth depth,
                           Row& row) {
  return KillSweep(what, dir, program, row).run(depth);
}

} // namespace coldpress
