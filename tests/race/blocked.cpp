// How long writers wait for us: sixteen of them at the door, every processor busy, and
// somebody who syncs without end on the same disk. Beside it the same with the order in
// which Codex's own compressor names its file, and with nobody compressing at all.
#include "tests/race/codex_writer.hpp"
#include "tests/race/compressing.hpp"
#include "tests/race/process.hpp"
#include "tests/race/record.hpp"
#include "worker/rollout/codec.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <stdexcept>
#include <vector>

namespace {

using namespace coldpress;
using namespace coldpress::race;

constexpr std::uint32_t k_writers = 16;
constexpr std::uint32_t k_hogs = 2;
constexpr std::uint32_t k_most_waits = 1U << 18U; // of one writer and phase

enum class Phase : std::uint32_t { nobody, coldpress, codex_order, over };
constexpr std::size_t k_phases = 3;

struct Waits {
  std::atomic<Phase> phase;
  struct {
    std::atomic<std::uint32_t> count[k_phases];
    std::uint32_t us[k_phases][k_most_waits];
  } of[k_writers];
};

Waits& new_waits() {
  void* memory = ::mmap(nullptr,
                        sizeof(Waits),
                        PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
                        -1,
                        0);
  if (memory == MAP_FAILED) {
    throw std::runtime_error("mmap of the waits");
  }
  return *static_cast<Waits*>(memory);
}

std::string percentiles(std::vector<std::uint32_t> us) {
  if (us.empty()) {
    return "none";
  }
  std::sort(us.begin(), us.end());
  const auto at = [&](std::size_t per_mille) {
    return us[(us.size() - 1) * per_mille / 1000];
  };
  return fmt::format("{}/{}/{}", at(500), at(990), us.back());
}

class Blocked {
public:
  Blocked()
      : shared_(record_.shared()), waits_(new_waits()), codex_(home_),
        compress_(fs_, home_) {}

  int run() {
    start_helpers();
    const std::uint64_t seconds = full_size() ? 60 : 5;
    const std::uint64_t phase_ns = seconds * 1'000'000'000U;
    nap(std::chrono::seconds{2});
    during(Phase::coldpress, phase_ns, [this] { compress_one(); });
    during(Phase::codex_order, phase_ns, [this] { compress_in_codex_order(); });
    waits_.phase = Phase::over;
    shared_.stop = true;
    for (const pid_t helper : helpers_) {
      stuck_ += finished(helper, std::chrono::seconds{60}) ? 0 : 1;
    }
    return report();
  }

private:
  template <class Work> void during(Phase phase, std::uint64_t ns, const Work& work) {
    waits_.phase = phase;
    for (const std::uint64_t begun = now_ns(); now_ns() - begun < ns;) {
      work();
    }
  }

  void start_helpers() {
    for (std::uint32_t me = 0; me < k_writers; ++me) {
      helpers_.push_back(in_child([this, me] { ask_for_ever(me); }));
    }
    for (std::uint32_t i = 0; i < k_hogs; ++i) {
      helpers_.push_back(in_child([this] {
        while (!record_.stopped()) {
        }
      }));
    }
    helpers_.push_back(in_child([this] { sync_for_ever(); }));
  }

  // A writer that resumes: it needs the coordination lock for a moment, again and again.
  void ask_for_ever(std::uint32_t me) {
    Dice dice(me + 1);
    const CodexWriter codex(home_);
    while (!record_.stopped()) {
      const auto phase = static_cast<std::size_t>(waits_.phase.load());
      const std::uint64_t asked = now_ns();
      (void)codex.lock_coordination();
      const std::uint64_t took_us = (now_ns() - asked) / 1000;
      if (phase < k_phases) {
        auto& mine = waits_.of[me];
        const std::uint32_t n = mine.count[phase];
        if (n < k_most_waits) {
          mine.us[phase][n] = static_cast<std::uint32_t>(took_us);
          mine.count[phase] = n + 1;
        }
      }
      dice.nap_below(20'000);
    }
  }

  void sync_for_ever() {
    const std::string path = home_.path() + "/making/storm";
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const std::string block(std::size_t{1} << 20U, 'x');
    for (off_t at = 0; !record_.stopped(); at = (at + 1) % 64) {
      (void)::pwrite(file.get(), block.data(), block.size(), at << 20);
      ::fsync(file.get());
    }
  }

  void compress_one() {
    const std::uint32_t rollout = shared_.next_rollout.fetch_add(1);
    home_.make(rollout);
    if (const auto published = compress_.publish(rollout)) {
      held_us_.push_back(static_cast<std::uint32_t>(published->blocked_us()));
      (void)compress_.reap(*published);
    }
  }

  // Temp, encode, sync; then, under coordination: probe, stat, rename without replace,
  // stat, unlink.
  void compress_in_codex_order() {
    const std::uint32_t rollout = shared_.next_rollout.fetch_add(1);
    home_.make(rollout);
    const std::string plain = home_.plain(rollout);
    const std::string temp = parent_dir(plain) + "/rollout-compress-bench.tmp";
    write_frame(plain, temp);
    const Fd coordination = codex_.lock_coordination();
    const std::uint64_t begun = now_ns();
    struct stat stat {};
    (void)::lstat(plain.c_str(), &stat);
    (void)::renameat2(
        AT_FDCWD, temp.c_str(), AT_FDCWD, (plain + ".zst").c_str(), RENAME_NOREPLACE);
    (void)::lstat(plain.c_str(), &stat);
    (void)::unlink(plain.c_str());
    codex_held_us_.push_back(static_cast<std::uint32_t>((now_ns() - begun) / 1000));
  }

  static void write_frame(const std::string& plain, const std::string& temp) {
    const std::string text = read_form(plain).value_or("");
    const Fd file(::open(temp.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    const Sink sink = [&file](std::span<const std::byte> out) -> Result<void> {
      (void)::write(file.get(), out.data(), out.size());
      return {};
    };
    constexpr int k_codex_level = 3;
    const FrameOptions frame = choose_frame_options(text.size(), k_codex_level, {});
    auto encoder = FrameEncoder::create(frame, text.size());
    if (!encoder || !encoder->push(std::as_bytes(std::span(text)), sink) ||
        !encoder->finish(sink)) {
      throw std::runtime_error("zstd");
    }
    ::fsync(file.get());
  }

  std::vector<std::uint32_t> waited(Phase phase) const {
    std::vector<std::uint32_t> all;
    const auto which = static_cast<std::size_t>(phase);
    for (const auto& writer : waits_.of) {
      all.insert(all.end(), writer.us[which], writer.us[which] + writer.count[which]);
    }
    return all;
  }

  int report() const {
    fmt::print("ROW blocked tried={} violations={} held_us={} codex_order_held_us={} "
               "writer_waits_us={} writer_waits_codex_order_us={} "
               "writer_waits_nobody_us={} (p50/p99/max; goal: held p99 < 5000)\n",
               held_us_.size(),
               stuck_,
               percentiles(held_us_),
               percentiles(codex_held_us_),
               percentiles(waited(Phase::coldpress)),
               percentiles(waited(Phase::codex_order)),
               percentiles(waited(Phase::nobody)));
    return stuck_ == 0 && !held_us_.empty() ? 0 : 1;
  }

  Home home_;
  Record record_;
  Shared& shared_;
  Waits& waits_;
  PosixFs fs_;
  CodexWriter codex_;
  Compressing compress_;
  std::vector<pid_t> helpers_;
  std::vector<std::uint32_t> held_us_;
  std::vector<std::uint32_t> codex_held_us_;
  std::uint64_t stuck_ = 0;
};

} // namespace

int main() {
  std::signal(SIGIO, SIG_IGN);
  try {
    return Blocked().run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "coldpress-blocked: {}\n", error.what());
    return 1;
  }
}
