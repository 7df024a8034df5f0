#include "fsutil/text.hpp"
#include "tests/support/fake_clock.hpp"
#include "worker/inspect/doctor_checks.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t k_me = 1000;
constexpr std::uint64_t k_gib = std::uint64_t{1} << 30U;

FileStat dir_stat(std::uint32_t mode = 0700) {
  FileStat stat;
  stat.type = FileType::directory;
  stat.device = 1;
  stat.mode = mode;
  stat.uid = k_me;
  return stat;
}

DirFacts dir(std::string name) {
  DirFacts facts;
  facts.name = std::move(name);
  facts.path = "/home/me/.codex/" + facts.name;
  facts.stat = dir_stat();
  facts.space->available = 100 * k_gib;
  facts.space->total = 200 * k_gib;
  facts.space->files_available = 1'000'000;
  facts.space->files_total = 2'000'000;
  facts.space->type = "ext4";
  facts.space->known_local = true;
  facts.unnamed = true;
  return facts;
}

Decision decision(std::string rollout, Reason reason, std::uint64_t size = 4096) {
  Decision made;
  made.candidate.rollout = std::move(rollout);
  made.candidate.stamp.size = size;
  made.reason = reason;
  made.action = reason == Reason::cold ? Action::compress : Action::skip;
  return made;
}

// A machine and a store in which nothing is wrong.
struct Healthy : DoctorFacts {
  Healthy() {
    machine.now = FakeClock().wall();
    machine.uid = k_me;
    machine.self = {"box", 50, 1, "boot-a"};
    machine.load.cpu = machine.load.io = machine.load.memory = 0;
    machine.open_files = 1024;
    machine.memory_available = 8 * k_gib;
    machine.zstd_version = "1.5.4";
    config.loaded.settings.compression_enabled = true;
    schedule->enabled = true;
    schedule->when = "daily";
    StoreFacts facts;
    facts.store = {"/home/me/.codex",
                   "/home/me/.codex/coldpress",
                   "/home/me/.codex/coldpress",
                   k_me,
                   true};
    facts.home = dir("");
    facts.home.name = "the store";
    facts.trees = {dir("archived_sessions"), dir("sessions")};
    facts.own = {dir("coldpress/")};
    facts.leases = {LeaseAnswer::works, LeaseAnswer::works};
    store = std::move(facts);
  }

  StoreLockHolder& hold_lock() {
    StoreLockHolder holder;
    holder.process = {"box", 77, 1, "boot-a"};
    holder.since = holder.heartbeat = machine.now - 5s;
    holder.locked = true;
    store->locks.store = std::optional(holder);
    return **store->locks.store;
  }
  RunRow& add_run(int exit_code, std::chrono::hours ago) {
    RunRow row;
    row.start.command = "run";
    row.start.started = machine.now - ago;
    row.end.emplace();
    row.end->finished = machine.now - ago;
    row.end->exit_code = exit_code;
    store->ledger.there = true;
    auto& runs = store->ledger.runs;
    return *runs.insert(runs.begin(), row);
  }
};

using Look = void (*)(const DoctorFacts&, Findings&);

std::vector<Finding> seen_by(Look look, const DoctorFacts& facts) {
  Findings found("test");
  look(facts, found);
  for (const Finding& finding : found.all()) {
    // Whatever needs a person says what that person is to do.
    CHECK_FALSE((finding.level == Level::problem && finding.hint.empty()));
    CHECK_FALSE(finding.what.empty());
  }
  return found.all();
}

// The worst of it, and the text of that; the levels get worse.
Finding worst(Look look, const DoctorFacts& facts) {
  const auto found = seen_by(look, facts);
  REQUIRE_FALSE(found.empty());
  return *std::max_element(
      found.begin(), found.end(), [](const Finding& a, const Finding& b) {
        return a.level < b.level;
      });
}

bool says(const Finding& finding, std::string_view part) {
  INFO("what: " << finding.what << " hint: " << finding.hint);
  const bool said = finding.what.find(part) != std::string::npos ||
                    finding.hint.find(part) != std::string::npos;
  CHECK(said);
  return said;
}

constexpr Look k_all[] = {
    check_configuration,  check_store,       check_feature,      check_codex_compressor,
    check_codex_versions, check_permissions, check_file_systems, check_leases,
    check_space,          check_rollouts,    check_store_lock,   check_codex_locks,
    check_daemon,         check_timer,       check_leftovers,    check_orphans,
    check_ledger,         check_runs,        check_verified,     check_failures,
    check_clock,          check_limits,      check_program,      check_start,
    check_frames,
};

} // namespace

TEST_CASE("every check of a healthy store finds it so") {
  const Healthy facts;
  for (const Look look : k_all) {
    const Finding found = worst(look, facts);
    INFO("what: " << found.what);
    CHECK(found.level == Level::ok);
  }
}

TEST_CASE("a configuration that is wrong needs a person") {
  Healthy facts;
  facts.config.error =
      Error{Errc::invalid, 0, "config", "/c.toml", {"c.toml:3: no such key"}};
  const Finding found = worst(check_configuration, facts);
  CHECK(found.level == Level::problem);
  says(found, "c.toml:3: no such key");
}

TEST_CASE("a configuration that others may write is a warning, one's own is not") {
  Healthy facts;
  facts.config.loaded.config_file = "/c.toml";
  facts.config.file->uid = k_me;
  facts.config.file->mode = 0644;
  CHECK(worst(check_configuration, facts).level == Level::ok);
  facts.config.file->mode = 0646;
  says(worst(check_configuration, facts), "chmod o-w /c.toml");
  facts.config.file->mode = 0644;
  facts.config.file->uid = 0;
  CHECK(worst(check_configuration, facts).level == Level::ok);
  facts.config.file->uid = 7;
  CHECK(worst(check_configuration, facts).level == Level::warning);
}

TEST_CASE("a store that cannot be opened is one problem, said once") {
  Healthy facts;
  facts.store_error = Error{Errc::not_found, 2, "realpath", "/none", {"no such store"}};
  facts.store.reset();
  const Finding found = worst(check_store, facts);
  CHECK(found.level == Level::problem);
  says(found, "no such store");
}

TEST_CASE("the store says how it was chosen, and whether it looks like one") {
  Healthy facts;
  facts.config.loaded.values = {{"store", "\"/home/me/.codex\"", "$CODEX_HOME"}};
  says(worst(check_store, facts), "chosen by $CODEX_HOME");
  facts.store->store.has_trees = false;
  CHECK(worst(check_store, facts).level == Level::ok);
}

TEST_CASE("without the feature nothing is compressed, which is a note") {
  Healthy facts;
  facts.config.loaded.settings.compression_enabled = false;
  facts.config.loaded.config_file = "/home/me/coldpress.toml";
  const Finding found = worst(check_feature, facts);
  CHECK(found.level == Level::note);
  says(found, "--enable local_thread_store_compression");
  says(found, "[features] in /home/me/coldpress.toml");
}

TEST_CASE("Codex's own compressor is told of if it is on") {
  Healthy facts;
  facts.store->codex_flag = std::optional(false);
  CHECK(worst(check_codex_compressor, facts).level == Level::ok);
  facts.store->codex_flag = std::optional(true);
  CHECK(worst(check_codex_compressor, facts).level == Level::note);
  facts.store->codex_flag = Fail(Error{Errc::invalid, 0, "config", "config.toml", {}});
  CHECK(worst(check_codex_compressor, facts).level == Level::note);
}

TEST_CASE("a Codex that cannot read .zst is a problem that names the rollout") {
  Healthy facts;
  VersionSeen seen{Version{0, 136, 0}, "sessions/r.jsonl", facts.machine.now - 24h};
  facts.store->preview.found.versions = {seen};
  facts.store->preview.plan.refused = Refusal{Reason::reader_too_old, seen};
  const Finding found = worst(check_codex_versions, facts);
  CHECK(found.level == Level::problem);
  says(found, "sessions/r.jsonl");
  says(found, "0.136");
  says(found, format_time(seen.when));
  CHECK(found.hint.find(format_time(counts_until(seen))) != found.hint.npos);
}

TEST_CASE("a Codex that misreads forks of compressed parents is a note") {
  Healthy facts;
  facts.store->preview.found.versions = {{Version{0, 169, 0}, "a", facts.machine.now},
                                         {Version{0, 150, 0}, "b", facts.machine.now}};
  const Finding found = worst(check_codex_versions, facts);
  CHECK(found.level == Level::note);
  says(found, "0.150");
  facts.store->preview.found.versions.pop_back();
  says(worst(check_codex_versions, facts), "Codex 0.169");
}

TEST_CASE("a release that was seen twice is named once") {
  Healthy facts;
  facts.store->preview.found.versions = {{Version{0, 169, 0}, "a", facts.machine.now},
                                         {Version{0, 169, 0}, "b", facts.machine.now}};
  CHECK_EQ(worst(check_codex_versions, facts).what, "seen within 30 days: Codex 0.169");
}

TEST_CASE("a directory one may not write needs a person") {
  const auto level_with = [](const std::function<void(StoreFacts&)>& spoil) {
    Healthy facts;
    spoil(*facts.store);
    return worst(check_permissions, facts).level;
  };
  CHECK(level_with([](StoreFacts& store) { store.trees[0].stat->uid = 7; }) ==
        Level::problem);
  CHECK(level_with([](StoreFacts& store) { store.trees[0].stat->mode = 0500; }) ==
        Level::problem);
  CHECK(level_with([](StoreFacts& store) { store.home.space->read_only = true; }) ==
        Level::problem);
  CHECK(level_with([](StoreFacts& store) {
          store.trees[1].stat->type = FileType::symlink;
        }) == Level::problem);
  CHECK(level_with([](StoreFacts& store) {
          store.trees[1].stat->type = FileType::regular;
        }) == Level::problem);
  CHECK(level_with([](StoreFacts& store) {
          store.trees[1].stat = Fail(Error::from_errno(EACCES, "lstat", "/x"));
        }) == Level::problem);
  CHECK(level_with([](StoreFacts& store) {
          store.preview.found.errors.push_back(
              Error::from_errno(EACCES, "opendir", "/home/me/.codex/sessions/2026"));
        }) == Level::problem);
}

TEST_CASE("a tree that is not there yet is no fault") {
  Healthy facts;
  facts.store->trees[1].stat = Fail(Error::from_errno(ENOENT, "lstat", "/x"));
  facts.store->trees[1].space = Fail(Error::from_errno(ENOENT, "statvfs", "/x"));
  CHECK(worst(check_permissions, facts).level == Level::ok);
  CHECK(worst(check_file_systems, facts).level == Level::ok);
}

TEST_CASE("a directory others may look into or write is a warning") {
  Healthy facts;
  facts.store->own[0].stat->mode = 0755;
  says(worst(check_permissions, facts), "chmod 700 /home/me/.codex/coldpress/");
  facts.store->own[0].stat->mode = 0700;
  facts.store->home.stat->mode = 0777;
  const Finding found = worst(check_permissions, facts);
  CHECK(found.level == Level::warning);
  says(found, "chmod go-w");
  facts.store->home.stat->mode = 0755; // as Codex makes it
  CHECK(worst(check_permissions, facts).level == Level::ok);
}

TEST_CASE("root may write what is closed to others") {
  Healthy facts;
  facts.machine.uid = 0;
  facts.store->trees[0].stat->mode = 0500;
  CHECK(worst(check_permissions, facts).level == Level::ok);
}

TEST_CASE("a file system not known to be local, and what it lacks, is a note") {
  Healthy facts;
  facts.store->trees[0].space->type = "nfs";
  facts.store->trees[0].space->known_local = false;
  says(worst(check_file_systems, facts), "nfs");
  CHECK(worst(check_file_systems, facts).level == Level::note);
  Healthy old;
  old.store->trees[0].unnamed = false;
  says(worst(check_file_systems, old), "does not support unnamed files");
  Healthy apart;
  apart.store->trees[0].stat->device = 2;
  says(worst(check_file_systems, apart), "another file system than the store");
}

TEST_CASE("no kernel leases is a note that says which setting it touches") {
  Healthy facts;
  facts.store->leases = {LeaseAnswer::unknown, LeaseAnswer::none};
  const Finding found = worst(check_leases, facts);
  CHECK(found.level == Level::note);
  says(found, "scan.active_without_lease");
  facts.store->leases = {LeaseAnswer::unknown, LeaseAnswer::unknown};
  CHECK(worst(check_leases, facts).level == Level::ok);
}

TEST_CASE("too little space is told before it is met") {
  Healthy facts;
  facts.store->home.space->available = 1000;
  CHECK(worst(check_space, facts).level == Level::problem);
  facts.store->home.space->available = 2 * k_gib;
  CHECK(worst(check_space, facts).level == Level::ok);
  facts.store->preview.plan.decisions = {decision("a", Reason::cold, 3 * k_gib),
                                         decision("b", Reason::too_young, 9 * k_gib)};
  const Finding found = worst(check_space, facts);
  CHECK(found.level == Level::warning);
  says(found, "3.0 GiB");
}

TEST_CASE("a tree on a file system of its own is asked for its own space") {
  Healthy facts;
  DirFacts& archived = facts.store->trees[0];
  archived.space->available = 1000; // the same file system: it is what the store has
  CHECK(worst(check_space, facts).level == Level::ok);
  archived.stat->device = 77;
  const Finding full = worst(check_space, facts);
  CHECK(full.level == Level::problem);
  says(full, "archived_sessions: 1000 B");
  archived.space->available = 2 * k_gib;
  CHECK(worst(check_space, facts).level == Level::ok);
  facts.store->preview.plan.decisions = {decision("a", Reason::cold, 3 * k_gib)};
  says(worst(check_space, facts), "archived_sessions: 2.0 GiB");
  archived.space->files_available = 0;
  says(worst(check_space, facts), "no inodes left");
}

TEST_CASE("too few inodes are told, and none on a file system without a limit") {
  Healthy facts;
  facts.store->home.space->files_available = 3;
  CHECK(worst(check_space, facts).level == Level::warning);
  facts.store->home.space->files_available = 0;
  CHECK(worst(check_space, facts).level == Level::problem);
  facts.store->home.space->files_total = 0;
  CHECK(worst(check_space, facts).level == Level::ok);
}

TEST_CASE("rollouts that cannot be read need a person, those of others a look") {
  Healthy facts;
  facts.store->preview.plan.decisions = {decision("a", Reason::not_owner)};
  CHECK(worst(check_rollouts, facts).level == Level::warning);
  facts.store->preview.plan.decisions.push_back(decision("b", Reason::unreadable));
  says(worst(check_rollouts, facts), "for example b");
}

TEST_CASE("a lock that is held is a note, unless its heart stands still") {
  Healthy facts;
  StoreLockHolder& holder = facts.hold_lock();
  CHECK(worst(check_store_lock, facts).level == Level::note);
  says(worst(check_store_lock, facts), "pid 77 on box");
  holder.heartbeat = facts.machine.now - 1h;
  CHECK(worst(check_store_lock, facts).level == Level::warning);
}

TEST_CASE("a lock whose holder is gone says when it is free, and of unlock") {
  Healthy facts;
  StoreLockHolder& holder = facts.hold_lock();
  holder.locked = false;
  says(worst(check_store_lock, facts), "takes it over immediately");
  holder.process.host = "other";
  holder.process.boot_id = "boot-b";
  says(worst(check_store_lock, facts), "coldpress unlock");
  holder.heartbeat = facts.machine.now - 1h;
  says(worst(check_store_lock, facts), "takes it over");
  holder.process.pid = 0;
  CHECK(worst(check_store_lock, facts).level == Level::warning);
  holder.process.pid = 77;
  holder.released = true;
  CHECK(worst(check_store_lock, facts).level == Level::ok);
}

TEST_CASE("Codex's locks are told of with who holds them") {
  Healthy facts;
  facts.store->locks.maintenance = true;
  facts.store->locks.pids["maintenance"] = 4711;
  says(worst(check_codex_locks, facts), "by pid 4711");
  facts.store->locks.maintenance = Fail(Error::from_errno(EACCES, "open", "/x"));
  CHECK(worst(check_codex_locks, facts).level == Level::problem);
  facts.store->obstacles.push_back({preflight::Stops::every_run,
                                    "the maintenance lock",
                                    Error::from_errno(EACCES, "open", "/x"),
                                    "chown it"});
  CHECK(seen_by(check_codex_locks, facts).empty()); // said by check_start()
  says(worst(check_start, facts), "the maintenance lock");
  CHECK(worst(check_start, facts).level == Level::problem);
  facts.store->obstacles.clear();
  facts.store->locks.maintenance = false;
  facts.store->locks.coordination = true;
  CHECK(worst(check_codex_locks, facts).level == Level::note);
  facts.store->locks.coordination = false;
  MarkerInfo marker;
  marker.mtime = facts.machine.now - 3h;
  facts.store->locks.marker = std::optional(marker);
  says(worst(check_codex_locks, facts), "3 h ago");
  marker.ours = true;
  facts.store->locks.marker = std::optional(marker);
  CHECK(worst(check_codex_locks, facts).level == Level::ok);
}

TEST_CASE("rollouts where no file can be made need a person") {
  Healthy facts;
  facts.store->closed = {
      {Error::from_errno(EACCES, "open", "/home/me/.codex/sessions/2026"), "chown", 12}};
  const Finding found = worst(check_start, facts);
  CHECK(found.level == Level::problem);
  says(found, "12 rollouts");
  says(found, "sessions/2026");
}

TEST_CASE("what costs a run nothing but its memory is a warning") {
  Healthy facts;
  facts.store->obstacles.push_back({preflight::Stops::memory,
                                    "the ledger",
                                    Error::from_errno(EACCES, "open", "/l"),
                                    "chown it"});
  CHECK(worst(check_start, facts).level == Level::warning);
}

TEST_CASE("a daemon is told of, and what it is asked to wait for") {
  Healthy facts;
  ControlReply reply;
  reply.status.emplace();
  reply.status->pid = 4711;
  ServiceStore mine;
  mine.path = "/home/me/.codex";
  mine.next_due = facts.machine.now + 1h;
  reply.status->stores = {mine};
  facts.store->daemon = std::optional(reply);
  const Finding fine = worst(check_daemon, facts);
  CHECK(fine.level == Level::ok);
  says(fine, "pid 4711");
  says(fine, "next pass on");
  reply.status->stores[0].paused = true;
  facts.store->daemon = std::optional(reply);
  says(worst(check_daemon, facts), "coldpress control resume");
  reply.failure = ControlFailure{Errc::busy, "no time"};
  facts.store->daemon = std::optional(reply);
  CHECK(worst(check_daemon, facts).level == Level::warning);
  facts.store->daemon = Fail(Error{Errc::busy, 0, "ask", "/c.sock", {"no answer"}});
  CHECK(worst(check_daemon, facts).level == Level::warning);
}

TEST_CASE("what starts the runs is told of") {
  Healthy facts;
  says(worst(check_timer, facts), "systemd: daily");
  facts.schedule->lingers = false;
  says(worst(check_timer, facts), "loginctl enable-linger");
  facts.schedule->files = {{"/u/coldpress.timer", FileState::edited}};
  CHECK(seen_by(check_timer, facts).front().level == Level::note);
  facts.schedule = ScheduleStatus{};
  says(worst(check_timer, facts), "coldpress schedule install");
  facts.schedule->serve_active = true;
  CHECK(worst(check_timer, facts).level == Level::ok);
  facts.schedule = Fail(Error{Errc::invalid, 0, "schedule", "", {"no HOME"}});
  CHECK(worst(check_timer, facts).level == Level::note);
}

TEST_CASE("less room than serve is to keep is a note") {
  Healthy facts;
  facts.config.loaded.settings.pressure.min_free_bytes = 50 * k_gib;
  CHECK(worst(check_space, facts).level == Level::ok);
  facts.store->home.space->available = 20 * k_gib;
  const Finding found = worst(check_space, facts);
  CHECK(found.level == Level::note);
  says(found, "pressure.min_free");
}

TEST_CASE("a pair is a note until a run has found that its forms differ") {
  Healthy facts;
  RolloutForms forms;
  forms.plain_name = "r.jsonl";
  const std::string path = "/home/me/.codex/sessions/2026/r.jsonl";
  forms.files = {{Role::plain, Root::active, path},
                 {Role::compressed, Root::active, path + ".zst"}};
  facts.store->preview.found.leftovers = {forms};
  const Finding pair = worst(check_leftovers, facts);
  CHECK(pair.level == Level::note);
  says(pair, "sessions/2026/r.jsonl (plain + compressed)");
  FileRow row;
  row.rollout = "sessions/2026/r.jsonl";
  row.outcome = "conflict";
  facts.store->ledger.troubled = {row};
  CHECK(worst(check_leftovers, facts).level == Level::problem);
  facts.store->preview.found.leftovers.clear(); // a person has put it right
  CHECK(worst(check_leftovers, facts).level == Level::ok);
}

TEST_CASE("temp files are a note that names the sweep") {
  Healthy facts;
  facts.store->preview.found.parts = {"/x"};
  const Finding found = worst(check_leftovers, facts);
  CHECK(found.level == Level::note);
  says(found, "coldpress sweep");
}

TEST_CASE("orphans need a person") {
  Healthy facts;
  facts.store->orphans =
      std::vector<Orphan>{{"/o", "r.jsonl", 5000, facts.machine.now - 72h}};
  const Finding found = worst(check_orphans, facts);
  CHECK(found.level == Level::problem);
  says(found, "3 d");
}

TEST_CASE("a damaged ledger is a warning, one that cannot be read a problem") {
  Healthy facts;
  facts.store->ledger.there = true;
  CHECK(worst(check_ledger, facts).level == Level::ok);
  facts.store->ledger.error = Error{Errc::corrupt, 0, "ledger check", "/l", {}};
  CHECK(worst(check_ledger, facts).level == Level::warning);
  facts.store->ledger.error = Error::from_errno(EACCES, "open", "/l");
  CHECK(worst(check_ledger, facts).level == Level::problem);
  facts.store->ledger.error.reset();
  facts.store->ledger.set_aside = {"/ledger.sqlite.damaged-20260102T030405Z"};
  CHECK(worst(check_ledger, facts).level == Level::note);
}

TEST_CASE("what a ledger that cannot be read might say is unknown, and not good") {
  Healthy facts;
  facts.store->ledger.there = true;
  facts.store->ledger.runs.clear();
  for (const auto check : {check_runs, check_verified, check_failures}) {
    facts.store->ledger.error.reset();
    CHECK(worst(check, facts).level == Level::ok);
    facts.store->ledger.error = Error{Errc::unsupported, 0, "ledger version", "/l", {}};
    CHECK(worst(check, facts).level == Level::note);
  }
}

TEST_CASE("the last run is told of by how it ended") {
  const auto level_of = [](int exit_code) {
    Healthy facts;
    facts.add_run(0, 48h);
    facts.add_run(exit_code, 1h);
    return worst(check_runs, facts).level;
  };
  CHECK(level_of(0) == Level::ok);
  CHECK(level_of(75) == Level::note);
  CHECK(level_of(143) == Level::note);
  CHECK(level_of(1) == Level::warning);
  CHECK(level_of(3) == Level::warning);
  CHECK(level_of(4) == Level::warning);
}

TEST_CASE("a run that could not read part of the store is not one of failed rollouts") {
  Healthy facts;
  facts.add_run(0, 48h);
  facts.add_run(3, 1h);
  says(worst(check_runs, facts), "part of the store could not be read");
  facts.store->ledger.runs.front().end->failed = 2;
  says(worst(check_runs, facts), "2 rollouts failed");
}

TEST_CASE("a run without an end was killed, unless it is still at work") {
  Healthy facts;
  facts.add_run(0, 1h).end.reset();
  says(worst(check_runs, facts), "killed");
  facts.add_run(0, 48h);
  std::swap(facts.store->ledger.runs[0], facts.store->ledger.runs[1]);
  facts.hold_lock();
  says(worst(check_runs, facts), "has been running");
}

TEST_CASE("runs that were killed one after the other need somebody to look") {
  Healthy facts;
  facts.add_run(0, 96h);
  facts.add_run(0, 72h).end.reset();
  CHECK(worst(check_runs, facts).level == Level::note);
  facts.add_run(0, 48h).end.reset();
  CHECK(worst(check_runs, facts).level == Level::warning);
  facts.add_run(0, 24h).end.reset();
  CHECK(worst(check_runs, facts).level == Level::problem);
  facts.hold_lock(); // the newest may be going on
  CHECK(worst(check_runs, facts).level == Level::warning);
}

TEST_CASE("no success for long is a warning while the feature is on") {
  Healthy facts;
  facts.add_run(0, 24h * 20);
  CHECK(worst(check_runs, facts).level == Level::warning);
  facts.config.loaded.settings.compression_enabled = false;
  CHECK(worst(check_runs, facts).level == Level::ok);
  Healthy never;
  never.add_run(1, 1h);
  const auto found = seen_by(check_runs, never);
  says(found.back(), "no run has succeeded");
}

TEST_CASE("rollouts that fail are listed with why and when they are tried again") {
  Healthy facts;
  for (int nth = 0; nth < 7; ++nth) {
    FileRow row;
    row.rollout = "r" + std::to_string(nth);
    row.attempts = 3;
    row.error.code = nth == 0 ? "corrupt" : "io";
    row.error.text = "the disk";
    row.retry_at = facts.machine.now + 1h;
    facts.store->ledger.troubled.push_back(row);
  }
  const auto found = seen_by(check_failures, facts);
  REQUIRE(found.size() == 6);
  CHECK(found[0].level == Level::problem);
  CHECK(found[1].level == Level::warning);
  says(found[1], "r1 failed 3 times");
  says(found[1], "retried after");
  says(found[5], "7 rollouts failed in all");
}

TEST_CASE("what verify found damaged stays a problem, the rest is told with its age") {
  Healthy facts;
  facts.store->ledger.verified = 3;
  facts.store->ledger.verified_first = facts.machine.now - 72h;
  const Finding fine = worst(check_verified, facts);
  CHECK(fine.level == Level::ok);
  says(fine, "3 d ago");
  Verification odd;
  odd.rollout = "u";
  odd.detail = "not UTF-8";
  facts.store->ledger.unread.push_back(odd);
  const Finding unread = worst(check_verified, facts);
  CHECK(unread.level == Level::warning);
  says(unread, "u is not read whole by Codex: not UTF-8");
  facts.store->ledger.unread.clear();
  for (int nth = 0; nth < 6; ++nth) {
    Verification seen;
    seen.rollout = "r" + std::to_string(nth);
    seen.detail = "a flipped bit";
    facts.store->ledger.damaged.push_back({seen, "do this"});
  }
  const auto found = seen_by(check_verified, facts);
  REQUIRE(found.size() == 6);
  CHECK(found[0].level == Level::problem);
  says(found[0], "r0 is damaged");
  CHECK(found[0].hint.starts_with("do this; "));
  says(found[0], "a flipped bit");
  says(found[5], "6 are damaged in all");
}

TEST_CASE("a clock that cannot be right needs a person") {
  Healthy facts;
  facts.machine.now = WallTime(24h);
  CHECK(worst(check_clock, facts).level == Level::problem);
}

TEST_CASE("what was written in the future is a warning") {
  Healthy facts;
  Decision late = decision("late", Reason::future_mtime);
  late.candidate.stamp.mtime = facts.machine.now + 1h;
  facts.store->preview.plan.decisions = {decision("a", Reason::cold), late};
  says(worst(check_clock, facts), "late has an mtime in the future");
  Healthy back;
  back.add_run(0, -48h);
  says(worst(check_clock, back), "the clock was set back");
  Healthy soon; // two machines never agree to the second
  late.candidate.stamp.mtime = soon.machine.now + 30s;
  soon.store->preview.plan.decisions = {late};
  CHECK(worst(check_clock, soon).level == Level::ok);
}

TEST_CASE("a system that tells no boot id is a note") {
  Healthy facts;
  facts.machine.self.boot_id.clear();
  CHECK(worst(check_clock, facts).level == Level::note);
}

TEST_CASE("limits below what a run may take are told") {
  Healthy facts;
  facts.machine.group_memory = GroupMemory{700ULL << 20U, 690ULL << 20U};
  CHECK(worst(check_limits, facts).level == Level::ok);
  facts.machine.group_memory = GroupMemory{300ULL << 20U, 290ULL << 20U};
  CHECK(worst(check_limits, facts).level == Level::warning);
  facts.machine.group_memory.reset();
  facts.machine.memory_available = 300ULL << 20U;
  CHECK(worst(check_limits, facts).level == Level::note);
  facts.machine.memory_available.reset();
  facts.machine.open_files = 32;
  says(worst(check_limits, facts), "ulimit -n");
  facts.machine.open_files.reset();
  CHECK(worst(check_limits, facts).level == Level::ok);
}

TEST_CASE("a pressure that is asked for in vain is a note") {
  Healthy facts;
  facts.machine.load = {};
  CHECK(worst(check_limits, facts).level == Level::note);
  Settings::Pressure& pressure = facts.config.loaded.settings.pressure;
  pressure.cpu.reset();
  pressure.io.reset();
  pressure.memory.reset();
  CHECK(worst(check_limits, facts).level == Level::ok);
}

TEST_CASE("an age is told in the largest unit that says something") {
  CHECK(age_text(40s) == "40 s");
  CHECK(age_text(119s) == "119 s");
  CHECK(age_text(12min) == "12 min");
  CHECK(age_text(5h) == "5 h");
  CHECK(age_text(24h * 3) == "3 d");
  CHECK(age_text(-5s) == "0 s");
}

TEST_CASE("frames without a checksum are notes that say what becomes of them") {
  Healthy facts;
  facts.store->frames.looked_into = 5;
  CHECK(worst(check_frames, facts).level == Level::ok);
  facts.store->frames.without_checksum = 3;
  says(worst(check_frames, facts), "--recompress");
  facts.store->frames.were_ours = 3;
  facts.store->frames.example = "sessions/r.jsonl";
  const auto found = seen_by(check_frames, facts);
  REQUIRE(found.size() == 1);
  CHECK(found[0].level == Level::note);
  says(found[0], "sessions/r.jsonl");
  says(found[0], "runs recompress them");
}
