#include "tests/support/mem_fs.hpp"
#include "tests/support/pass_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/verify/verify_run.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

Hash128 hash_of_text(std::string_view text) {
  return hash_of(std::as_bytes(std::span(text)));
}

// Does something the first so many times a .zst is read.
class MeddlingFs final : public PassFs {
public:
  using PassFs::PassFs;
  Result<std::size_t>
  read_at(FileHandle file, std::span<std::byte> into, std::uint64_t offset) override {
    if (times > 0 && meddle) {
      times -= 1;
      meddle();
    }
    return PassFs::read_at(file, into, offset);
  }
  std::function<void()> meddle;
  int times = 1;
};

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  MeddlingFs fs{disk};
  StoreRig rig{disk, clock};
  Store store{rig.home(), rig.state_dir(), rig.state_dir(), 1000, true};
  std::string text = test_rollout(1);

  Rig() { replace(rig.compressed(1), test_frame(text)); }

  // Another file of that name, 30 days old unless it says otherwise.
  void replace(const std::string& path,
               std::string_view bytes,
               std::optional<WallTime> mtime = std::nullopt) {
    if (disk.exists(path)) {
      must(disk.unlink(path));
    }
    rig.put(path, bytes, mtime.value_or(rig.cold_time()));
  }

  FrameFile file(int number = 1) const {
    const std::string path = rig.compressed(number);
    return {"archived_sessions/" + test_rollout_name(number), path, 0, {}};
  }
  // What the ledger knows after a compression of `bytes`.
  Verification known(const std::string& bytes) {
    const auto stat = disk.lstat(rig.compressed(1));
    REQUIRE(stat.has_value());
    return {.rollout = file().rollout,
            .at = clock.wall(),
            .ok = true,
            .frame_bytes = stat->size,
            .frame_mtime = stat->mtime,
            .plain_bytes = bytes.size(),
            .hash = to_hex(hash_of_text(bytes)),
            .detail = {}};
  }
  VerifiedRollout verify(const std::optional<Verification>& ledger = std::nullopt,
                         int number = 1) {
    auto seen = verify_one(fs, store, file(number), ledger, {});
    REQUIRE(seen.has_value());
    INFO("detail: " << seen->detail);
    CHECK(disk.open_handles() == 0);
    return std::move(*seen);
  }
};

} // namespace

TEST_CASE("a whole frame is ok, compared with the ledger if that knows its bytes") {
  Rig rig;
  const VerifiedRollout unknown = rig.verify();
  CHECK(unknown.result == VerifyResult::ok);
  CHECK_FALSE(unknown.compared);
  REQUIRE(unknown.read);
  CHECK(unknown.read->plain_bytes == rig.text.size());
  CHECK(unknown.read->hash == hash_of_text(rig.text));
  CHECK(unknown.read->checksum);
  CHECK(unknown.read->thread_id == test_thread_id(1));
  const VerifiedRollout known = rig.verify(rig.known(rig.text));
  CHECK(known.result == VerifyResult::ok);
  CHECK(known.compared);
}

TEST_CASE(
    "a flipped bit, a cut frame and no frame at all are damage, and are left alone") {
  for (const int how : {0, 1, 2, 3}) {
    CAPTURE(how);
    Rig rig;
    std::string frame = test_frame(rig.text);
    if (how == 0) {
      frame[frame.size() / 2] = static_cast<char>(frame[frame.size() / 2] ^ 1);
    } else if (how == 1) {
      frame.resize(frame.size() - 3);
    } else {
      frame = how == 2 ? "no frame" : "";
    }
    rig.replace(rig.rig.compressed(1), frame);
    const VerifiedRollout seen = rig.verify();
    CHECK(seen.result == VerifyResult::damaged);
    CHECK(seen.hint.find("backup") != std::string::npos);
    CHECK_FALSE(seen.detail.empty());
    CHECK(rig.disk.get(rig.rig.compressed(1)) == frame);
  }
}

TEST_CASE("the advice about a damaged frame goes by what else there is of the rollout") {
  Rig rig;
  rig.replace(rig.rig.compressed(1), "no frame");
  rig.disk.put(rig.rig.orphans_dir() + "/" + base_name(rig.rig.retired(1)), rig.text);
  CHECK(rig.verify().hint.find("orphans") != std::string::npos);
  rig.replace(rig.rig.retired(1), rig.text);
  CHECK(rig.verify().hint.find("coldpress sweep") != std::string::npos);
  rig.replace(rig.rig.plain(1), rig.text);
  CHECK(rig.verify().hint.find("plain file is beside it") != std::string::npos);
}

TEST_CASE("the advice about a frame that no Codex reads goes by what it asks for") {
  Rig rig;
  const auto hint_of = [&rig](std::string_view header) {
    rig.replace(rig.rig.compressed(1),
                std::string(header) + test_frame(rig.text).substr(header.size()));
    return rig.verify().hint;
  };
  using namespace std::string_view_literals;
  const std::string dictionary = hint_of("\x28\xb5\x2f\xfd\x01\x68\x07"sv);
  CHECK(dictionary.find("-D") != std::string::npos);
  CHECK(dictionary.find("--long") == std::string::npos);
  const std::string wide = hint_of("\x28\xb5\x2f\xfd\0\xa0"sv); // 2^30
  CHECK(wide.find("--long=31") != std::string::npos);
  CHECK(wide.find("backup") == std::string::npos);
  CHECK(hint_of("no frame").find("backup") != std::string::npos);
}

TEST_CASE("the file that was compressed, with other bytes in it, is damage") {
  Rig rig;
  std::string other = rig.text;
  other[other.size() / 2] = static_cast<char>(other[other.size() / 2] ^ 1);
  const VerifiedRollout seen = rig.verify(rig.known(other));
  CHECK(seen.result == VerifyResult::damaged);
  CHECK(seen.compared);
}

TEST_CASE("a thread that went on and was compressed again is ok") {
  Rig rig;
  const Verification before = rig.known(rig.text);
  rig.clock.advance(1h);
  rig.replace(rig.rig.compressed(1), test_frame(rig.text + test_line("more")));
  const VerifiedRollout seen = rig.verify(before);
  CHECK(seen.result == VerifyResult::ok);
  CHECK(seen.compared);
  CHECK(seen.detail.empty());
}

TEST_CASE("another thread's frame in the place of one is damage, one made anew is not") {
  Rig rig;
  const Verification before = rig.known(rig.text);
  rig.clock.advance(1h);
  rig.replace(rig.rig.compressed(1), test_frame(test_rollout(2)));
  const VerifiedRollout swapped = rig.verify(before);
  CHECK(swapped.result == VerifyResult::damaged);
  CHECK(swapped.detail.find(test_thread_id(2)) != std::string::npos);
  rig.replace(rig.rig.compressed(1), test_frame(test_rollout(1, 7)));
  const VerifiedRollout anew = rig.verify(before);
  CHECK(anew.result == VerifyResult::ok);
  CHECK(anew.detail.find("recreated it") != std::string::npos);
}

TEST_CASE("of a rollout that has become shorter it is said that lines may be missing") {
  Rig rig;
  const Verification before = rig.known(rig.text + test_line("more"));
  rig.clock.advance(1h);
  rig.replace(rig.rig.compressed(1), test_frame(rig.text));
  const VerifiedRollout seen = rig.verify(before);
  CHECK(seen.result == VerifyResult::ok);
  CHECK(seen.detail.find("an older copy was restored") != std::string::npos);
}

TEST_CASE("what has replaced a rollout and is none is not said to be made by Codex") {
  Rig rig;
  const Verification before = rig.known(rig.text);
  rig.clock.advance(1h);
  rig.replace(rig.rig.compressed(1), test_frame(std::string(20'000, '\0')));
  const VerifiedRollout seen = rig.verify(before);
  CHECK(seen.detail.find("session_meta") != std::string::npos);
  CHECK(seen.detail.find("recreated it") == std::string::npos);
}

TEST_CASE("a frame that no Codex reads, but zstd does, is not sent to the backup") {
  Rig rig;
  std::string wide = "\x28\xb5\x2f\xfd";
  wide += std::string("\x00\x90\x01\x00\x00", 5); // a window of 2^28, one empty block
  rig.replace(rig.rig.compressed(1), wide);
  const VerifiedRollout seen = rig.verify();
  CHECK(seen.result == VerifyResult::damaged);
  CHECK(seen.hint.find("zstd -dc --long=31") != std::string::npos);
}

TEST_CASE("lines that are torn are told of only where no checksum vouches for them") {
  Rig rig;
  rig.text += "{\"torn\":";
  rig.replace(rig.rig.compressed(1), test_frame(rig.text));
  CHECK(rig.verify().detail.empty());
  rig.replace(rig.rig.compressed(1), test_weak_frame(rig.text));
  const VerifiedRollout weak = rig.verify();
  CHECK(weak.result == VerifyResult::ok);
  CHECK_FALSE(weak.read->checksum);
  CHECK(weak.detail.find("1 lines are not complete JSON") != std::string::npos);
}

TEST_CASE("lines that are not UTF-8 are told of with what Codex does about them") {
  Rig rig;
  rig.replace(rig.rig.compressed(1), test_frame(rig.text + "{\"a\":\"\xff\"}\n"));
  const VerifiedRollout legacy = rig.verify();
  CHECK(legacy.result == VerifyResult::ok);
  CHECK(legacy.unread == legacy.detail);
  CHECK(legacy.unread.find("not UTF-8: 1; Codex refuses") != std::string::npos);
  CHECK_FALSE(legacy.hint.empty());
  std::string paginated = rig.text + "\xff\n\xfe\n";
  paginated.insert(paginated.find("\"id\":"), "\"history_mode\":\"paginated\",");
  rig.replace(rig.rig.compressed(1), test_weak_frame(paginated));
  const VerifiedRollout lines = rig.verify();
  CHECK(lines.unread.find("not UTF-8: 2; Codex skips them") != std::string::npos);
  CHECK(lines.detail.find("not complete JSON") != std::string::npos);
  CHECK(lines.detail.ends_with("; " + lines.unread));
}

TEST_CASE("a flipped bit without a checksum is found against what was read before") {
  Rig rig;
  const WallTime mtime = rig.rig.cold_time();
  rig.replace(rig.rig.compressed(1), test_weak_frame(rig.text), mtime);
  const Verification before = rig.known(rig.text);
  rig.text[rig.text.size() - 20] = static_cast<char>(rig.text[rig.text.size() - 20] ^ 1);
  rig.replace(rig.rig.compressed(1), test_weak_frame(rig.text), mtime);
  CHECK(rig.verify(before).result == VerifyResult::damaged);
}

TEST_CASE("a file that is replaced while it is read is read again") {
  Rig rig;
  const std::string path = rig.rig.compressed(1);
  rig.replace(path, "no frame, but not for long");
  rig.fs.meddle = [&] { rig.replace(path, test_frame(rig.text)); };
  CHECK(rig.verify().result == VerifyResult::ok);
  rig.fs.meddle = [&] { rig.replace(path, "no frame"); };
  rig.fs.times = 1000;
  CHECK(rig.verify().result == VerifyResult::unreadable);
}

TEST_CASE("a .zst that is gone is no fault, whenever it went") {
  Rig rig;
  rig.fs.meddle = [&] { must(rig.disk.unlink(rig.rig.compressed(1))); };
  rig.replace(rig.rig.compressed(1), "no frame");
  CHECK(rig.verify().result == VerifyResult::gone);
  rig.fs.meddle = {};
  CHECK(rig.verify().result == VerifyResult::gone);
  rig.replace(rig.rig.plain(1), rig.text);
  CHECK(rig.verify().detail.find("is plain") != std::string::npos);
}

TEST_CASE("what may not be read is not damaged") {
  Rig rig;
  rig.disk.set_owner_of(rig.rig.compressed(1), 7, 7);
  rig.disk.set_mode_of(rig.rig.compressed(1), 0600);
  CHECK(rig.verify().result == VerifyResult::unreadable);
}

TEST_CASE("a verification that is told to stop, or to wait too long, says nothing") {
  Rig rig;
  std::stop_source stop;
  stop.request_stop();
  FrameReadRules stopped;
  stopped.stop = stop.get_token();
  CHECK_FALSE(verify_one(rig.fs, rig.store, rig.file(), std::nullopt, stopped));
  FrameReadRules late;
  late.pace = [](std::uint64_t) -> Result<void> {
    return Fail(Error{Errc::canceled, 0, "wait", {}, {}});
  };
  CHECK_FALSE(verify_one(rig.fs, rig.store, rig.file(), std::nullopt, late));
  CHECK(rig.disk.open_handles() == 0);
}

TEST_CASE("what was verified longest ago comes first, damage before all") {
  const WallTime day{24h * 20000};
  const std::vector<FrameFile> files{{"new", "/new", 1, day},
                                     {"old", "/old", 1, day - 48h},
                                     {"fresh", "/fresh", 1, day},
                                     {"stale", "/stale", 1, day},
                                     {"bad", "/bad", 1, day + 1h}};
  Verifications known;
  known["fresh"].at = day;
  known["stale"].at = day - 1h;
  known["bad"].at = day;
  known["bad"].ok = false;
  const auto order = [&](const std::optional<Sample>& sample) {
    std::string names;
    for (const FrameFile& file : choose_frames(files, known, sample)) {
      names += file.rollout + " ";
    }
    return names;
  };
  CHECK(order(std::nullopt) == "old new bad stale fresh ");
  CHECK(order(Sample{2, false}) == "old new ");
  CHECK(order(Sample{9, false}) == "old new bad stale fresh ");
  CHECK(order(Sample{1, true}) == "old "); // of few at least one
  CHECK(order(Sample{41, true}) == "old new bad ");
  CHECK(order(Sample{100, true}) == "old new bad stale fresh ");
}

TEST_CASE("a sample is a share or a number") {
  CHECK(parse_sample("5%")->percent);
  CHECK(parse_sample("0.5%")->number == 0.5);
  CHECK(parse_sample("20")->number == 20);
  CHECK_FALSE(parse_sample("20")->percent);
  for (const char* wrong :
       {"", "%", "0", "0%", "-5%", "101%", "2.5", "x", "5 %", "nan", "inf%", "5%%"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_sample(wrong).has_value());
  }
}

TEST_CASE("the exit code of a verification is that of the worst it found") {
  VerifySummary summary;
  CHECK(summary.exit_code() == 0);
  summary.counts = {5, 0, 0, 2};
  CHECK(summary.exit_code() == 0);
  summary.scan_errors.emplace_back();
  CHECK(summary.exit_code() == 3);
  summary.counts = {5, 1, 1, 0};
  CHECK(summary.exit_code() == 4);
  summary.signal = 15;
  CHECK(summary.exit_code() == 143);
}
