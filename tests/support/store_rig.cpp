#include "tests/support/store_rig.hpp"

#include "fsutil/text.hpp"
#include "fsutil/walk.hpp"
#include "worker/rollout/codec.hpp"
#include "worker/rollout/name.hpp"
#include "worker/rollout/reader.hpp"
#include "worker/stage/claim.hpp"
#include "worker/stage/encode.hpp"
#include "worker/stage/measure.hpp"
#include "worker/stage/plan.hpp"
#include "worker/stage/publish.hpp"
#include "worker/stage/reap.hpp"
#include "worker/stage/scan.hpp"
#include "worker/stage/sweep.hpp"
#include "worker/stage/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <stdexcept>

namespace coldpress {

using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t k_uid = 1000; // as MemFs starts
constexpr auto k_cold_after = 7 * 24h;

FrameOptions frame_options(std::uint64_t size) {
  return choose_frame_options(size, 1, std::nullopt);
}

Outcome outcome_of(const std::string& rollout, const Stop& stop) {
  Outcome outcome;
  outcome.rollout = rollout;
  outcome.kind = stop.kind;
  outcome.reason = stop.reason;
  outcome.error = stop.error;
  outcome.detail = stop.detail;
  return outcome;
}

// Recovers until nothing is left that only waits for its grace.
void recover_one(TestWorker& worker, const RolloutForms& forms, TestPass& pass) {
  Recovered recovered = worker.recover(forms);
  if (recovered.due_in) {
    worker.clock.sleep(*recovered.due_in);
    recovered = worker.recover(forms);
  }
  if (recovered.outcome) {
    pass.outcomes.push_back(std::move(*recovered.outcome));
  }
}

void compress_one(TestWorker& worker, const Candidate& candidate, TestPass& pass) {
  auto compressed = worker.compress(candidate);
  Outcome outcome;
  outcome.rollout = candidate.rollout;
  outcome.kind = OutcomeKind::compressed;
  pass.outcomes.push_back(compressed ? std::move(outcome)
                                     : outcome_of(candidate.rollout, compressed.error()));
}

} // namespace

void must(const Result<void>& result) {
  if (!result) {
    throw std::runtime_error(describe(result.error()));
  }
}

std::string test_thread_id(int number) {
  return fmt::format("0199a0b1-0000-7000-8000-{:012}", number);
}

std::string test_rollout_name(int number) {
  return "rollout-2025-11-03T10-20-30-" + test_thread_id(number) + ".jsonl";
}

std::string test_rollout(const TestHead& head, int lines) {
  const std::string base =
      head.parent_thread.empty()
          ? "null"
          : fmt::format(
                R"({{"thread_id":"{}","end_ordinal_exclusive":1,"end_byte_offset":99}})",
                head.parent_thread);
  std::string text = fmt::format(
      R"({{"timestamp":"{}","type":"session_meta","payload":{{"id":"{}","cwd":"{}",)"
      R"("cli_version":"{}","history_base":{}}}}})"
      "\n",
      head.written,
      test_thread_id(head.number),
      head.cwd,
      head.cli_version,
      base);
  for (int i = 0; i < lines; ++i) {
    text += test_line(fmt::format("turn {} of {}", i, head.number));
  }
  return text;
}

std::string test_rollout(int number, int lines) {
  TestHead head;
  head.number = number;
  return test_rollout(head, lines);
}

std::string
test_turn(TurnWriter writer, WallTime when, std::optional<WallTime> copied_at) {
  constexpr std::string_view k_members[] = {
      "",
      R"("workspace_roots":[],)",
      R"("workspace_roots":[],"multi_agent_version":"v1",)",
      R"("workspace_roots":[],"multi_agent_version":"v1","root_turn_id":"x",)",
      R"("multi_agent_version":"v1","root_turn_id":"x","disabled_plugin_ids":[],)"};
  const auto ms =
      std::chrono::floor<std::chrono::milliseconds>(when).time_since_epoch().count();
  const std::string high = fmt::format("{:012x}", ms);
  return fmt::format(
      R"({{"timestamp":"{}","type":"turn_context","payload":{{{})"
      R"("turn_id":"{}-{}-7a92-9da9-716eec24c0b1","cwd":"/home/me","model":"m"}}}})"
      "\n",
      format_time(copied_at.value_or(when)),
      k_members[static_cast<std::size_t>(writer)],
      high.substr(0, 8),
      high.substr(8));
}

std::string test_line(std::string_view text) {
  return fmt::format(
      R"({{"timestamp":"2025-11-03T10:20:31.000Z","type":"event_msg","payload":)"
      R"({{"type":"agent_message","message":"{}"}}}})"
      "\n",
      text);
}

std::string test_frame(std::string_view bytes) {
  std::string frame;
  const Sink sink = [&frame](std::span<const std::byte> out) -> Result<void> {
    frame.append(reinterpret_cast<const char*>(out.data()), out.size());
    return {};
  };
  auto encoder = FrameEncoder::create(frame_options(bytes.size()), bytes.size()).value();
  must(encoder.push(std::as_bytes(std::span(bytes)), sink));
  must(encoder.finish(sink));
  return frame;
}

std::string test_weak_frame(std::string_view bytes) {
  const auto little_endian = [](std::uint64_t value, int count) {
    std::string out;
    for (int i = 0; i < count; ++i, value >>= 8U) {
      out += static_cast<char>(value & 0xFFU);
    }
    return out;
  };
  constexpr std::size_t k_block = 100'000;
  // Magic; eight bytes of size and no checksum; a window of 1 MiB.
  std::string frame = "\x28\xB5\x2F\xFD\xC0\x50" + little_endian(bytes.size(), 8);
  do {
    const std::string_view block = bytes.substr(0, k_block);
    bytes.remove_prefix(block.size());
    frame += little_endian((block.size() << 3U) | (bytes.empty() ? 1U : 0U), 3);
    frame += block;
  } while (!bytes.empty());
  return frame;
}

// --- StoreRig

StoreRig::StoreRig(Fs& fs, const Clock& clock, std::string home)
    : fs_(fs), clock_(clock), home_(std::move(home)) {
  must(make_dirs(fs_, dir(Root::archived), 0700));
  must(make_dirs(fs_, dir(Root::active), 0700));
  for (std::string made = dir(Root::active); made != parent_dir(made);
       made = parent_dir(made)) {
    must(fs_.sync_dir(parent_dir(made)));
  }
  must(fs_.sync_dir(home_));
}

std::string StoreRig::dir(Root root) const {
  return join_path(home_,
                   root == Root::archived ? "archived_sessions" : "sessions/2025/11/03");
}

std::string StoreRig::plain(int number, Root root) const {
  return join_path(dir(root), test_rollout_name(number));
}

std::string StoreRig::compressed(int number, Root root) const {
  return compressed_name(plain(number, root));
}

std::string StoreRig::retired(int number, Root root) const {
  return join_path(dir(root), retired_name(test_rollout_name(number)));
}

void StoreRig::put(const std::string& path, std::string_view bytes) const {
  put(path, bytes, cold_time());
}

void StoreRig::put(const std::string& path,
                   std::string_view bytes,
                   WallTime mtime) const {
  const File file(fs_, fs_.create_new(path, 0600).value());
  must(fs_.write_at(file.handle(), std::as_bytes(std::span(bytes)), 0));
  must(fs_.set_mtime(file.handle(), mtime));
  must(fs_.sync_file(file.handle()));
  must(fs_.sync_dir(parent_dir(path)));
}

void StoreRig::put_codex_locks() const {
  must(CodexLocks(fs_, clock_, home_).ensure());
}

std::optional<std::string> StoreRig::read(const std::string& plain_path) const {
  const bool plain = fs_.lstat(plain_path).has_value();
  auto reader =
      RolloutReader::open_exact(fs_, plain ? plain_path : compressed_name(plain_path));
  if (!reader) {
    return std::nullopt;
  }
  std::string bytes;
  const Sink sink = [&bytes](std::span<const std::byte> out) -> Result<void> {
    bytes.append(reinterpret_cast<const char*>(out.data()), out.size());
    return {};
  };
  return copy_rollout(*reader, sink) ? std::optional(std::move(bytes)) : std::nullopt;
}

std::vector<std::string> StoreRig::litter() const {
  std::vector<std::string> names;
  const auto note = [&names](const std::string&, const DirEntry& entry) {
    const NameKind kind = classify(entry.name);
    if (kind != NameKind::plain && kind != NameKind::compressed) {
      names.push_back(entry.name);
    }
  };
  for (const Root root : {Root::archived, Root::active}) {
    walk(fs_, join_path(home_, tree_name(root)), 8, note, [](const Error&) {});
  }
  return names;
}

Candidate StoreRig::candidate(const std::string& plain_path) const {
  for (const Candidate& found : scan(fs_, home_, {clock_.wall(), {}}).candidates) {
    if (found.path == plain_path) {
      return found;
    }
  }
  throw std::runtime_error("no candidate " + plain_path);
}

std::optional<Candidate> StoreRig::weak(int number, Root root) const {
  const Inventory found =
      scan(fs_, home_, {clock_.wall(), SharedHistory::automatic, true});
  for (const Candidate& one : found.weak) {
    if (one.path == compressed(number, root)) {
      return one;
    }
  }
  return std::nullopt;
}

RolloutForms StoreRig::forms(int number) const {
  for (const RolloutForms& found : scan(fs_, home_, {clock_.wall(), {}}).leftovers) {
    if (found.plain_name == test_rollout_name(number)) {
      return found;
    }
  }
  return {test_rollout_name(number), {}};
}

// --- TestWorker

ProcessId test_process(std::uint32_t pid, std::string boot) {
  return {"host-a", pid, pid, std::move(boot)};
}

Result<std::unique_ptr<TestWorker>> TestWorker::start(Fs& fs,
                                                      const Clock& clock,
                                                      const StoreRig& rig,
                                                      const ProcessId& self) {
  TRY(make_dirs(fs, rig.state_dir(), 0700));
  TRY_ASSIGN(
      StoreLock store,
      StoreLock::try_acquire(fs, clock, self, rig.state_dir(), StoreLock::Timings{}));
  CodexLocks codex(fs, clock, rig.home());
  TRY(codex.ensure());
  std::unique_ptr<TestWorker> worker(
      new TestWorker(fs, clock, std::move(store), std::move(codex)));
  worker->home = rig.home();
  worker->orphans_dir = rig.orphans_dir();
  return worker;
}

Step<Claim> TestWorker::claim(const Candidate& candidate) {
  Guards with = guards();
  return coldpress::claim(
      with, candidate, {k_cold_after, settle, k_uid, active_without_lease, home});
}

Step<Encoded> TestWorker::encode(const Candidate& candidate) {
  auto claimed = claim(candidate);
  if (!claimed) {
    return std::move(claimed.error());
  }
  const EncodeRules rules{frame_options(candidate.stamp.size), 0, nullptr};
  return coldpress::encode(fs, std::move(*claimed), rules, {});
}

Step<Verified> TestWorker::verify(const Candidate& candidate) {
  auto encoded = encode(candidate);
  if (!encoded) {
    return std::move(encoded.error());
  }
  return coldpress::verify(fs, std::move(*encoded), {});
}

Step<Published> TestWorker::publish(const Candidate& candidate) {
  auto verified = verify(candidate);
  if (!verified) {
    return std::move(verified.error());
  }
  Guards with = guards();
  return coldpress::publish(with, std::move(*verified), {active_without_lease});
}

Step<std::monostate> TestWorker::compress(const Candidate& candidate) {
  auto published = publish(candidate);
  if (!published) {
    return std::move(published.error());
  }
  clock.sleep(k_test_grace);
  Guards with = guards();
  return reap(with, *published);
}

Step<Verified> TestWorker::verify_weak(const Candidate& candidate) {
  auto claimed = claim(candidate);
  auto measured = claimed ? measure(fs, std::move(*claimed), {})
                          : Step<Claim>(std::move(claimed.error()));
  if (!measured) {
    return std::move(measured.error());
  }
  const EncodeRules rules{frame_options(measured->source_size()), 0, nullptr};
  auto encoded = coldpress::encode(fs, std::move(*measured), rules, {});
  if (!encoded) {
    return std::move(encoded.error());
  }
  return coldpress::verify(fs, std::move(*encoded), {});
}

Step<Recompressed> TestWorker::recompress(const Candidate& candidate) {
  auto verified = verify_weak(candidate);
  if (!verified) {
    return std::move(verified.error());
  }
  Guards with = guards();
  return coldpress::recompress(with, std::move(*verified));
}

Recovered TestWorker::recover(const RolloutForms& forms) {
  RecoverRules rules;
  rules.home = home;
  rules.uid = k_uid;
  rules.settle = settle;
  rules.grace = k_test_grace;
  rules.grace_without_lease = k_test_grace;
  rules.orphans_dir = orphans_dir;
  rules.thread_row = [this](const std::string&) { return thread_row; };
  Guards with = guards();
  return coldpress::recover(with, forms, rules);
}

// --- passes

std::size_t TestPass::count(OutcomeKind kind) const {
  return static_cast<std::size_t>(
      std::count_if(outcomes.begin(), outcomes.end(), [kind](const Outcome& outcome) {
        return outcome.kind == kind;
      }));
}

TestPass run_test_pass(TestWorker& worker, const StoreRig& rig) {
  TestPass pass;
  const auto look = [&] {
    return scan(worker.fs, rig.home(), {worker.clock.wall(), SharedHistory::automatic});
  };
  // Twice, as a run does: what one act leaves may be another row of the table.
  for (int round = 0; round < 2; ++round) {
    Inventory found = look();
    Guards guards = worker.guards();
    // What could not be put right is seen again.
    std::erase_if(pass.outcomes, [](const Outcome& outcome) {
      return outcome.kind == OutcomeKind::conflict || outcome.kind == OutcomeKind::failed;
    });
    for (Outcome& outcome : sweep_temps(guards, found, {rig.home(), k_uid})) {
      pass.outcomes.push_back(std::move(outcome));
    }
    for (const RolloutForms& forms : found.leftovers) {
      recover_one(worker, forms, pass);
    }
  }
  PlanRules rules;
  rules.scan.roots = {Root::archived, Root::active};
  rules.scan.settle = worker.settle;
  rules.uid = k_uid;
  rules.now = worker.clock.wall();
  const Inventory now = look();
  const Plan plan = make_plan(now.candidates, now.versions, rules, {});
  for (const Decision& decision : plan.decisions) {
    if (decision.action == Action::compress) {
      compress_one(worker, decision.candidate, pass);
    }
  }
  return pass;
}

TestPass
run_test_pass(Fs& fs, const Clock& clock, const StoreRig& rig, const ProcessId& self) {
  auto worker = TestWorker::start(fs, clock, rig, self);
  if (!worker) {
    return {std::move(worker.error()), {}};
  }
  return run_test_pass(**worker, rig);
}

} // namespace coldpress
