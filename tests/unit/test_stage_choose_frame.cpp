#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/stage/choose_frame.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t k_mebi = std::size_t{1} << 20U;

// A rollout that consists of copies of one long random line.
std::string copies(std::size_t line, std::size_t size) {
  std::mt19937 random(1);
  std::string bytes;
  while (bytes.size() < line) {
    bytes += "abcdefghijklmnopqrstuvwxyz012345"[random() % 32];
  }
  std::string all = test_rollout(1, 0);
  while (all.size() < size) {
    all += bytes;
    all += '\n';
  }
  return all;
}

// Words as people use them: some often, most seldom.
std::string prose(std::size_t size) {
  std::mt19937 random(2);
  std::vector<std::string> words;
  for (int i = 0; i < 4000; ++i) {
    std::string word;
    for (auto n = 2 + random() % 9; n > 0; --n) {
      word += static_cast<char>('a' + random() % 26);
    }
    words.push_back(word);
  }
  std::string all = test_rollout(1, 0);
  while (all.size() < size) {
    std::string line;
    for (int i = 0; i < 20; ++i) {
      line += words[random() % (1 + random() % words.size())] + " ";
    }
    all += test_line(line);
  }
  return all;
}

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  StoreRig store{disk, clock};
  FaultFs fs{disk};
  std::unique_ptr<TestWorker> worker;
  FrameRules rules{{}, std::uint64_t{600} << 20U};

  explicit Rig(const std::string& text) {
    store.put(store.plain(), text);
    clock.advance(1h);
    worker = std::move(TestWorker::start(fs, clock, store, test_process()).value());
  }
  FrameChoice choose() {
    const Claim claim = worker->claim(store.candidate(store.plain())).value();
    fs.reset();
    const FrameSource source = frame_source(claim);
    return choose_frame(fs, source, rules, clock.wall(), {}).value();
  }
  std::uint64_t predict() {
    const Claim claim = worker->claim(store.candidate(store.plain())).value();
    const FrameSource source = frame_source(claim);
    const FrameChoice choice = choose_frame(fs, source, rules, clock.wall(), {}).value();
    fs.reset();
    return predict_size(fs, source, choice, {}).value();
  }
  // What comes out, for each byte predicted.
  double true_to_prediction() {
    const std::uint64_t predicted = predict();
    const auto encoded = worker->claim(store.candidate(store.plain()));
    REQUIRE(encoded);
    const FrameSource source = frame_source(*encoded);
    const FrameChoice choice = choose_frame(fs, source, rules, clock.wall(), {}).value();
    std::string bytes = disk.get(store.plain());
    auto encoder = FrameEncoder::create(choice.frame, bytes.size()).value();
    std::uint64_t out = 0;
    const Sink count = [&out](std::span<const std::byte> data) -> Result<void> {
      out += data.size();
      return {};
    };
    REQUIRE(encoder.push(std::as_bytes(std::span(bytes)), count));
    REQUIRE(encoder.finish(count));
    return static_cast<double>(out) / static_cast<double>(predicted);
  }
};

} // namespace

TEST_CASE("a small rollout gets its own level, and is not read for it") {
  Rig rig(test_rollout());
  CHECK(rig.choose().frame.level == 9);
  rig.rules.codec.small_level = 16;
  const FrameChoice choice = rig.choose();
  CHECK(choice.frame.level == 16);
  CHECK_FALSE(choice.frame.long_distance);
  CHECK(choice.why.find("level 16") != std::string::npos);
  CHECK(rig.fs.calls() == 0);
}

TEST_CASE("a small weak frame is made anew with more work, so that it does not grow") {
  Rig rig(test_rollout());
  const Claim claim = rig.worker->claim(rig.store.candidate(rig.store.plain())).value();
  FrameSource source = frame_source(claim);
  source.form = Form::compressed;
  const auto level = [&] {
    return choose_frame(rig.fs, source, rig.rules, rig.clock.wall(), {})->frame.level;
  };
  CHECK(level() == 16);
  rig.rules.codec.small_level = 19;
  CHECK(level() == 19);
}

TEST_CASE("an old small rollout gets the deep level without a look") {
  Rig rig(test_rollout());
  rig.rules.codec.deep_after = 24h * 20;
  CHECK(rig.choose().frame.level == 19);
  CHECK(rig.fs.calls() == 0);
  rig.rules.codec.deep_after = 24h * 60;
  CHECK(rig.choose().frame.level == 9);
}

TEST_CASE("a rollout of up to 64 MiB gets a window that holds the whole file") {
  Rig rig(copies(10'000, 9 * k_mebi));
  const FrameChoice choice = rig.choose();
  CHECK(choice.frame.level == 9);
  CHECK(choice.frame.window_log == 24);
  CHECK(choice.frame.long_distance);
  CHECK(rig.fs.calls() == 0);
}

TEST_CASE("a large rollout whose repeats are near gets a window smaller than itself") {
  Rig rig(copies(3 * k_mebi, 100 * k_mebi));
  const FrameChoice choice = rig.choose();
  CHECK(choice.frame.window_log == 26); // 4 MiB, and the margin
  CHECK(choice.why.find("near") != std::string::npos);
}

TEST_CASE("a large rollout whose repeats are far apart gets the widest window") {
  Rig rig(copies(40 * k_mebi, 140 * k_mebi));
  const FrameChoice choice = rig.choose();
  CHECK(choice.frame.window_log == 27);
  CHECK(choice.why.find("far") != std::string::npos);
}

TEST_CASE("a window that is configured is taken as it is, and the file is not read") {
  Rig rig(copies(40 * k_mebi, 70 * k_mebi));
  rig.rules.codec.window_log = 22;
  CHECK(rig.choose().frame.window_log == 22);
  CHECK(rig.fs.calls() == 0);
}

TEST_CASE("no choice takes more memory than is allowed") {
  Rig rig(copies(40 * k_mebi, 140 * k_mebi));
  for (const std::uint64_t mebibytes : {400U, 200U, 100U, 60U}) {
    CAPTURE(mebibytes);
    rig.rules.memory_bytes = mebibytes << 20U;
    const FrameChoice choice = rig.choose();
    const std::uint64_t size = rig.disk.lstat(rig.store.plain())->size;
    CHECK(compress_memory_bytes(choice.frame, size) <= rig.rules.memory_bytes);
    CHECK(most_memory_bytes(rig.rules, size) <= rig.rules.memory_bytes);
    CHECK(compress_memory_bytes(choice.frame, size) <=
          most_memory_bytes(rig.rules, size));
  }
}

TEST_CASE("the deep level is for what is old, and where a sample says that it pays") {
  SUBCASE("text, old") {
    Rig rig(prose(4 * k_mebi));
    rig.rules.codec.deep_after = 24h * 20;
    CHECK(rig.choose().frame.level == 19);
  }
  SUBCASE("text, not old enough") {
    Rig rig(prose(2 * k_mebi));
    rig.rules.codec.deep_after = 24h * 60;
    CHECK(rig.choose().frame.level == 9);
  }
  SUBCASE("old, but nothing to gain") {
    Rig rig(copies(3 * k_mebi, 4 * k_mebi));
    rig.rules.codec.deep_after = 24h * 20;
    CHECK(rig.choose().frame.level == 9);
  }
}

TEST_CASE("a size is predicted by a sample, and by the copies that a probe has seen") {
  SUBCASE("small") {
    const std::string text = prose(600'000);
    Rig rig(text);
    CHECK(rig.predict() > text.size() / 6);
    CHECK(rig.predict() < text.size() / 2);
  }
  SUBCASE("large, and repeats are far apart") {
    Rig rig(copies(20 * k_mebi, 140 * k_mebi)); // one line of 5 bits a byte, seven times
    CHECK(rig.predict() > 10 * k_mebi);
    CHECK(rig.predict() < 30 * k_mebi);
  }
  SUBCASE("large, and all of it is new") {
    Rig rig(copies(100 * k_mebi, 70 * k_mebi));
    CHECK(rig.predict() > 40 * k_mebi);
  }
}

TEST_CASE("what comes out is within 15 % of what was predicted") {
  SUBCASE("small") {
    CHECK(Rig(prose(30'000)).true_to_prediction() == doctest::Approx(1).epsilon(0.15));
    CHECK(Rig(prose(400'000)).true_to_prediction() == doctest::Approx(1).epsilon(0.15));
  }
  SUBCASE("of some size") {
    CHECK(Rig(prose(3 * k_mebi)).true_to_prediction() ==
          doctest::Approx(1).epsilon(0.15));
  }
  SUBCASE("with copies farther apart than a sample sees, too small to be probed for a "
          "window") {
    CHECK(Rig(copies(2 * k_mebi, 20 * k_mebi)).true_to_prediction() ==
          doctest::Approx(1).epsilon(0.15));
    CHECK(Rig(copies(k_mebi, 3 * k_mebi)).true_to_prediction() ==
          doctest::Approx(1).epsilon(0.15));
  }
}

TEST_CASE("a small rollout is predicted from one read of it, and a stop ends a probe") {
  Rig rig(prose(300'000));
  (void)rig.predict();
  const auto log = rig.fs.log();
  CHECK(std::count_if(log.begin(), log.end(), [](const FaultFs::Call& call) {
          return call.op == "read_at";
        }) == 1);

  Rig large(prose(3 * k_mebi));
  const Claim claim =
      large.worker->claim(large.store.candidate(large.store.plain())).value();
  const FrameSource source = frame_source(claim);
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = predict_size(
      large.fs, source, FrameChoice{{9, 22, false}, "", {}}, stop.get_token());
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == Errc::canceled);
}
