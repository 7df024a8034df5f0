// Openers that resolved the plain name before the retirement and come late, because
// something else had their processor: how late, and that no line of theirs is lost.
#include "tests/race/codex_writer.hpp"
#include "tests/race/compressing.hpp"
#include "tests/race/process.hpp"
#include "tests/race/record.hpp"
#include "tests/support/fault_fs.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <csignal>
#include <deque>
#include <exception>
#include <map>

namespace {

using namespace coldpress;
using namespace coldpress::race;

constexpr std::uint32_t k_openers = 8;
constexpr std::uint32_t k_hogs = 4;
// Long: a reap must not end what is to be measured.
constexpr std::uint64_t k_grace_ns = 2'000'000'000;

void pin(std::size_t processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  (void)::sched_setaffinity(0, sizeof set, &set); // with one processor all share it
}

// slots[0]: the rollout that is about to be retired, 0 while none is.
class LateOpen {
public:
  LateOpen() : shared_(record_.shared()), fs_(posix_), compress_(fs_, home_) {}

  int run() {
    const std::uint64_t wanted = full_size() ? 1'000'000 : 10'000;
    shared_.next_rollout = 1;
    start_helpers();
    pin(1);
    const std::uint64_t begun = now_ns();
    while (retired_ < wanted && now_ns() - begun < time_limit_ns()) {
      retire(shared_.next_rollout.fetch_add(1));
      reap_due(k_grace_ns);
    }
    const bool enough = retired_ >= wanted;
    shared_.stop = true;
    for (const pid_t helper : helpers_) {
      violations_ += finished(helper, std::chrono::seconds{20}) ? 0 : 1;
    }
    nap(std::chrono::milliseconds{200});
    reap_due(0);
    return report(enough);
  }

private:
  struct Waiting {
    std::uint32_t rollout;
    std::optional<Published> published; // none: a writer arrived, the file is plain
    std::uint64_t since_ns;
  };

  static std::uint64_t time_limit_ns() {
    constexpr std::uint64_t k_second = 1'000'000'000;
    return (full_size() ? 3600 : 240) * k_second;
  }

  void start_helpers() {
    for (std::uint32_t i = 0; i < k_hogs; ++i) {
      helpers_.push_back(in_child([this] {
        pin(0);
        while (!record_.stopped()) {
        }
      }));
    }
    for (std::uint32_t me = 0; me < k_openers; ++me) {
      helpers_.push_back(in_child([this, me] {
        pin(0);
        open_for_ever(me);
      }));
    }
  }

  // The line is written as late as the opening was; its rollout is what counts.
  void open_for_ever(std::uint32_t me) {
    Dice dice(me + 1);
    while (!record_.stopped()) {
      const std::uint32_t rollout = shared_.slots[0];
      const Fd file = rollout == 0 ? Fd() : open_append(home_.plain(rollout));
      if (file && !record_.append(file.get(), me, rollout, nullptr)) {
        shared_.faults += 1;
      }
      dice.nap_below(rollout == 0 ? 40 : 30);
    }
  }

  void retire(std::uint32_t rollout) {
    home_.make(rollout);
    fs_.reset();
    fs_.set_hook([&](std::string_view op, const std::string&) {
      if (op == "set_lease") {
        leases_ += 1;
      }
      // Not at the claim's own lease: the writers come for the second one.
      if (op == "rename_new" || (op == "lstat" && leases_ == 2)) {
        shared_.slots[0] = rollout;
      }
    });
    leases_ = 0;
    auto published = compress_.publish(rollout);
    shared_.slots[0] = 0;
    fs_.set_hook({});
    if (published) {
      retired_ += 1;
      retired_at_[rollout] = now_ns();
      waiting_.push_back({rollout, std::move(*published), now_ns()});
    } else {
      (published.error().kind == OutcomeKind::writer_arrived ? arrived_ : skipped_) += 1;
      waiting_.push_back({rollout, std::nullopt, now_ns()});
    }
  }

  void reap_due(std::uint64_t grace_ns) {
    while (!waiting_.empty() && now_ns() - waiting_.front().since_ns >= grace_ns) {
      const Waiting waiting = std::move(waiting_.front());
      waiting_.pop_front();
      if (waiting.published && !compress_.reap(*waiting.published)) {
        refused_ += 1;
        violations_ += compress_.recover(waiting.rollout) ? 0 : 1;
      }
      put_by(waiting.rollout);
    }
  }

  // Read now, compared at the end, when nobody can come late any more.
  void put_by(std::uint32_t rollout) {
    const auto text = home_.read(rollout);
    if (!text) {
      violations_ += 1;
    }
    // Only the appended lines: the rest is the same in all.
    const auto lines = text ? text->find(R"("w":)") : std::string::npos;
    if (lines != std::string::npos) {
      texts_[rollout] = text->substr(text->rfind('\n', lines) + 1);
    }
    ::unlink(home_.plain(rollout).c_str());
    ::unlink(home_.compressed(rollout).c_str());
  }

  void count_late() {
    for (std::uint32_t me = 0; me < k_openers; ++me) {
      for (std::uint32_t n = 0; n < shared_.counts[me]; ++n) {
        const LineRecord& line = record_.line(me, n);
        const auto retired = retired_at_.find(line.rollout);
        if (retired != retired_at_.end() && line.begun > retired->second) {
          late_ += 1;
          latest_ns_ = std::max(latest_ns_, line.begun - retired->second);
        }
      }
    }
  }

  int report(bool enough) {
    Checker checker(record_);
    for (const auto& [rollout, text] : texts_) {
      checker.look(rollout, text);
    }
    checker.count_lost();
    count_late();
    const Findings& found = checker.findings();
    const std::uint64_t violations =
        violations_ + found.all() + shared_.faults + home_.litter().size();
    fmt::print("ROW late-open tried={} violations={} lost={} lines={} late_lines={} "
               "latest_us={} writer_arrived={} reap_refused={} skipped={}{}\n",
               retired_,
               violations,
               found.lost,
               shared_.acknowledged.load(),
               late_,
               latest_ns_ / 1000,
               arrived_,
               refused_,
               skipped_,
               enough ? "" : " (too little happened)");
    return violations == 0 && enough ? 0 : 1;
  }

  Home home_{Home::On::memory}; // so that the disk does not set the pace
  Record record_;
  Shared& shared_;
  PosixFs posix_;
  FaultFs fs_;
  Compressing compress_;
  std::vector<pid_t> helpers_;
  std::deque<Waiting> waiting_;
  std::map<std::uint32_t, std::uint64_t> retired_at_; // ns
  std::map<std::uint32_t, std::string> texts_;
  int leases_ = 0;
  std::uint64_t retired_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t skipped_ = 0;
  std::uint64_t late_ = 0;
  std::uint64_t latest_ns_ = 0;
  std::uint64_t violations_ = 0;
};

} // namespace

int main() {
  std::signal(SIGIO, SIG_IGN);
  try {
    return LateOpen().run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "coldpress-late-open: {}\n", error.what());
    return 1;
  }
}
