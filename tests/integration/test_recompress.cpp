#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>

using namespace coldpress;

namespace {

// Puts a rollout there as a .zst that the zstd tool makes with these flags.
std::string add_frame(CodexHome& home,
                      const RolloutFile& file,
                      const std::vector<std::string>& flags) {
  std::string rollout = home.add(file);
  std::vector<std::string> command{"zstd", "-q", "--rm"};
  command.insert(command.end(), flags.begin(), flags.end());
  command.push_back(home / rollout);
  REQUIRE_EQ(run_program({command, {}}).code, 0);
  REQUIRE_EQ(::chmod((home / (rollout + ".zst")).c_str(), file.mode), 0);
  set_age(home / (rollout + ".zst"), file.days_old);
  return rollout;
}

std::string add_weak(CodexHome& home, const RolloutFile& file) {
  return add_frame(home, file, {"-3", "--no-check"});
}

struct stat stat_of(const std::string& path) {
  struct stat stat {};
  REQUIRE_EQ(::lstat(path.c_str(), &stat), 0);
  return stat;
}

std::string frame_report(const std::string& path) {
  const ProgramEnd listed = run_program({{"zstd", "-lv", path}, {}});
  return listed.out + listed.err;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    found += 1;
  }
  return found;
}

} // namespace

#ifndef COLDPRESS_PORTABLE // two names cannot be exchanged there

TEST_CASE("run --recompress gives a frame of zstd -3 --no-check its checksum") {
  CodexHome home;
  // What comes again far away is what level 3 does not see.
  const std::string once = rollout_content({.bytes = 3'000'000});
  const RolloutFile file{.mode = 0640, .content = once + once};
  const std::string rollout = add_weak(home, file);
  const std::string frame = home / (rollout + ".zst");
  const struct stat before = stat_of(frame);
  REQUIRE_EQ(count(frame_report(frame), "Check: XXH64"), 0);

  const ProgramEnd plan = home.run({"plan", "--settle", "0s", "--recompress"});
  CHECK_HAS(plan.out, "to recompress: 1 .zst without a checksum");
  CHECK_HAS(plan.out, "weak_frame");

  const ProgramEnd end = home.compress({"--recompress", "--json"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, R"("action":"compress","reason":"weak_frame","bytes":)");
  CHECK_HAS(end.out, R"(,"bytes_before":)" + std::to_string(before.st_size) + ",");
  CHECK_HAS(end.out, R"("outcome":"recompressed")");
  CHECK_HAS(end.out, R"("counts":{"recompressed":1})");
  CHECK_HAS(frame_report(frame), "Check: XXH64");
  CHECK_HAS(frame_report(frame), "# Zstandard Frames: 1\n");
  CHECK_EQ(differing(rollout_bytes(home / rollout), rollout_content(file)), "");
  const struct stat after = stat_of(frame);
  CHECK_NE(after.st_ino, before.st_ino);
  CHECK_LE(after.st_size, before.st_size);
  CHECK_EQ(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
  CHECK_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  CHECK_EQ(after.st_mode, before.st_mode);
  CHECK(litter(home.path()).empty());

  // The ledger counts it among what stands compressed.
  CHECK_HAS(home.run({"status", "--json"}).out,
            R"("totals":{"compressed":1,"bytes_before":)" +
                std::to_string(rollout_content(file).size()) + ",");
  const ProgramEnd second = home.compress({"--recompress"});
  CHECK_HAS(second.out, "Nothing to ");
  CHECK_EQ(stat_of(frame).st_ino, after.st_ino);
}

#endif

TEST_CASE("frames of our own and others with a checksum are left alone") {
  CodexHome home;
  const std::string ours = home.add({.number = 1});
  REQUIRE_EQ(home.compress().code, 0);
  const std::string checked = add_frame(home, {.number = 2}, {"-3"});
  // From a pipe, or the tool would narrow the window to the file.
  const std::string wide = home.add({.number = 3, .bytes = 300'000});
  const std::string pipe =
      "zstd -q -3 --long=28 --no-check <\"$1\" >\"$1.zst\" && rm \"$1\"";
  REQUIRE_EQ(run_program({{"sh", "-c", pipe, "sh", home / wide}, {}}).code, 0);
  set_age(home / (wide + ".zst"), 30);
  REQUIRE_EQ(count(frame_report(home / (wide + ".zst")), "Window Size: 256 MiB"), 1);
  const auto ino = [&](const std::string& rollout) {
    return stat_of(home / (rollout + ".zst")).st_ino;
  };
  const std::vector<ino_t> before{ino(ours), ino(checked), ino(wide)};
  const ProgramEnd end = home.compress({"--recompress", "--json"});
  CHECK_EQ(end.code, 0);
  CHECK_EQ(count(end.out, R"("outcome":"recompressed")"), 0);
  CHECK_EQ(std::vector<ino_t>{ino(ours), ino(checked), ino(wide)}, before);
}

TEST_CASE("weak frames are left alone unless codec.recompress says otherwise") {
  CodexHome home;
  const std::string rollout = add_weak(home, {});
  const ino_t before = stat_of(home / (rollout + ".zst")).st_ino;
  CHECK_HAS(home.compress().out, "Nothing to ");
  CHECK_HAS(home.compress({"--recompress=false"}).out, "Nothing to ");
  CHECK_EQ(stat_of(home / (rollout + ".zst")).st_ino, before);
  // Not by the feature alone, and not without it.
  CHECK_EQ(home.run({"run", "--settle", "0s", "--recompress"}).code, 0);
  CHECK_EQ(stat_of(home / (rollout + ".zst")).st_ino, before);
}

TEST_CASE("a weak frame that would grow is tried once") {
  CodexHome home;
  const std::string rollout = add_frame(home, {.bytes = 400'000}, {"-19", "--no-check"});
  const ino_t before = stat_of(home / (rollout + ".zst")).st_ino;
  const std::vector<std::string> flags{
      "--recompress", "--json", "--codec-level", "1", "--small-level", "1"};
  const ProgramEnd first = home.compress(flags);
  CHECK_EQ(first.code, 0);
  CHECK_HAS(first.out, R"("outcome":"skipped","reason":"no_gain")");
  const ProgramEnd second = home.compress(flags);
  CHECK_HAS(second.out, R"("action":"skip","reason":"no_gain")");
  CHECK_EQ(count(second.out, R"("message_type":"outcome")"), 0);
  CHECK_EQ(stat_of(home / (rollout + ".zst")).st_ino, before);
  CHECK(litter(home.path()).empty());
}

TEST_CASE("weak frames come after the plain rollouts, the largest first") {
  CodexHome home;
  add_weak(home, {.number = 1, .bytes = 30'000, .compressible = false});
  add_weak(home, {.number = 2, .bytes = 200'000, .compressible = false});
  home.add({.number = 3});
  const ProgramEnd end = home.compress({"--recompress", "--json", "--jobs", "1"});
  CHECK_EQ(end.code, 0);
  const auto at = [&](int number) {
    const auto found =
        end.out.find(R"("decision","rollout":"archived_sessions/)" + file_name(number));
    REQUIRE(found != std::string::npos);
    return found;
  };
  CHECK_LT(at(3), at(2));
  CHECK_LT(at(2), at(1));
}

#ifdef COLDPRESS_PORTABLE

TEST_CASE("where two names cannot be exchanged a weak frame is left as it is") {
  CodexHome home;
  const std::string rollout = add_weak(home, {.bytes = 300'000});
  const Listing before = list(home / "archived_sessions");
  const ProgramEnd end = home.compress({"--recompress", "--json"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, R"("reason":"no_exchange")");
  CHECK_EQ(difference(before, list(home / "archived_sessions"), {""}), "");
}

#endif

#ifndef COLDPRESS_PORTABLE // two names cannot be exchanged there

TEST_CASE("a frame of ours that another program wrote anew is recompressed unasked") {
  CodexHome home;
  const RolloutFile file{.bytes = 300'000};
  const std::string rollout = home.add(file);
  const std::string others = add_weak(home, {.number = 2});
  REQUIRE_EQ(home.compress().code, 0);
  const std::string frame = home / (rollout + ".zst");
  // As Codex's migration leaves it: another inode, and no checksum.
  REQUIRE_EQ(run_program({{"zstd", "-q", "-d", frame, "-o", home / "plain"}, {}}).code,
             0);
  REQUIRE_EQ(
      run_program(
          {{"zstd", "-q", "-3", "--no-check", "-f", home / "plain", "-o", frame}, {}})
          .code,
      0);
  set_age(frame, 30);
  REQUIRE_EQ(count(frame_report(frame), "Check: XXH64"), 0);

  CHECK_HAS(home.run({"status", "--json"}).out,
            R"("without_checksum":2,"lost_checksum":1)");
  CHECK_HAS(home.run({"status"}).out, "2 without a checksum");
  CHECK_HAS(home.run({"doctor"}).out, "replaced by frames without a checksum");
  CHECK_HAS(home.run({"plan", "--json", "--settle", "0s"}).out, "lost_checksum");

  const ProgramEnd end = home.compress({"--json"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, R"("outcome":"recompressed")");
  CHECK_HAS(frame_report(frame), "Check: XXH64");
  CHECK_EQ(differing(rollout_bytes(home / rollout), rollout_content(file)), "");
  CHECK_EQ(count(frame_report(home / (others + ".zst")), "Check: XXH64"), 0);
  CHECK_HAS(home.run({"status", "--json"}).out,
            R"("without_checksum":1,"lost_checksum":0)");
  CHECK_HAS(home.compress().out, "Nothing to ");
}

#endif
