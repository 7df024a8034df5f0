#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/unit/line_tools.hpp"
#include "worker/rollout/reader.hpp"
#include "worker/rollout/writer.hpp"

#include <array>
#include <cerrno>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const std::string k_id = "0199aaaa-bbbb-7ccc-8ddd-000000000001";
const std::string k_dir = "/home/sessions/2026/01/02";
const std::string k_plain = k_dir + "/rollout-2026-01-02T03-04-05-" + k_id + ".jsonl";
const std::string k_zst = k_plain + ".zst";

std::string meta(const std::string& mode, const std::string& ordinal) {
  return "{\"timestamp\":\"t\"," + ordinal +
         "\"type\":\"session_meta\",\"payload\":{\"id\":\"" + k_id +
         "\",\"history_mode\":\"" + mode + "\"}}";
}
const std::string k_legacy = meta("legacy", "") + "\n";
const std::string k_paginated = meta("paginated", "\"ordinal\":0,") + "\n";

std::string message(int number) {
  return "{\"timestamp\":\"t\",\"type\":\"event_msg\",\"payload\":" +
         std::to_string(number) + "}";
}
std::string numbered(int number, int ordinal) {
  return with_ordinal(message(number), static_cast<std::uint64_t>(ordinal)) + "\n";
}

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  FaultFs fs{disk};
  CodexLocks codex{fs, clock, "/home"};
  std::vector<Error> failed;

  explicit Rig(const std::string& bytes = k_paginated, bool compressed = false) {
    disk.put_dir("/home/sessions");
    if (!bytes.empty()) {
      disk.put(compressed ? k_zst : k_plain, compressed ? frame_of(bytes) : bytes);
    }
    disk.sync_all();
  }
  ThreadLock lock() {
    return std::move(ThreadLock::acquire(fs, clock, codex, k_id, 0s).value());
  }
  WriterOptions options(SyncPolicy sync = SyncPolicy::batch) {
    return {sync, 0, [this](const Error& error) { failed.push_back(error); }};
  }
  Result<RolloutWriter> open(const ThreadLock* lock, const std::string& path = k_plain) {
    return RolloutWriter::open(fs, clock, codex, lock, path, options());
  }
  // Everything a reader sees.
  std::string content() {
    auto reader = RolloutReader::open(disk, clock, k_plain);
    std::string text;
    if (reader) {
      (void)copy_rollout(*reader, append_to(text));
    }
    return text;
  }
};

AppendReport written(RolloutWriter& writer, std::vector<int> numbers) {
  for (const int number : numbers) {
    REQUIRE(writer.append(message(number)));
  }
  AppendReport done;
  const auto flushed = writer.flush(done);
  INFO((flushed ? "" : describe(flushed.error())));
  REQUIRE(flushed);
  return done;
}

} // namespace

TEST_CASE("records of a paginated rollout get the next ordinals, of a legacy one none") {
  Rig rig;
  const ThreadLock lock = rig.lock();
  auto writer = rig.open(&lock);
  REQUIRE(writer);
  const AppendReport done = written(*writer, {7, 8});
  CHECK(done.appended == 2);
  CHECK(done.first_ordinal == 1);
  CHECK(done.last_ordinal == 2);
  CHECK_FALSE(done.repaired_tail);
  CHECK(rig.content() == k_paginated + numbered(7, 1) + numbered(8, 2));

  Rig old(k_legacy);
  const ThreadLock other = old.lock();
  auto legacy = old.open(&other);
  REQUIRE(legacy);
  CHECK_FALSE(written(*legacy, {7}).first_ordinal);
  CHECK(old.content() == k_legacy + message(7) + "\n");
}

TEST_CASE("every record is one write that appends, and nothing is truncated") {
  Rig rig;
  const ThreadLock lock = rig.lock();
  auto writer = rig.open(&lock);
  REQUIRE(writer);
  (void)written(*writer, {1, 2, 3});
  int appends = 0;
  for (const FaultFs::Call& call : rig.fs.log()) {
    appends += call.op == "append" ? 1 : 0;
    CHECK(call.op != "truncate");
    CHECK(call.op != "write_at");
  }
  CHECK(appends == 3);
}

TEST_CASE("a torn tail costs itself, and a whole record without a newline nothing") {
  for (const std::string& tail : {std::string("{\"ordinal\":5,\"ty"), numbered(9, 1)}) {
    for (const bool legacy : {false, true}) {
      const bool whole = tail.ends_with("\n");
      const std::string begin =
          (legacy ? k_legacy : k_paginated) +
          (whole ? (legacy ? message(9) : tail.substr(0, tail.size() - 1)) : tail);
      Rig rig(begin);
      const ThreadLock lock = rig.lock();
      auto writer = rig.open(&lock);
      REQUIRE(writer);
      CHECK(written(*writer, {4}).repaired_tail);
      CHECK(rig.content() ==
            begin + "\n" + (legacy ? message(4) + "\n" : numbered(4, whole ? 2 : 1)));
    }
  }
}

TEST_CASE("what a stranger appends meanwhile stays, and its ordinal counts") {
  Rig rig;
  const ThreadLock lock = rig.lock();
  auto writer = rig.open(&lock);
  REQUIRE(writer);
  (void)written(*writer, {1});
  REQUIRE(rig.disk.append(k_plain, numbered(50, 2)));
  (void)written(*writer, {2});
  REQUIRE(rig.disk.append(k_plain, "half"));
  CHECK(written(*writer, {3}).repaired_tail);
  CHECK(rig.content() == k_paginated + numbered(1, 1) + numbered(50, 2) + numbered(2, 3) +
                             "half\n" + numbered(3, 4));
}

TEST_CASE("a record that landed behind a stranger's half line is written once more") {
  Rig rig;
  const ThreadLock lock = rig.lock();
  auto writer = rig.open(&lock);
  REQUIRE(writer);
  bool done = false;
  rig.fs.set_hook([&](std::string_view op, const std::string&) {
    if (op == "append" && !done) {
      done = true;
      REQUIRE(rig.disk.append(k_plain, "half"));
    }
  });
  CHECK(written(*writer, {1}).appended == 1);
  CHECK(rig.content() == k_paginated + "half" + numbered(1, 1) + numbered(1, 1));
}

TEST_CASE("a write cut short costs one bad line, and the record follows whole") {
  Rig rig;
  const ThreadLock lock = rig.lock();
  auto writer = rig.open(&lock);
  REQUIRE(writer);
  rig.fs.cut_appends({10, 1, 4});
  const AppendReport done = written(*writer, {1, 2});
  const std::string line = numbered(1, 1);
  CHECK(rig.content() == k_paginated + line.substr(0, 10) + "\n" + line.substr(0, 4) +
                             "\n" + line + numbered(2, 2));
  CHECK(done.torn == 2);
  CHECK(done.shared_lines == 0);
  CHECK(done.appended == 2);
}

TEST_CASE("a stranger's record directly behind our half one is counted") {
  Rig rig;
  const ThreadLock lock = rig.lock();
  auto writer = rig.open(&lock);
  REQUIRE(writer);
  rig.fs.cut_appends({10});
  int appends = 0;
  rig.fs.set_hook([&](std::string_view op, const std::string&) {
    if (op == "append" && ++appends == 2) {
      REQUIRE(rig.disk.append(k_plain, "stranger\n"));
    }
  });
  const AppendReport done = written(*writer, {1});
  CHECK(done.torn == 1);
  CHECK(done.shared_lines == 1);
  const std::string line = numbered(1, 1);
  CHECK(rig.content() == k_paginated + line.substr(0, 10) + "stranger\n\n" + line);
}

TEST_CASE("a record that was written whole but for its newline is not written again") {
  const std::string line = numbered(1, 1);
  for (const std::string stranger : {"", "\n", "stranger\n"}) {
    for (const bool fails : {false, true}) {
      CAPTURE(stranger);
      CAPTURE(fails);
      Rig rig;
      const ThreadLock lock = rig.lock();
      auto writer = rig.open(&lock);
      REQUIRE(writer);
      REQUIRE(writer->append(message(1)));
      rig.fs.cut_appends({line.size() - 1});
      int appends = 0;
      rig.fs.set_hook([&](std::string_view op, const std::string&) {
        if (op == "append" && ++appends == 1 && fails) {
          rig.fs.fail_op("append", Errc::no_space, ENOSPC);
        }
        if (op == "append" && appends == 2 && !stranger.empty()) {
          REQUIRE(rig.disk.append(k_plain, stranger));
        }
      });
      AppendReport done;
      if (fails) {
        CHECK(writer->flush(done).error().code == Errc::no_space);
        CHECK(writer->queued() == 1);
      }
      REQUIRE(writer->flush(done));
      CHECK(done.appended == 1);
      CHECK(done.last_ordinal == 1);
      const bool spoiled = stranger.starts_with("s");
      CHECK(done.shared_lines == (spoiled ? 1 : 0));
      std::string want = k_paginated + line;
      if (stranger == "\n") {
        want += "\n";
      } else if (spoiled) {
        want = k_paginated + line.substr(0, line.size() - 1) + "stranger\n\n" + line;
      }
      CHECK(rig.content() == want);
      CHECK(written(*writer, {2}).last_ordinal == 2);
    }
  }
}

TEST_CASE("what failed stays queued in order, and each cause is told of once") {
  Rig rig;
  const ThreadLock lock = rig.lock();
  auto writer = rig.open(&lock);
  REQUIRE(writer);
  for (int i = 1; i <= 3; ++i) {
    REQUIRE(writer->append(message(i)));
  }
  for (const int sys : {ENOSPC, ENOSPC, EIO}) {
    rig.fs.fail_op("append", sys == ENOSPC ? Errc::no_space : Errc::io, sys);
    AppendReport done;
    const auto flushed = writer->flush(done);
    REQUIRE_FALSE(flushed);
    CHECK(flushed.error().sys == sys);
    CHECK(flushed.error().path == k_plain);
    CHECK(done.appended == 0);
    CHECK(writer->queued() == 3);
  }
  CHECK(rig.failed.size() == 2);
  AppendReport done;
  REQUIRE(writer->flush(done));
  CHECK(done.appended == 3);
  CHECK(rig.content() == k_paginated + numbered(1, 1) + numbered(2, 2) + numbered(3, 3));
}

TEST_CASE("a full disk stops a writer until there is room again") {
  Rig rig;
  const ThreadLock lock = rig.lock();
  auto writer = rig.open(&lock);
  REQUIRE(writer);
  const SpaceInfo space = rig.disk.space("/").value();
  rig.disk.set_capacity(space.total - space.available + 4096);
  const std::string large =
      "{\"type\":\"event_msg\",\"x\":\"" + std::string(20'000, 'x') + "\"}";
  REQUIRE(writer->append(large));
  AppendReport done;
  const auto flushed = writer->flush(done);
  REQUIRE_FALSE(flushed);
  CHECK(flushed.error().code == Errc::no_space);
  CHECK(done.torn == 1);
  CHECK(writer->queued() == 1);
  rig.disk.set_capacity(space.total);
  REQUIRE(writer->flush(done));
  CHECK(done.repaired_tail);
  CHECK(done.appended == 1);
  CHECK(rig.content().ends_with("\n" + with_ordinal(large, 1) + "\n"));
}

TEST_CASE("syncs are as the policy says") {
  for (const auto& [sync, want] : {std::pair(SyncPolicy::none, 0),
                                   std::pair(SyncPolicy::batch, 1),
                                   std::pair(SyncPolicy::record, 3)}) {
    Rig rig;
    const ThreadLock lock = rig.lock();
    auto writer = RolloutWriter::open(
        rig.fs, rig.clock, rig.codex, &lock, k_plain, rig.options(sync));
    REQUIRE(writer);
    (void)written(*writer, {1, 2, 3});
    int syncs = 0;
    for (const FaultFs::Call& call : rig.fs.log()) {
      syncs += call.op == "sync_file" ? 1 : 0;
    }
    CHECK(syncs == want);
  }
}

TEST_CASE("a failed sync is an error, and is tried again without writing twice") {
  Rig rig;
  const ThreadLock lock = rig.lock();
  auto writer = rig.open(&lock);
  REQUIRE(writer);
  REQUIRE(writer->append(message(1)));
  rig.fs.fail_op("sync_file", Errc::io, EIO);
  AppendReport done;
  CHECK(writer->flush(done).error().code == Errc::io);
  CHECK(writer->queued() == 0);
  REQUIRE(writer->flush(done));
  CHECK(rig.content() == k_paginated + numbered(1, 1));
}

TEST_CASE("a compressed rollout is made plain before it is appended to") {
  Rig rig(k_paginated + "{\"torn", true);
  const ThreadLock lock = rig.lock();
  auto writer = rig.open(&lock, k_zst);
  REQUIRE(writer);
  CHECK(writer->path() == k_plain);
  CHECK_FALSE(rig.disk.exists(k_zst));
  CHECK(written(*writer, {1}).repaired_tail);
  CHECK(rig.content() == k_paginated + "{\"torn\n" + numbered(1, 1));
  CHECK(rig.disk.names(k_dir).size() == 1);
}

TEST_CASE("of both forms the plain one is appended to, and the .zst stays") {
  Rig rig;
  rig.disk.put(k_zst, frame_of(k_paginated + numbered(9, 1)));
  const ThreadLock lock = rig.lock();
  auto writer = rig.open(&lock, k_zst);
  REQUIRE(writer);
  (void)written(*writer, {1});
  CHECK(rig.disk.get(k_plain) == k_paginated + numbered(1, 1));
  CHECK(rig.disk.exists(k_zst));
}

TEST_CASE("who loses the race to make a rollout plain goes on with the other's file") {
  Rig rig(k_paginated, true);
  const ThreadLock lock = rig.lock();
  rig.fs.set_hook([&](std::string_view op, const std::string& path) {
    if (op == "sync_file" && path != k_plain && !rig.disk.exists(k_plain)) {
      rig.disk.put(k_plain, k_paginated + numbered(9, 1));
    }
  });
  auto writer = rig.open(&lock, k_zst);
  REQUIRE(writer);
  (void)written(*writer, {1});
  CHECK(rig.content() == k_paginated + numbered(9, 1) + numbered(1, 2));
  CHECK(rig.disk.exists(k_zst)); // the recovery's to judge
}

TEST_CASE("a writer refuses what it could only harm") {
  const auto code = [](const std::string& bytes, bool locked = true) {
    Rig rig(bytes);
    const ThreadLock lock = rig.lock();
    auto writer = rig.open(locked ? &lock : nullptr);
    if (!writer) {
      return writer.error().code;
    }
    REQUIRE(writer->append(message(1)));
    AppendReport done;
    const auto flushed = writer->flush(done);
    CHECK(rig.disk.get(k_plain).starts_with(bytes));
    return flushed ? Errc::canceled : flushed.error().code; // canceled: nothing refused
  };
  CHECK(code(k_paginated) == Errc::canceled);
  CHECK(code("\n \n" + k_paginated) == Errc::canceled);
  CHECK(code(message(1) + "\n" + k_paginated) == Errc::unsupported);
  CHECK(code(k_paginated + message(1) + "\n") == Errc::unsupported);
  CHECK(code(k_paginated + numbered(1, 5) + numbered(1, 4)) == Errc::unsupported);
  CHECK(code(k_paginated, false) == Errc::unsupported);
  CHECK(code(k_legacy, false) == Errc::canceled);

  Rig hidden("", false);
  hidden.disk.put(k_plain, "");
  hidden.disk.put(k_zst, frame_of(k_paginated));
  const ThreadLock lock = hidden.lock();
  CHECK(hidden.open(&lock).error().code == Errc::unsupported);

  Rig absent("");
  const ThreadLock other = absent.lock();
  CHECK(absent.open(&other).error().code == Errc::not_found);
}

TEST_CASE(
    "a record that is no object on one line is refused before anything is written") {
  Rig rig;
  const ThreadLock lock = rig.lock();
  auto writer = rig.open(&lock);
  REQUIRE(writer);
  for (const char* bad : {"", "1", "{", "{}{}", "{}\n{}", "{\"a\":\"\xff\"}"}) {
    CHECK(writer->append(bad).error().code == Errc::invalid);
  }
  CHECK(writer->queued() == 0);
}

TEST_CASE("metadata is appended to a legacy rollout beside a live writer") {
  Rig rig(k_legacy);
  const ThreadLock held = rig.lock();
  auto writer = rig.open(nullptr);
  REQUIRE(writer);
  (void)written(*writer, {1});
  CHECK(rig.content() == k_legacy + message(1) + "\n");
}

TEST_CASE(
    "a rollout that was removed, cut, moved or whose lock is lost gets nothing more") {
  for (int what = 0; what < 6; ++what) {
    Rig rig(k_paginated + numbered(1, 1));
    const ThreadLock lock = rig.lock();
    auto writer = rig.open(&lock);
    REQUIRE(writer);
    if (what == 0) {
      REQUIRE(rig.disk.unlink(k_plain));
    } else if (what == 1) {
      rig.disk.put(k_plain, k_paginated);
    } else if (what == 2) {
      REQUIRE(rig.disk.unlink("/home/thread-writer-locks/" + k_id + ".lock"));
    } else if (what == 3) {
      rig.disk.move(k_plain, k_plain + ".bak");
    } else if (what == 4) { // as an editor saves: the file that is open has another name
      rig.disk.move(k_plain, k_plain + ".bak");
      rig.disk.put(k_plain, k_paginated + numbered(1, 1));
    } else {
      REQUIRE(rig.disk.link(k_plain, k_plain + ".second"));
      REQUIRE(rig.disk.unlink(k_plain));
    }
    REQUIRE(writer->append(message(2)));
    AppendReport done;
    const auto flushed = writer->flush(done);
    REQUIRE_FALSE(flushed);
    CHECK(flushed.error().code == (what == 2 ? Errc::lost_lock : Errc::changed));
    CHECK(writer->queued() == 1);
    CHECK(done.appended == 0);
    if (what == 4) { // and what was queued goes into the one that has the name
      REQUIRE(writer->flush(done));
      CHECK(rig.content() == k_paginated + numbered(1, 1) + numbered(2, 2));
    }
  }
}

TEST_CASE("a file that is moved away while it is appended to is not taken for good") {
  Rig rig;
  const ThreadLock lock = rig.lock();
  auto writer = rig.open(&lock);
  REQUIRE(writer);
  rig.fs.set_hook([&](std::string_view op, const std::string&) {
    if (op == "append") {
      rig.disk.move(k_plain, k_plain + ".bak");
    }
  });
  REQUIRE(writer->append(message(1)));
  AppendReport done;
  const auto flushed = writer->flush(done);
  REQUIRE_FALSE(flushed);
  CHECK(flushed.error().code == Errc::changed);
  CHECK(done.appended == 1); // into the file that had the name
}

TEST_CASE("an observer sees what comes to a rollout once, whole lines and in order") {
  for (const std::string& begin : {k_paginated, k_legacy, k_paginated + "{\"torn"}) {
    CAPTURE(begin);
    Rig rig(begin);
    const ThreadLock lock = rig.lock();
    std::string seen;
    std::vector<std::uint64_t> begins;
    WriterOptions options = rig.options();
    options.appended = [&](const AppendedLines& lines) {
      CHECK(lines.text.ends_with('\n'));
      CHECK(lines.offset == begin.size() + seen.size());
      begins.push_back(lines.offset);
      seen += lines.text;
    };
    auto writer =
        RolloutWriter::open(rig.fs, rig.clock, rig.codex, &lock, k_plain, options);
    REQUIRE(writer);
    AppendReport done;
    REQUIRE(writer->flush(done));
    CHECK(begins.empty());
    (void)written(*writer, {1, 2});
    CHECK(begins.size() == 1);
    // Half a line of another program is not handed on before its end has come.
    REQUIRE(rig.disk.append(k_plain, "{\"half"));
    REQUIRE(writer->flush(done));
    CHECK(begins.size() == 1);
    REQUIRE(rig.disk.append(k_plain, " of it\"}\n"));
    (void)written(*writer, {3});
    CHECK(begins.size() == 2);
    // What others write is seen by a flush that has nothing to write itself.
    REQUIRE(rig.disk.append(k_plain, "{}\n"));
    REQUIRE(writer->flush(done));
    CHECK(begins.size() == 3);
    CHECK(begin + seen == rig.content());
  }
}

TEST_CASE("an observer sees what was written before a failure, and a new rollout whole") {
  Rig rig("");
  const ThreadLock lock = rig.lock();
  std::string seen;
  WriterOptions options = rig.options();
  options.appended = [&](const AppendedLines& lines) {
    CHECK(lines.offset == seen.size());
    seen += lines.text;
  };
  RolloutWriter writer =
      RolloutWriter::create(rig.fs, rig.clock, lock, k_plain, std::move(options));
  REQUIRE(writer.append(meta("paginated", "")));
  REQUIRE(writer.append(message(1)));
  CHECK(seen.empty());
  REQUIRE(writer.persist());
  CHECK(seen == rig.content());
  REQUIRE(writer.append(message(2)));
  REQUIRE(writer.append(with_ordinal(message(3), 99))); // refused: not the next
  AppendReport done;
  CHECK_FALSE(writer.flush(done));
  CHECK(done.appended == 1);
  CHECK(seen == rig.content());
  CHECK(seen.find(numbered(2, 2)) != std::string::npos);
}

TEST_CASE("a new rollout is not on disk before it is persisted, and then whole") {
  Rig rig("");
  const ThreadLock lock = rig.lock();
  const auto before = rig.disk.snapshot();
  RolloutWriter writer =
      RolloutWriter::create(rig.fs, rig.clock, lock, k_plain, rig.options());
  CHECK(writer.path() == k_plain);
  AppendReport done;
  REQUIRE(writer.flush(done));
  REQUIRE(writer.persist()); // nothing to save
  REQUIRE(writer.append(meta("paginated", "")));
  REQUIRE(writer.append(message(1)));
  REQUIRE(writer.flush(done));
  CHECK(rig.disk.snapshot() == before);
  CHECK_FALSE(rig.disk.exists("/home/sessions/2026"));

  rig.fs.fail_op("write_at", Errc::no_space, ENOSPC);
  CHECK(writer.persist().error().code == Errc::no_space);
  CHECK(writer.queued() == 2);
  CHECK_FALSE(writer.saved());
  const auto saved = writer.persist();
  REQUIRE(saved);
  CHECK(saved->appended == 2);
  CHECK(saved->first_ordinal == 0);
  CHECK(saved->last_ordinal == 1);
  CHECK(rig.content() == k_paginated + numbered(1, 1));
  REQUIRE(writer.persist()); // again: nothing
  (void)written(writer, {2});
  rig.disk.power_cut();
  CHECK(rig.content() == k_paginated + numbered(1, 1) + numbered(2, 2));
}

TEST_CASE("a new rollout begins with its thread's session_meta and replaces nothing") {
  Rig rig;
  const ThreadLock lock = rig.lock();
  RolloutWriter writer =
      RolloutWriter::create(rig.fs, rig.clock, lock, k_plain, rig.options());
  REQUIRE(writer.append(meta("legacy", "")));
  CHECK(writer.persist().error().code == Errc::exists);
  CHECK(rig.content() == k_paginated);
  Rig empty("");
  const ThreadLock other = empty.lock();
  RolloutWriter wrong =
      RolloutWriter::create(empty.fs, empty.clock, other, k_plain, empty.options());
  REQUIRE(wrong.append(message(1)));
  CHECK(wrong.persist().error().code == Errc::invalid);
  CHECK_FALSE(empty.disk.exists("/home/sessions/2026"));
}

TEST_CASE("at every call of an append a crash or power cut loses nothing acknowledged") {
  // From a .zst with a torn tail: made plain, repaired, two batches.
  const std::string begin = k_paginated + "{\"torn";
  struct Run {
    bool first = false;
    bool second = false;
  };
  const auto work = [](Rig& rig) {
    Run run;
    const auto lock = ThreadLock::acquire(rig.fs, rig.clock, rig.codex, k_id, 0s);
    if (!lock) {
      return run;
    }
    auto writer = rig.open(&*lock, k_zst);
    for (int i = 1; writer && i <= 2; ++i) {
      AppendReport done;
      const bool ok = writer->append(message(i)) && writer->flush(done);
      (i == 1 ? run.first : run.second) = ok;
    }
    return run;
  };
  Rig whole(begin, true);
  REQUIRE(work(whole).second);
  const int calls = whole.fs.calls();
  CHECK(calls > 40);
  for (int nth = 0; nth < calls; ++nth) {
    for (const int how : {0, 1, 2, 3, 4}) {
      CAPTURE(nth);
      CAPTURE(how);
      Rig rig(begin, true);
      rig.fs.freeze_from(nth);
      const Run run = work(rig);
      if (how == 0) {
        rig.disk.kill_process();
      } else {
        constexpr std::array k_modes{Unsynced::drop_all,
                                     Unsynced::removals_only,
                                     Unsynced::keep_all,
                                     Unsynced::random};
        rig.disk.power_cut(k_modes.at(static_cast<std::size_t>(how - 1)),
                           static_cast<std::uint64_t>(nth));
      }
      const std::string text = rig.content();
      REQUIRE(text.starts_with(begin));
      CHECK((!run.first || text.find("\n" + numbered(1, 1)) != std::string::npos));
      CHECK((!run.second || text.find("\n" + numbered(2, 2)) != std::string::npos));
      // Whoever comes next can go on.
      rig.fs.reset();
      const auto lock = ThreadLock::acquire(rig.fs, rig.clock, rig.codex, k_id, 0s);
      REQUIRE(lock);
      auto writer = rig.open(&*lock);
      REQUIRE(writer);
      (void)written(*writer, {3});
      CHECK(rig.content().starts_with(text));
    }
  }
}
