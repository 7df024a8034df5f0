// Row (k): somebody overwrites bytes of a rollout in place, before it is retired and
// after, syncs them and puts its mtime back. They must be in the rollout then, or in
// orphans/. `blind` is a control: what decides on a retired file by its mtime loses some.
#include "tests/race/compressing.hpp"
#include "tests/race/editor.hpp"
#include "tests/support/stale_retired.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <filesystem>
#include <list>
#include <map>

namespace {

using namespace coldpress;
using namespace coldpress::race;

constexpr std::uint32_t k_longest_grace_us = 80'000;

class InPlace {
public:
  explicit InPlace(bool blind)
      : blind_(blind), shared_(record_.shared()), stale_(posix_),
        compress_(blind ? static_cast<Fs&>(stale_) : posix_, home_) {}

  int run() {
    shared_.next_rollout = 1; // a slot with 0 is empty
    std::vector<pid_t> editors;
    for (std::uint32_t me = 0; me < k_editors; ++me) {
      editors.push_back(in_child([this, me] { Editor(home_, record_, me).work(); }));
    }
    const std::uint64_t begun = now_ns();
    while (!enough(begun)) {
      look_around();
    }
    shared_.stop = true;
    for (const pid_t editor : editors) {
      violations_ += finished(editor, std::chrono::seconds{20}) ? 0 : 1;
    }
    look_around();
    while (!rounds_.empty() && violations_ < k_too_many) {
      look_around();
    }
    return report();
  }

private:
  struct Round {
    std::uint32_t rollout;
    std::uint32_t editor;
    std::optional<Published> published; // none: it is plain, or the recovery's
    std::uint64_t due_ns;
  };
  static constexpr std::uint64_t k_too_many = 20;

  std::uint64_t wanted() const { return full_size() ? 200'000 : 3'000; }

  bool enough(std::uint64_t begun) const {
    constexpr std::uint64_t k_second = 1'000'000'000;
    return shared_.acknowledged >= wanted() || violations_ + lost_ >= k_too_many ||
           now_ns() - begun > (full_size() ? 7200 : 300) * k_second;
  }

  void look_around() {
    for (std::uint32_t me = 0; me < k_editors; ++me) {
      if (const std::uint32_t rollout = shared_.slots[me]; rollout != 0) {
        shared_.slots[me] = 0;
        publish(rollout, me);
      }
    }
    for (auto round = rounds_.begin(); round != rounds_.end();) {
      if (round->published && now_ns() >= round->due_ns) {
        (compress_.reap(*round->published) ? reaped_ : refused_) += 1;
        round->published.reset();
      }
      const bool left = shared_.slots[round->editor + k_editors] >= round->rollout;
      if (!round->published && left) {
        settle(*round);
        round = rounds_.erase(round);
      } else {
        ++round;
      }
    }
    nap(std::chrono::microseconds{500});
  }

  void publish(std::uint32_t rollout, std::uint32_t editor) {
    dice_.nap_below(20'000);
    auto published = compress_.publish(rollout);
    const std::uint64_t due = now_ns() + dice_.roll(k_longest_grace_us) * 1000ULL;
    if (published) {
      compressed_ += 1;
      rounds_.push_back({rollout, editor, std::move(*published), due});
      return;
    }
    (published.error().kind == OutcomeKind::writer_arrived ? arrived_ : skipped_) += 1;
    rounds_.push_back({rollout, editor, std::nullopt, due});
  }

  void settle(const Round& round) {
    const bool settled = compress_.recover(round.rollout);
    std::vector<std::string> texts;
    if (auto text = home_.read(round.rollout)) {
      texts.push_back(std::move(*text));
    } else {
      complain(round.rollout, "cannot be read");
    }
    const auto orphans = orphans_of(round.rollout);
    for (const std::string& path : orphans) {
      texts.push_back(read_form(path).value_or(""));
      ::unlink(path.c_str());
    }
    orphaned_ += orphans.size();
    if (!settled && orphans.empty()) {
      complain(round.rollout, "is not settled");
    }
    look_for_edits(round, std::move(texts));
    for (const std::string& path : {home_.plain(round.rollout),
                                    home_.compressed(round.rollout),
                                    home_.retired(round.rollout)}) {
      ::unlink(path.c_str());
    }
  }

  // A second one has a number behind its name.
  std::vector<std::string> orphans_of(std::uint32_t rollout) const {
    std::vector<std::string> paths;
    std::error_code none;
    const std::string name = base_name(home_.retired(rollout));
    for (const auto& entry :
         std::filesystem::directory_iterator(home_.path() + "/coldpress/orphans", none)) {
      if (entry.path().filename().string().starts_with(name)) {
        paths.push_back(entry.path().string());
      }
    }
    return paths;
  }

  // Each edit stands in one of them, and but for edits they are what was made.
  void look_for_edits(const Round& round, std::vector<std::string> texts) {
    const std::string made = Home::text(round.rollout, lines_of(round.rollout));
    auto& next = next_[round.editor];
    for (; next < shared_.counts[round.editor]; ++next) {
      edits_[record_.line(round.editor, next).rollout].push_back(next);
    }
    for (const std::uint32_t n : edits_[round.rollout]) {
      const std::string mark = mark_of(round.editor, n);
      const std::size_t at = place_of(n, made);
      bool found = false;
      for (std::string& text : texts) {
        if (text.size() == made.size() && text.compare(at, mark.size(), mark) == 0) {
          found = true;
          text.replace(at, mark.size(), made, at, mark.size());
        }
      }
      if (!found && record_.line(round.editor, n).state == LineState::acknowledged) {
        lost_ += 1;
        fmt::print(stderr, "rollout {}: edit {} is lost\n", round.rollout, mark);
      }
    }
    edits_.erase(round.rollout);
    for (const std::string& text : texts) {
      if (text != made) {
        complain(round.rollout, "has bytes that nobody wrote");
      }
    }
  }

  void complain(std::uint32_t rollout, const char* what) {
    violations_ += 1;
    fmt::print(stderr, "rollout {} {}\n", rollout, what);
  }

  int report() {
    const std::uint64_t violations = violations_ + lost_ + shared_.faults;
    const bool all_seen =
        shared_.acknowledged >= wanted() && reaped_ > 0 && refused_ > 0 && orphaned_ > 0;
    fmt::print("ROW race-k{} tried={} violations={} lost={} compressed={} reaped={} "
               "reap_refused={} orphaned={} writer_arrived={} skipped={} "
               "past_the_grace={}{}\n",
               blind_ ? " (mutant)" : "",
               shared_.acknowledged.load(),
               violations,
               lost_,
               compressed_,
               reaped_,
               refused_,
               orphaned_,
               arrived_,
               skipped_,
               shared_.collisions.load(),
               all_seen || blind_ ? "" : " (too little happened)");
    if (blind_) {
      return lost_ > 0 ? 0 : 1; // the row must see it
    }
    if (violations > 0) {
      home_.keep();
    }
    return violations == 0 && all_seen ? 0 : 1;
  }

  bool blind_;
  Home home_;
  Record record_;
  Shared& shared_;
  PosixFs posix_;
  StaleRetired stale_;
  Compressing compress_;
  Dice dice_{0};
  std::list<Round> rounds_;
  std::map<std::uint32_t, std::uint32_t> next_; // of an editor's lines
  std::map<std::uint32_t, std::vector<std::uint32_t>> edits_;
  std::uint64_t compressed_ = 0;
  std::uint64_t reaped_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t orphaned_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint64_t skipped_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t violations_ = 0;
};

} // namespace

int main(int argc, char** argv) {
  const std::string mutant = argc > 1 ? argv[1] : "";
  if (argc > 2 || (!mutant.empty() && mutant != "blind")) {
    fmt::print(stderr, "usage: coldpress-in-place [blind]\n");
    return 2;
  }
  std::signal(SIGIO, SIG_IGN);
  try {
    return InPlace(mutant == "blind").run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "coldpress-in-place: {}\n", error.what());
    return 1;
  }
}
