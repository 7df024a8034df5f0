#include "worker/pass/restore_run.hpp"

#include "fsutil/capped.hpp"
#include "fsutil/text.hpp"
#include "worker/pass/prepare.hpp"
#include "worker/rollout/frame.hpp"
#include "worker/rollout/name.hpp"
#include "worker/stage/restore.hpp"
#include "worker/stage/scan.hpp"

#include <algorithm>
#include <array>

namespace coldpress {

namespace {

// Runs on the publisher thread from one end to the other; the loop only beats and shows.
class RestoreRun {
public:
  RestoreRun(Session& session,
             const std::vector<std::string>& paths,
             const PassEvents& events)
      : session_(session), paths_(paths), events_(events) {}

  PassSummary run() {
    summary_.requested = true;
    const BootTime begun = session_.clock().boot();
    if (auto started = session_.start(); !started) {
      summary_.error = std::move(started.error());
      return std::move(summary_);
    }
    session_.publisher().post([this] {
      work();
      session_.loop().post([this] { session_.loop().stop(); });
    });
    try {
      session_.loop().run();
    } catch (...) {
      session_.abandon();
      throw;
    }
    summary_.signal = session_.signal();
    summary_.seconds =
        std::chrono::duration<double>(session_.clock().boot() - begun).count();
    return std::move(summary_);
  }

private:
  void work() {
    auto locked = session_.lock("restore");
    if (!locked) {
      summary_.error = std::move(locked.error());
      return;
    }
    if (auto ready = check_codex(); !ready) {
      summary_.error = std::move(ready.error());
    }
    add_up();
    for (std::size_t i = 0; i < paths_.size() && !ended(); ++i) {
      show_progress(i);
      restore_one(paths_[i]);
    }
    show_progress(paths_.size());
    summary_.signal = session_.stop_token().stop_requested() ? session_.signal() : 0;
    RunEnd end;
    end.finished = session_.clock().wall();
    end.exit_code = summary_.exit_code();
    end.skipped = summary_.number(OutcomeKind::skipped);
    end.failed = summary_.number(OutcomeKind::failed);
    session_.release(end, RunMarker::Success::no);
  }

  bool ended() const {
    return summary_.error.has_value() || summary_.deferred.has_value() ||
           session_.stop_token().stop_requested();
  }

  // A Codex that knows no maintenance lock shows its compressor by the marker alone.
  Result<void> check_codex() {
    const ScanRules rules{session_.clock().wall(), SharedHistory::compress};
    const Inventory found =
        scan(session_.fs(), session_.store().home, rules, session_.known().heads);
    session_.learn(found.heads);
    TRY_ASSIGN(summary_.deferred, codex_at_work(session_, found));
    return {};
  }

  // For the progress; and a header is a claim, not a fact.
  void add_up() {
    for (const std::string& path : paths_) {
      add_capped(bytes_total_, sizes_of(compressed_name(path)).value_or(Sizes{}).plain);
    }
  }

  // Both forms stand for a moment. One that does not fit, or claims not to, stops no
  // other.
  Result<void> check_room(const std::string& dir, std::uint64_t plain) {
    const std::uint64_t needed =
        capped_sum(plain, session_.settings().limits.min_free_bytes);
    TRY_ASSIGN(const SpaceInfo space, session_.fs().space(dir));
    if (space.available < needed) {
      return Fail(Error{Errc::no_space,
                        0,
                        "check free space",
                        dir,
                        {fmt::format("it needs {} including limits.min_free, and {} is "
                                     "free; its .zst is unchanged; free disk space",
                                     format_size(needed),
                                     format_size(space.available))}});
    }
    return {};
  }

  struct Sizes {
    std::uint64_t plain = 0;
    std::uint64_t compressed = 0;
  };

  // By the frame's own word; a frame that does not say, or says more than it can hold,
  // counts as its own length: its damage is told when it is decoded.
  std::optional<Sizes> sizes_of(const std::string& path) {
    const auto handle = session_.fs().open_read(path);
    if (!handle) {
      return std::nullopt;
    }
    const File file(session_.fs(), *handle);
    const auto stat = session_.fs().stat(*handle);
    std::array<std::byte, k_frame_header_max> header{};
    const auto got = session_.fs().read_at(*handle, header, 0);
    if (!stat || !got) {
      return std::nullopt;
    }
    const auto info = inspect_frame(std::span<const std::byte>(header.data(), *got));
    const std::uint64_t plain =
        info ? info->content_size.value_or(stat->size) : stat->size;
    return Sizes{plain <= most_content(stat->size) ? plain : stat->size, stat->size};
  }

  void restore_one(const std::string& plain) {
    const std::string compressed = compressed_name(plain);
    const std::string rollout = path_in_store(session_.store().home, plain);
    const std::uint64_t size = sizes_of(compressed).value_or(Sizes{}).plain;
    if (auto room = check_room(parent_dir(plain), size); !room) {
      finish(outcome_of(rollout, plain, Stop::from(std::move(room.error()))));
      return;
    }
    // Before, not after: a run must not compress it again if we are stopped in between.
    hold(rollout);
    Guards guards = session_.guards();
    auto restored = restore(guards,
                            compressed,
                            {rollout, session_.settings().limits.min_free_bytes},
                            session_.stop_token());
    add_capped(bytes_done_, size);
    if (restored) {
      finish(std::move(*restored));
      return;
    }
    finish(outcome_of(rollout, plain, restored.error()));
  }

  Outcome
  outcome_of(const std::string& rollout, const std::string& plain, const Stop& stop) {
    Outcome outcome = Outcome::stopped(rollout, stop);
    if (stop.reason == Reason::vanished && session_.fs().lstat(plain)) {
      outcome.reason.reset();
      outcome.error.reset();
      outcome.detail = "is already plain";
    }
    return outcome;
  }

  void hold(const std::string& rollout) {
    const WallTime until = session_.clock().wall() + session_.settings().scan.cold_after;
    session_.post_to_ledger(
        [rollout, until](Ledger& ledger) { return ledger.hold(rollout, until); });
  }

  void finish(Outcome outcome) {
    summary_.count(outcome);
    session_.record(outcome);
    session_.loop().post([this, outcome = std::move(outcome)] {
      if (events_.outcome) {
        events_.outcome(outcome);
      }
    });
  }

  void show_progress(std::size_t done) {
    Progress progress{done,
                      paths_.size(),
                      std::min(bytes_done_, bytes_total_),
                      bytes_total_,
                      done < paths_.size() ? paths_[done] : ""};
    session_.loop().post([this, progress = std::move(progress)] {
      if (events_.progress) {
        events_.progress(progress);
      }
    });
  }

  Session& session_;
  const std::vector<std::string>& paths_;
  const PassEvents& events_;
  PassSummary summary_; // the publisher's until the loop has stopped
  std::uint64_t bytes_done_ = 0;
  std::uint64_t bytes_total_ = 0;
};

} // namespace

PassSummary run_restore(Session& session,
                        const std::vector<std::string>& plain_paths,
                        const PassEvents& events) {
  return RestoreRun(session, plain_paths, events).run();
}

} // namespace coldpress
