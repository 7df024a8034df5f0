#include "worker/pass/pass.hpp"

#include "fsutil/capped.hpp"
#include "fsutil/text.hpp"
#include "worker/pass/compress_job.hpp"
#include "worker/pass/metrics.hpp"
#include "worker/pass/reaper.hpp"
#include "worker/preview/job_size.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::chrono::milliseconds k_progress_interval{250};
constexpr std::chrono::seconds k_look_interval{2};
constexpr std::uint64_t k_least_room = std::uint64_t{1} << 20U;

enum class Work : std::uint8_t { compress, recover_only };

// All members but those handed to other threads by value belong to the loop thread.
// Every method named on_… runs there; every lambda posted to a pool does its work and
// posts the result back.
class Pass {
public:
  Pass(Session& session, const PassEvents& events, Work work, Orphans orphans)
      : session_(session), events_(events), work_(work), orphans_(orphans),
        reaper_(session,
                {[this](const Outcome& outcome) { finish_outcome(outcome); },
                 [this] { advance(); }}),
        throttle_(session.clock(), session.settings()), context_{session,
                                                                 encoded_bytes_,
                                                                 throttle_,
                                                                 contexts_},
        jobs_("cp-compress",
              session.settings().limits.jobs,
              Priority::idle,
              rethrow_on(session.loop())) {}

  PassSummary run() {
    begun_ = session_.clock().boot();
    if (auto ready = start_threads(); !ready) {
      summary_.error = std::move(ready.error());
      return std::move(summary_);
    }
    session_.on_stop([this] { advance(); });
    session_.loop().every(k_progress_interval, [this] {
      report_progress();
      if (throttle_.waits()) {
        advance(); // the time may be up
      }
    });
    if (work_ == Work::compress && throttle_.watches()) {
      session_.loop().every(k_look_interval, [this] { look_at_machine(); });
      look_at_machine();
    }
    session_.publisher().post([this] { prepare_locked(); });
    drive();
    session_.on_stop({});
    summary_.signal = session_.signal();
    summary_.seconds =
        std::chrono::duration<double>(session_.clock().boot() - begun_).count();
    return std::move(summary_);
  }

private:
  Result<void> start_threads() {
    TRY(session_.start());
    if (work_ == Work::compress) {
      TRY_ASSIGN(const std::size_t jobs, jobs_.start());
      if (jobs < session_.settings().limits.jobs) {
        session_.note(fmt::format("the system allows threads for only {} jobs", jobs));
      }
    }
    return {};
  }

  // What something threw, a lack of memory for one, ends the pass as a kill would: what
  // is left on the disk is the next one's to put right.
  void drive() {
    try {
      session_.loop().run();
    } catch (...) {
      session_.abandon();
      jobs_.stop();
      throw;
    }
  }

  // --- publisher thread

  void prepare_locked() {
    auto locked = session_.lock(work_ == Work::compress ? "run" : "sweep");
    auto prepared =
        locked ? prepare(session_, orphans_) : Result<Prepared>(Fail(locked.error()));
    session_.loop().post([this, prepared = std::move(prepared)]() mutable {
      on_prepared(std::move(prepared));
    });
  }

  // --- loop thread

  // The publisher reads: it waits for nobody, and the loop does no file work.
  void look_at_machine() {
    if (looking_ || concluding_) {
      return;
    }
    looking_ = true;
    session_.publisher().post([this] {
      MachineLoad load = read_pressure(session_.fs());
      if (session_.settings().pressure.on_battery == OnBattery::wait) {
        load.on_battery = read_on_battery(session_.fs());
      }
      auto news = throttle_.see(load);
      session_.loop().post([this, news = std::move(news)] {
        looking_ = false;
        if (news && events_.throttled) {
          events_.throttled(*news);
        }
        advance();
      });
    });
  }

  void on_prepared(Result<Prepared> prepared) {
    prepared_ = true;
    if (!prepared) {
      summary_.error = std::move(prepared.error());
      conclude();
      return;
    }
    summary_.deferred = prepared->deferred;
    reaper_.set_seen(seen_of(prepared->preview.found));
    note_preview(prepared->preview);
    for (const Outcome& outcome : prepared->recovered) {
      finish_outcome(outcome);
    }
    for (WaitingForms& waiting : prepared->waiting) {
      reaper_.add(std::move(waiting.forms), waiting.bytes, waiting.wait);
    }
    if (work_ == Work::compress && !summary_.deferred) {
      for (Decision& decision : prepared->preview.plan.decisions) {
        if (decision.action == Action::compress) {
          progress_.files_total += 1;
          add_capped(progress_.bytes_total, work_bytes(decision.candidate));
          queue_.push_back(std::move(decision.candidate));
        }
      }
    }
    advance();
  }

  void note_preview(const Preview& seen) {
    summary_.scan_errors = seen.found.errors.size();
    summary_.refused = seen.plan.refused;
    for (const Decision& decision : seen.plan.decisions) {
      if (decision.action == Action::skip) {
        summary_.skipped[decision.reason] += 1;
      }
    }
    if (work_ == Work::compress) {
      store_bytes_.emplace().count(seen.found, seen.plan);
    }
    if (events_.planned) {
      events_.planned(seen.found, seen.plan);
    }
  }

  // Begins nothing more before a retired file has made room: each would be encoded in
  // vain. One that was only too large for what is there stops no other.
  void on_no_space(const Candidate& candidate) {
    session_.publisher().post([this, dir = parent_dir(candidate.path)] {
      const auto space = session_.fs().space(dir);
      const std::uint64_t least =
          std::max(session_.settings().limits.min_free_bytes, k_least_room);
      session_.loop().post([this, full = space && space->available < least] {
        looks_for_room_ = false;
        disk_full_ = full;
        advance();
      });
    });
  }

  bool stopping() const { return session_.signal() != 0 || summary_.error.has_value(); }
  // Now or later.
  bool may_compress() const {
    return !stopping() && next_ < queue_.size() && !throttle_.time_is_up() && !disk_full_;
  }

  // The one place that decides what happens next.
  void advance() {
    if (!prepared_ || concluding_) {
      return;
    }
    while (may_compress() && !looks_for_room_ && throttle_.may_start() &&
           may_start(queue_[next_])) {
      start(queue_[next_++]);
    }
    if (!stopping()) {
      reaper_.start_due();
    }
    const bool compressing = in_flight_ > 0 || may_compress();
    if (compressing || reaper_.busy()) {
      return;
    }
    const auto due = reaper_.next_due();
    if (!idle_since_) {
      idle_since_ = session_.clock().boot();
    }
    if (stopping() || !due || *due > *idle_since_ + k_wait_for_reaps) {
      conclude();
    }
  }

  bool may_start(const Candidate& candidate) const {
    const Settings& settings = session_.settings();
    return in_flight_ == 0 || (in_flight_ < settings.limits.jobs &&
                               memory_in_use_ + job_memory_bytes(settings, candidate) <=
                                   settings.limits.memory_bytes);
  }

  // --- one rollout: claim (publisher) -> encode (job) -> publish (publisher)

  struct InFlight {
    Candidate candidate;
    std::uint64_t memory = 0;
    BootTime begun{};
  };

  void start(const Candidate& candidate) {
    InFlight job{candidate,
                 job_memory_bytes(session_.settings(), candidate),
                 session_.clock().boot()};
    in_flight_ += 1;
    memory_in_use_ += job.memory;
    progress_.current = candidate.rollout;
    session_.record_begun(candidate.rollout);
    session_.publisher().post([this, job = std::move(job)]() mutable {
      auto claim = claim_rollout(context_, job.candidate);
      if (!claim) {
        give_back(std::move(job), std::move(claim.error()));
        return;
      }
      jobs_.post([this, job = std::move(job), claim = std::move(*claim)]() mutable {
        encode_and_publish(std::move(job), std::move(claim));
      });
    });
  }

  // No memory for a wide window fails this one rollout.
  Step<EncodedRollout> encode_or_stop(const Candidate& candidate, Claim claim) {
    try {
      return encode_rollout(context_, std::move(claim));
    } catch (const std::exception& error) {
      return Error{Errc::io, 0, "encode", candidate.path, {error.what()}};
    }
  }

  // Job thread.
  void encode_and_publish(InFlight job, Claim claim) {
    auto encoded = encode_or_stop(job.candidate, std::move(claim));
    if (!encoded) {
      give_back(std::move(job), std::move(encoded.error()));
      return;
    }
    session_.publisher().post([this,
                               job = std::move(job),
                               encoded = std::move(*encoded)]() mutable {
      Outcome outcome = outcome_of(encoded);
      if (job.candidate.form == Form::compressed) {
        recompress_one(std::move(job), std::move(outcome), std::move(encoded.verified));
        return;
      }
      auto published = publish_rollout(context_, std::move(encoded.verified));
      if (!published) {
        give_back(std::move(job), std::move(published.error()));
        return;
      }
      outcome.blocked_us = published->blocked_us();
      session_.loop().post([this,
                            job = std::move(job),
                            outcome = std::move(outcome),
                            published = std::move(*published)]() mutable {
        on_published(std::move(job), std::move(outcome), std::move(published));
      });
    });
  }

  // Publisher thread.
  void recompress_one(InFlight job, Outcome outcome, Verified verified) {
    const auto done = recompress_rollout(context_, std::move(verified));
    if (!done) {
      give_back(std::move(job), done.error());
      return;
    }
    outcome.blocked_us = done->blocked_us;
    session_.loop().post([this, job = std::move(job), outcome = std::move(outcome)] {
      end_job(job, outcome);
    });
  }

  // Any thread.
  void give_back(InFlight job, Stop stop) {
    session_.loop().post([this, job = std::move(job), stop = std::move(stop)] {
      end_job(job, outcome_of(job.candidate, stop));
    });
  }

  void on_published(InFlight job, Outcome outcome, Published published) {
    reaper_.add(std::move(published));
    end_job(job, std::move(outcome));
  }

  void end_job(const InFlight& job, Outcome outcome) {
    in_flight_ -= 1;
    memory_in_use_ -= job.memory;
    outcome.seconds =
        std::chrono::duration<double>(session_.clock().boot() - job.begun).count();
    progress_.files_done += 1;
    add_capped(finished_bytes_, work_bytes(job.candidate));
    if (outcome.reason == Reason::no_space && !looks_for_room_) {
      looks_for_room_ = true;
      on_no_space(job.candidate);
    }
    finish_outcome(outcome);
    report_progress();
    advance();
  }

  void finish_outcome(const Outcome& outcome) {
    if (outcome.error && outcome.error->code == Errc::lost_lock) {
      summary_.error = outcome.error; // nothing more may be changed
    }
    disk_full_ = disk_full_ && outcome.kind != OutcomeKind::reaped;
    summary_.count(outcome);
    if (store_bytes_) {
      store_bytes_->count(outcome);
    }
    session_.record(outcome);
    if (events_.outcome) {
      events_.outcome(outcome);
    }
  }

  // --- the end

  void conclude() {
    concluding_ = true;
    summary_.not_freed_files = reaper_.files_left();
    summary_.not_freed_bytes = reaper_.bytes_left();
    for (std::size_t i = next_; i < queue_.size(); ++i) {
      summary_.skipped[reason_not_begun()] += 1;
    }
    PassSummary interim = summary_;
    interim.signal = session_.signal();
    session_.publisher().post([this,
                               end = run_end(interim),
                               whole = interim.ran_through(),
                               metrics = metrics_of(interim)]() mutable {
      session_.release(end, whole ? RunMarker::Success::yes : RunMarker::Success::no);
      if (work_ == Work::compress) {
        leave_metrics(std::move(metrics));
      }
      session_.loop().post([this] { session_.loop().stop(); });
    });
  }

  Metrics metrics_of(const PassSummary& summary) const {
    Metrics metrics;
    metrics.store = session_.store().home;
    metrics.finished = session_.clock().wall();
    metrics.exit_code = summary.exit_code();
    metrics.seconds =
        std::chrono::duration<double>(session_.clock().boot() - begun_).count();
    metrics.blocked_max_us = summary.blocked_max_us;
    metrics.bytes = store_bytes_;
    if (metrics.bytes) {
      metrics.bytes->retired = summary.not_freed_bytes;
    }
    return metrics;
  }

  // Publisher thread, when the ledger is closed. What cannot be written is told, and the
  // run went as it went.
  void leave_metrics(Metrics metrics) {
    const std::string& setting = session_.settings().metrics.textfile;
    if (setting.empty()) {
      return;
    }
    take_history(session_.store().state_dir, metrics);
    if (const auto done = write_metrics(session_.fs(), setting, metrics); !done) {
      session_.note("the metrics were not written: " + describe(done.error()));
    }
  }

  // Without a ledger there is none.
  static void take_history(const std::string& state_dir, Metrics& metrics) {
    const auto ledger = Ledger::open_read_only(join_path(state_dir, "ledger.sqlite"));
    if (!ledger || !*ledger) {
      return;
    }
    if (const auto counters = (*ledger)->counters()) {
      metrics.counters = *counters;
    }
    if (const auto blocked = (*ledger)->blocked_times()) {
      metrics.blocked = *blocked;
    }
  }

  Reason reason_not_begun() const {
    return stopping()   ? Reason::canceled
           : disk_full_ ? Reason::no_space
                        : Reason::no_time;
  }

  RunEnd run_end(const PassSummary& summary) const {
    RunEnd end;
    end.finished = session_.clock().wall();
    end.exit_code = summary.exit_code();
    end.compressed = summary.number(OutcomeKind::compressed);
    end.skipped = summary.number(OutcomeKind::skipped);
    end.failed = summary.number(OutcomeKind::failed);
    end.writer_arrived = summary.number(OutcomeKind::writer_arrived);
    end.reaped = summary.number(OutcomeKind::reaped);
    end.recovered = summary.number(OutcomeKind::recovered);
    end.bytes_before = summary.bytes_before;
    end.bytes_after = summary.bytes_after;
    end.not_freed_bytes = summary.not_freed_bytes;
    return end;
  }

  // For the last retired file that it waits for.
  std::uint64_t seconds_to_wait() const {
    const BootTime now = session_.clock().boot();
    const BootTime end =
        std::min(reaper_.last_due().value_or(now), *idle_since_ + k_wait_for_reaps);
    return static_cast<std::uint64_t>(
        std::chrono::ceil<std::chrono::seconds>(std::max(end, now) - now).count());
  }

  void report_progress() {
    if (!events_.progress || queue_.empty()) {
      return;
    }
    progress_.waiting_files = idle_since_ ? reaper_.files_left() : 0;
    progress_.waiting_seconds = idle_since_ ? seconds_to_wait() : 0;
    progress_.throttled = throttle_.waits();
    progress_.bytes_done = std::max(
        finished_bytes_,
        std::min(encoded_bytes_.load(std::memory_order_relaxed), progress_.bytes_total));
    events_.progress(progress_);
  }

  Session& session_;
  const PassEvents& events_;
  Work work_;
  Orphans orphans_;
  PassSummary summary_;
  Progress progress_;
  BootTime begun_{};
  std::vector<Candidate> queue_;
  std::size_t next_ = 0;
  std::uint64_t in_flight_ = 0;
  std::uint64_t memory_in_use_ = 0;
  std::uint64_t finished_bytes_ = 0;
  Reaper reaper_;
  std::optional<StoreBytes> store_bytes_; // of a compression run that got to look
  std::optional<BootTime> idle_since_;    // nothing left to compress since then
  bool prepared_ = false;                 // until then the publisher works alone
  bool concluding_ = false;
  bool looking_ = false;        // the publisher reads the machine's load
  bool looks_for_room_ = false; // the publisher asks how much is free
  bool disk_full_ = false;
  std::atomic<std::uint64_t> encoded_bytes_{0};
  Throttle throttle_;
  CodecContexts contexts_{
      std::min(CodecContexts::k_most_kept, session_.settings().limits.memory_bytes / 8)};
  CompressContext context_;
  ThreadPool jobs_; // last: its tasks use all of the above
};

} // namespace

PassSummary run_pass(Session& session, const PassEvents& events) {
  return Pass(session, events, Work::compress, Orphans::keep).run();
}

PassSummary run_sweep(Session& session, const PassEvents& events, Orphans orphans) {
  return Pass(session, events, Work::recover_only, orphans).run();
}

} // namespace coldpress
