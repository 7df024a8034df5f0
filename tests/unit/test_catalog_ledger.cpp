#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/catalog/ledger.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

Outcome compressed(std::string rollout, std::uint64_t blocked_us = 100) {
  Outcome outcome;
  outcome.rollout = std::move(rollout);
  outcome.kind = OutcomeKind::compressed;
  outcome.stamp.device = 0xffff'ffff'ffff'fff0U; // past what SQLite calls an integer
  outcome.stamp.inode = 42;
  outcome.stamp.size = 1000;
  outcome.stamp.mtime = WallTime(123'456'789'012'345'678ns);
  outcome.stamp.ctime = WallTime(-5ns);
  outcome.stamp.mode = 0640;
  outcome.stamp.uid = 4'294'967'294U;
  outcome.stamp.gid = 20;
  outcome.stamp.links = 1;
  outcome.bytes_before = 1000;
  outcome.bytes_after = 100;
  outcome.hash = Hash128{3, 4};
  outcome.level = 9;
  outcome.window_log = 21;
  outcome.predicted_bytes = 110;
  outcome.blocked_us = blocked_us;
  outcome.seconds = 0.25;
  return outcome;
}

bool knows(const Ledger& ledger, const std::string& rollout) {
  const auto row = ledger.file(rollout);
  REQUIRE(row.has_value());
  return row->has_value();
}

struct Rig {
  TempDir dir;
  FakeClock clock;
  std::string path = dir / "ledger.sqlite";
  Ledger ledger = open();

  Ledger open() const {
    auto opened = Ledger::open(path);
    REQUIRE(opened.has_value());
    return std::move(*opened);
  }
  void record(const Outcome& outcome, std::int64_t run = 1) {
    REQUIRE(ledger.record(run, outcome, clock.wall()).has_value());
  }
  FileRow row(const std::string& rollout) const {
    auto found = ledger.file(rollout);
    REQUIRE(found.has_value());
    REQUIRE(found->has_value());
    return **found;
  }
};

} // namespace

TEST_CASE("a run that never finished is shown as such") {
  Rig rig;
  const RunStart start{rig.clock.wall(), "run", 4711, "host", 3};
  const auto first = rig.ledger.begin_run(start);
  REQUIRE(first.has_value());
  const RunEnd end{rig.clock.wall() + 2s, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  REQUIRE(rig.ledger.finish_run(*first, end).has_value());
  const auto second = rig.ledger.begin_run(start);
  REQUIRE(second.has_value());

  const auto runs = rig.ledger.recent_runs(10);
  REQUIRE(runs.has_value());
  REQUIRE(runs->size() == 2);
  CHECK((*runs)[0].id == *second);
  CHECK_FALSE((*runs)[0].end.has_value());
  const RunRow& done = (*runs)[1];
  CHECK(done.start.command == "run");
  CHECK(done.start.pid == 4711);
  CHECK(done.start.host == "host");
  CHECK(done.start.generation == 3);
  CHECK(done.start.started == rig.clock.wall());
  REQUIRE(done.end.has_value());
  CHECK(done.end->finished == rig.clock.wall() + 2s);
  CHECK(done.end->exit_code == 3);
  CHECK(done.end->compressed == 1);
  CHECK(done.end->skipped == 2);
  CHECK(done.end->failed == 3);
  CHECK(done.end->writer_arrived == 4);
  CHECK(done.end->reaped == 5);
  CHECK(done.end->recovered == 6);
  CHECK(done.end->bytes_before == 7);
  CHECK(done.end->bytes_after == 8);
  CHECK(done.end->not_freed_bytes == 9);
  CHECK(rig.ledger.recent_runs(1)->size() == 1);
}

TEST_CASE("finishing a run nobody began is refused") {
  Rig rig;
  const auto finished = rig.ledger.finish_run(99, RunEnd{});
  REQUIRE_FALSE(finished.has_value());
  CHECK(finished.error().code == Errc::not_found);
}

TEST_CASE("every column of an outcome survives reopening") {
  Rig rig;
  const Outcome outcome = compressed("archived_sessions/a.jsonl", 777);
  rig.record(outcome, 5);
  rig.ledger = rig.open();

  const FileRow row = rig.row(outcome.rollout);
  CHECK(row.rollout == outcome.rollout);
  CHECK(row.run_id == 5);
  CHECK(row.compressed);
  CHECK(row.outcome == "compressed");
  CHECK(row.stamp == outcome.stamp);
  CHECK(row.plain_bytes == 1000);
  CHECK(row.compressed_bytes == 100);
  CHECK(row.hash == to_hex(*outcome.hash));
  CHECK(row.level == 9);
  CHECK(row.window_log == 21);
  CHECK(row.predicted_bytes == 110);
  CHECK(row.verified_at == rig.clock.wall());
  CHECK(row.verified == "cache");
  CHECK(row.blocked_us == 777);
  CHECK(row.seconds == doctest::Approx(0.25));
  CHECK(row.updated == rig.clock.wall());

  Outcome failed = outcome;
  failed.kind = OutcomeKind::failed;
  failed.reason = Reason::unreadable;
  failed.detail = "said so";
  failed.error = Error{Errc::io, 5, "read", "/p", {"one", "two"}};
  rig.record(failed, 6);
  rig.ledger = rig.open();
  const FileRow second = rig.row(outcome.rollout);
  CHECK(second.outcome == "failed");
  CHECK(second.reason == "unreadable");
  CHECK(second.detail == "said so");
  CHECK(second.error.code == "io");
  CHECK(second.error.sys == 5);
  CHECK(second.error.op == "read");
  CHECK(second.error.path == "/p");
  CHECK(second.error.text == "one; two");
  CHECK(second.attempts == 1);
  CHECK(second.retry_at == rig.clock.wall() + 1h);
}

TEST_CASE("a rollout name that is not text comes back byte by byte") {
  Rig rig;
  const std::string name = "archived_sessions/\xff'\"; DROP TABLE files; -- \x01.jsonl";
  rig.record(compressed(name));
  CHECK(rig.row(name).rollout == name);
  REQUIRE(rig.ledger.hold(name, rig.clock.wall()).has_value());
  CHECK(rig.ledger.known()->memory.count(name) == 1);
}

TEST_CASE("an unknown rollout is none, not an error") {
  Rig rig;
  const auto found = rig.ledger.file("archived_sessions/none.jsonl");
  REQUIRE(found.has_value());
  CHECK_FALSE(found->has_value());
}

TEST_CASE("memory carries stamp, no_gain, back-off and hold of each rollout") {
  Rig rig;
  Outcome no_gain = compressed("a");
  no_gain.kind = OutcomeKind::skipped;
  no_gain.reason = Reason::no_gain;
  rig.record(no_gain);
  Outcome failed = compressed("b");
  failed.kind = OutcomeKind::failed;
  failed.error = Error{Errc::io, 0, "read", "", {}};
  rig.record(failed);
  rig.record(failed);
  REQUIRE(rig.ledger.hold("c", rig.clock.wall() + 24h).has_value());

  const auto known = rig.ledger.known();
  REQUIRE(known.has_value());
  const Memory& memory = known->memory;
  REQUIRE(memory.size() == 3);
  CHECK(memory.at("a").no_gain);
  CHECK(memory.at("a").stamp == no_gain.stamp);
  CHECK_FALSE(memory.at("a").retry_at.has_value());
  CHECK_FALSE(memory.at("b").no_gain);
  CHECK(memory.at("b").retry_at == rig.clock.wall() + 2h);
  CHECK(memory.at("c").hold_until == rig.clock.wall() + 24h);
  CHECK(memory.at("c").stamp == FileStamp{});
}

TEST_CASE("a hold leaves the rest of the row alone") {
  Rig rig;
  rig.record(compressed("a"));
  REQUIRE(rig.ledger.hold("a", rig.clock.wall() + 1h).has_value());
  CHECK(rig.row("a").hold_until == rig.clock.wall() + 1h);
  CHECK(rig.row("a").compressed_bytes == 100);
  CHECK(rig.row("a").compressed);
}

TEST_CASE("totals count what is compressed now") {
  Rig rig;
  CHECK(rig.ledger.totals()->compressed == 0);
  rig.record(compressed("a"));
  rig.record(compressed("b"));
  rig.record(compressed("b"));
  Outcome unforeseen = compressed("c");
  unforeseen.predicted_bytes = 0;
  rig.record(unforeseen);
  Outcome restored = compressed("a");
  restored.kind = OutcomeKind::restored;
  restored.bytes_after = 0;
  rig.record(restored);
  const auto totals = rig.ledger.totals();
  REQUIRE(totals.has_value());
  CHECK(totals->compressed == 2);
  CHECK(totals->bytes_before == 2000);
  CHECK(totals->bytes_after == 200);
  CHECK(totals->predicted == 110);
  CHECK(totals->predicted_after == 100);
}

TEST_CASE("blocked times are percentiles over every publication, undone ones too") {
  Rig rig;
  CHECK(rig.ledger.blocked_times()->count == 0);
  REQUIRE(rig.ledger
              .in_transaction([&rig](Ledger& ledger) -> Result<void> {
                for (std::uint64_t us = 1; us <= 199; ++us) {
                  TRY(ledger.record(1, compressed("a", us), rig.clock.wall()));
                }
                return {};
              })
              .has_value());
  Outcome undone = compressed("a", 5000);
  undone.kind = OutcomeKind::writer_arrived;
  rig.record(undone);
  Outcome skipped = compressed("a", 9999);
  skipped.kind = OutcomeKind::skipped;
  rig.record(skipped);

  const auto blocked = rig.ledger.blocked_times();
  REQUIRE(blocked.has_value());
  CHECK(blocked->count == 200);
  CHECK(blocked->p50_us == 100);
  CHECK(blocked->p99_us == 198);
  CHECK(blocked->max_us == 5000);
}

TEST_CASE("old runs and publications make room for new ones") {
  Rig rig;
  rig.record(compressed("a", 1));
  REQUIRE(rig.ledger.begin_run(RunStart{}).has_value());
  {
    auto db = Db::open(rig.path, DbMode::read_write);
    REQUIRE(db.has_value());
    REQUIRE(db->exec("INSERT INTO publications VALUES (100000, 1, 'b', 2, 0);"
                     "INSERT INTO runs (id, started, command, pid, host, generation) "
                     "VALUES (9999, 0, 'run', 1, 'host', 1)")
                .has_value());
  }
  REQUIRE(rig.ledger.begin_run(RunStart{}).has_value());
  CHECK(rig.ledger.recent_runs(10)->size() == 3);
  REQUIRE(rig.ledger.begin_run(RunStart{}).has_value());
  CHECK(rig.ledger.recent_runs(10)->size() == 3);
  CHECK(rig.ledger.recent_runs(10)->back().id == 9999);

  rig.record(compressed("c", 3));
  CHECK(rig.ledger.blocked_times()->count == 2);
  CHECK(rig.ledger.blocked_times()->p50_us == 2);
}

TEST_CASE("a transaction that fails leaves nothing, a failed step only its own") {
  Rig rig;
  const auto now = rig.clock.wall();
  const Fail refused(Error{Errc::invalid, 0, "test", "", {}});
  const auto whole = rig.ledger.in_transaction([&](Ledger& ledger) -> Result<void> {
    TRY(ledger.record(1, compressed("a"), now));
    return refused;
  });
  REQUIRE_FALSE(whole.has_value());
  CHECK(whole.error().code == Errc::invalid);
  CHECK_FALSE(knows(rig.ledger, "a"));

  const auto outer = rig.ledger.in_transaction([&](Ledger& ledger) -> Result<void> {
    TRY(ledger.record(1, compressed("kept"), now));
    const auto inner = ledger.in_transaction([&](Ledger& same) -> Result<void> {
      TRY(same.record(1, compressed("undone"), now));
      return refused;
    });
    CHECK_FALSE(inner.has_value());
    return {};
  });
  REQUIRE(outer.has_value());
  CHECK(knows(rig.ledger, "kept"));
  CHECK_FALSE(knows(rig.ledger, "undone"));
}

TEST_CASE("a reader beside an open write transaction sees the state before it") {
  Rig rig;
  rig.record(compressed("before"));
  auto reader = Ledger::open_read_only(rig.path);
  REQUIRE(reader.has_value());
  REQUIRE(reader->has_value());
  const auto written = rig.ledger.in_transaction([&](Ledger& ledger) -> Result<void> {
    TRY(ledger.record(1, compressed("after"), rig.clock.wall()));
    CHECK(knows(**reader, "before"));
    CHECK_FALSE(knows(**reader, "after"));
    auto late = Ledger::open_read_only(rig.path);
    REQUIRE(late.has_value());
    CHECK(knows(**late, "before"));
    CHECK_FALSE(knows(**late, "after"));
    return {};
  });
  REQUIRE(written.has_value());
  CHECK(knows(**reader, "after"));
}

TEST_CASE("a kill in the middle of a transaction leaves the ledger as it was before") {
  Rig rig;
  rig.record(compressed("before"));
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto ledger = Ledger::open(rig.path);
    if (!ledger) {
      _exit(2);
    }
    // More than SQLite's cache holds, so that half of it is in the file when we die.
    (void)ledger->in_transaction([](Ledger& same) -> Result<void> {
      for (int nth = 0; nth < 2000; ++nth) {
        Outcome outcome = compressed("new" + std::to_string(nth));
        outcome.detail.assign(4000, 'x');
        TRY(same.record(1, outcome, WallTime{}));
      }
      _exit(0);
    });
    _exit(3);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
  REQUIRE(std::filesystem::exists(rig.path + "-journal"));

  const auto looked = Ledger::open_read_only(rig.path);
  REQUIRE_FALSE(looked.has_value());
  CHECK(looked.error().code == Errc::busy);
  CHECK(std::filesystem::exists(rig.path + "-journal"));

  rig.ledger = rig.open();
  CHECK_FALSE(std::filesystem::exists(rig.path + "-journal"));
  CHECK(knows(rig.ledger, "before"));
  CHECK_FALSE(knows(rig.ledger, "new0"));
  CHECK(rig.ledger.totals()->compressed == 1);
}

TEST_CASE("troubled rollouts are those that failed or conflict, most failures first") {
  Rig rig;
  Outcome failed = compressed("a/once");
  failed.kind = OutcomeKind::failed;
  failed.error = Error{Errc::io, 5, "read", "a/once", {"the disk"}};
  rig.record(failed);
  failed.rollout = "a/twice";
  rig.record(failed);
  rig.record(failed);
  rig.record(compressed("a/fine"));
  failed.rollout = "a/recovered";
  rig.record(failed);
  rig.record(compressed("a/recovered"));
  Outcome conflict;
  conflict.rollout = "a/two-forms";
  conflict.kind = OutcomeKind::conflict;
  rig.record(conflict);
  const auto rows = rig.ledger.troubled(10);
  REQUIRE(rows.has_value());
  REQUIRE(rows->size() == 3);
  CHECK(rows->at(0).rollout == "a/twice");
  CHECK(rows->at(1).rollout == "a/once");
  CHECK(rows->at(1).error.text == "the disk");
  CHECK(rows->at(2).rollout == "a/two-forms");
  CHECK(rig.ledger.troubled(1)->size() == 1);
  CHECK(rig.ledger.check().has_value());
}

TEST_CASE("the verification of a deleted rollout can be forgotten, and no other") {
  Rig rig;
  for (const char* rollout : {"a/deleted", "a/there"}) {
    Verification seen;
    seen.rollout = rollout;
    seen.at = rig.clock.wall();
    REQUIRE(rig.ledger.set_verified(seen));
  }
  REQUIRE(rig.ledger.forget_verified({"a/deleted", "a/never seen"}));
  rig.ledger = rig.open();
  const auto known = rig.ledger.verifications();
  REQUIRE(known.has_value());
  CHECK(known->size() == 1);
  CHECK(known->contains("a/there"));
}

TEST_CASE(
    "a verification stands for its rollout until a newer one, or until it is compressed") {
  Rig rig;
  Outcome made = compressed("a/ours");
  rig.record(made);
  const auto known = [&rig](const std::string& rollout) {
    auto all = rig.ledger.verifications();
    REQUIRE(all.has_value());
    REQUIRE(all->contains(rollout));
    return all->at(rollout);
  };
  const WallTime first = rig.clock.wall();
  CHECK(known("a/ours").at == first); // verified when it was made
  CHECK(known("a/ours").hash == to_hex(*made.hash));
  CHECK(known("a/ours").frame_bytes == 100);
  CHECK(known("a/ours").frame_mtime == made.stamp.mtime);

  rig.clock.advance(1h);
  const Verification bad{.rollout = "a/ours",
                         .at = rig.clock.wall(),
                         .ok = false,
                         .frame_bytes = 100,
                         .frame_mtime = made.stamp.mtime,
                         .plain_bytes = 1000,
                         .hash = "abc",
                         .detail = "a flipped bit"};
  REQUIRE(rig.ledger.set_verified(bad).has_value());
  rig.ledger = rig.open();
  CHECK_FALSE(known("a/ours").ok);
  CHECK(known("a/ours").hash == "abc");
  CHECK(known("a/ours").detail == "a flipped bit");
  CHECK(rig.row("a/ours").verified_at == first); // when it was last found right

  rig.clock.advance(1h);
  rig.record(made);
  CHECK(known("a/ours").ok);
  CHECK(known("a/ours").at == rig.clock.wall());

  rig.clock.advance(1h);
  Verification good = bad;
  good.at = rig.clock.wall();
  good.ok = true;
  REQUIRE(rig.ledger.set_verified(good).has_value());
  CHECK(known("a/ours").at == good.at);
  CHECK(rig.row("a/ours").verified_at == good.at);
  good.rollout = "a/of-codex";
  REQUIRE(rig.ledger.set_verified(good).has_value());
  CHECK(known("a/of-codex").ok);
  CHECK_FALSE(knows(rig.ledger, "a/of-codex")); // no row of a rollout we never touched
}

TEST_CASE("a rollout that was put right and found so is not troubled any more") {
  Rig rig;
  Outcome failed = compressed("a/mended");
  failed.kind = OutcomeKind::failed;
  failed.error = Error{Errc::corrupt, 0, "zstd decode", "a/mended", {"cut short"}};
  rig.record(failed);
  failed.rollout = "a/unreadable";
  failed.error->code = Errc::io;
  rig.record(failed);
  for (const std::string rollout : {"a/mended", "a/unreadable"}) {
    const Verification good{.rollout = rollout,
                            .at = rig.clock.wall(),
                            .ok = true,
                            .frame_bytes = 100,
                            .frame_mtime = {},
                            .plain_bytes = 1000,
                            .hash = "abc",
                            .detail = ""};
    REQUIRE(rig.ledger.set_verified(good).has_value());
  }
  const auto rows = rig.ledger.troubled(10);
  REQUIRE(rows.has_value());
  REQUIRE(rows->size() == 1);
  CHECK(rows->front().rollout == "a/unreadable");
  CHECK(rig.row("a/mended").error.code.empty());
}

TEST_CASE("counters count runs and outcomes, and know when a run last went well") {
  Rig rig;
  CHECK(rig.ledger.counters()->runs == 0);
  CHECK_FALSE(rig.ledger.counters()->last_success);
  for (const int code : {0, 3}) {
    const auto run = rig.ledger.begin_run(RunStart{});
    REQUIRE(run.has_value());
    rig.clock.advance(1h);
    RunEnd end;
    end.finished = rig.clock.wall();
    end.exit_code = code;
    REQUIRE(rig.ledger.finish_run(*run, end).has_value());
  }
  rig.record(compressed("a"));
  rig.record(compressed("a"));
  Outcome reaped = compressed("a");
  reaped.kind = OutcomeKind::reaped;
  rig.record(reaped);
  const auto counters = rig.ledger.counters();
  REQUIRE(counters.has_value());
  CHECK(counters->runs == 2);
  CHECK(counters->last_success == rig.clock.wall() - 1h);
  CHECK(counters->bytes_before == 2000);
  CHECK(counters->bytes_after == 200);
  CHECK(counters->outcomes ==
        std::map<std::string, std::uint64_t>{{"failed", 0},
                                             {"compressed", 2},
                                             {"reaped", 1},
                                             {"recovered", 0},
                                             {"writer_arrived", 0}});
}

TEST_CASE("the ledger lists what is compressed now, with both sizes") {
  Rig rig;
  rig.record(compressed("a"));
  rig.record(compressed("b"));
  Outcome restored = compressed("b");
  restored.kind = OutcomeKind::restored;
  rig.record(restored);
  const auto list = rig.ledger.compressed();
  REQUIRE(list.has_value());
  REQUIRE(list->size() == 1);
  CHECK(list->front().rollout == "a");
  CHECK(list->front().plain_bytes == 1000);
  CHECK(list->front().compressed_bytes == 100);
}
