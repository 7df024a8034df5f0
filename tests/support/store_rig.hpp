#pragma once

#include "locking/guards.hpp"
#include "tests/support/fake_clock.hpp"
#include "worker/rollout/recent_writers.hpp"
#include "worker/stage/candidate.hpp"
#include "worker/stage/outcome.hpp"
#include "worker/stage/place.hpp"
#include "worker/stage/recompress.hpp"
#include "worker/stage/recover.hpp"
#include "worker/stage/step.hpp"
#include "worker/stage/tokens.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// Throws, which fails the test.
void must(const Result<void>& result);

// --- what stands in a store. Rollouts are told apart by a number.

std::string test_thread_id(int number);
std::string test_rollout_name(int number);

struct TestHead {
  int number = 1;
  std::string cli_version = "0.169.0";
  std::string cwd = "/home/me/project";
  std::string parent_thread; // of its history_base; empty: none
  std::string written = "2025-11-03T10:20:30.000Z";
};

// A session_meta line as Codex writes it, and then so many lines of a conversation.
std::string test_rollout(const TestHead& head, int lines = 200);
std::string test_rollout(int number = 1, int lines = 200);
// A turn_context as that writer leaves it, which begins at `when`; with `copied_at`, as a
// fork made then copies it.
std::string test_turn(TurnWriter writer,
                      WallTime when,
                      std::optional<WallTime> copied_at = std::nullopt);
// One more line, as a writer would append it.
std::string test_line(std::string_view text);
// One frame as coldpress writes it.
std::string test_frame(std::string_view bytes);
// One frame of somebody else's: its size, no checksum, and nothing compressed in it.
std::string test_weak_frame(std::string_view bytes);

// A small Codex store on any Fs. What it puts is durable; failing calls throw, which
// fails the test.
class StoreRig {
public:
  StoreRig(Fs& fs, const Clock& clock, std::string home = "/home/me/.codex");

  const std::string& home() const { return home_; }
  std::string state_dir() const { return join_path(home_, "coldpress"); }
  std::string orphans_dir() const { return join_path(state_dir(), "orphans"); }
  // Directory of the rollouts: flat in the archive, dated in sessions/.
  std::string dir(Root root = Root::archived) const;
  // Paths of the three forms.
  std::string plain(int number = 1, Root root = Root::archived) const;
  std::string compressed(int number = 1, Root root = Root::archived) const;
  std::string retired(int number = 1, Root root = Root::archived) const;

  // 30 days old by mtime; ctime is whatever the Fs says.
  void put(const std::string& path, std::string_view bytes) const;
  void put(const std::string& path, std::string_view bytes, WallTime mtime) const;
  WallTime cold_time() const { return clock_.wall() - std::chrono::hours{24 * 30}; }
  // Everything Codex makes before it holds a lock.
  void put_codex_locks() const;

  // What a reader gets under the logical name: the plain form, else the decoded .zst.
  // Empty if there is neither, or if it is damaged.
  std::optional<std::string> read(const std::string& plain_path) const;
  // Names in the trees that are neither a rollout's plain form nor its .zst.
  std::vector<std::string> litter() const;
  // What the scan says of it. Throws if it is not there.
  Candidate candidate(const std::string& plain_path) const;
  // The same of a weak .zst.
  std::optional<Candidate> weak(int number = 1, Root root = Root::archived) const;
  RolloutForms forms(int number = 1) const;

private:
  Fs& fs_;
  const Clock& clock_;
  std::string home_;
};

// --- a coldpress process at work

ProcessId test_process(std::uint32_t pid = 100, std::string boot = "boot-a");

// The locks of one process. What it does goes through the Fs it is given.
struct TestWorker {
  static Result<std::unique_ptr<TestWorker>>
  start(Fs& fs, const Clock& clock, const StoreRig& rig, const ProcessId& self);
  Guards guards() { return {fs, clock, store, codex}; }

  // The stages, one after the other, with rules fit for a small file.
  Step<Claim> claim(const Candidate& candidate);
  Step<Encoded> encode(const Candidate& candidate);
  Step<Verified> verify(const Candidate& candidate);
  Step<Published> publish(const Candidate& candidate);
  // publish(), the grace, reap().
  Step<std::monostate> compress(const Candidate& candidate);
  // claim to verify, of a weak frame; and then recompress().
  Step<Verified> verify_weak(const Candidate& candidate);
  Step<Recompressed> recompress(const Candidate& candidate);
  Recovered recover(const RolloutForms& forms);

  TestWorker(Fs& through, const Clock& time, StoreLock lock, CodexLocks codex_locks)
      : fs(through), clock(time), store(std::move(lock)), codex(std::move(codex_locks)) {}

  Fs& fs;
  const Clock& clock;
  StoreLock store;
  CodexLocks codex;
  std::chrono::milliseconds settle{0};
  bool active_without_lease = false;
  ThreadRow thread_row = ThreadRow::present;
  std::string home;
  std::string orphans_dir;
};

inline constexpr std::chrono::seconds k_test_grace{10};

struct TestPass {
  std::optional<Error> error; // could not begin
  std::vector<Outcome> outcomes;

  std::size_t count(OutcomeKind kind) const;
};

// A whole pass over the store as `run` does it: sweep, recover, compress, reap; the clock
// moves on by each grace.
TestPass run_test_pass(Fs& fs,
                       const Clock& clock,
                       const StoreRig& rig,
                       const ProcessId& self = test_process());
TestPass run_test_pass(TestWorker& worker, const StoreRig& rig);

} // namespace coldpress
