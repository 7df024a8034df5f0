#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "tests/bench/corpus/home.hpp"
#include "tests/bench/corpus/rollout.hpp"
#include "tests/bench/corpus/store.hpp"
#include "worker/rollout/recent_writers.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress::corpus {
namespace {

namespace files = std::filesystem;

constexpr std::int64_t k_now_ms = 1'780'000'000'000;
constexpr std::uint64_t k_mb = 1'000'000;

class TempFolder {
public:
  explicit TempFolder(std::string_view name)
      : path_(files::temp_directory_path() /
              fmt::format("coldpress corpus {} {}", name, ::getpid())) {
    files::create_directories(path_);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() { files::remove_all(path_); }

  std::string at(std::string_view name) const { return path_ / name; }

private:
  files::path path_;
};

std::string read_all(const files::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string written(Profile profile, std::uint64_t bytes, std::uint64_t seed = 1) {
  const TempFolder folder("file");
  const Request request{profile, bytes, seed, k_now_ms};
  REQUIRE(write_rollout(folder.at("a.jsonl"), request));
  return read_all(folder.at("a.jsonl"));
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

double ratio(const std::string& text, int window_log) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 3);
  if (window_log != 0) {
    ZSTD_CCtx_setParameter(context, ZSTD_c_enableLongDistanceMatching, 1);
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  }
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size =
      ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size());
  ZSTD_freeCCtx(context);
  REQUIRE(ZSTD_isError(size) == 0);
  return static_cast<double>(text.size()) / static_cast<double>(size);
}

double share_of(const std::string& text, std::string_view type) {
  const std::string mark = fmt::format(R"("type":"{}")", type);
  std::size_t bytes = 0;
  for (const std::string_view line : lines_of(text)) {
    bytes += line.substr(0, 120).find(mark) != line.npos ? line.size() : 0;
  }
  return static_cast<double>(bytes) / static_cast<double>(text.size());
}

// Name, mtime and contents of every file.
std::map<std::string, std::pair<files::file_time_type, std::string>>
contents(const std::string& dir) {
  std::map<std::string, std::pair<files::file_time_type, std::string>> all;
  for (const auto& entry : files::recursive_directory_iterator(dir)) {
    if (entry.is_regular_file()) {
      all[files::relative(entry.path(), dir)] = {entry.last_write_time(),
                                                 read_all(entry.path())};
    }
  }
  return all;
}

// The line without its timestamp, which has one length.
std::string_view but_for_time(std::string_view line) {
  constexpr std::string_view k_head = R"({"timestamp":"2026-03-05T12:34:56.789Z")";
  return line.substr(k_head.size());
}

} // namespace

TEST_CASE("the same seed writes the same bytes and another seed writes others") {
  for (const Profile profile :
       {Profile::chat, Profile::text, Profile::images, Profile::incompressible}) {
    CAPTURE(static_cast<int>(profile));
    const std::string first = written(profile, 2 * k_mb);
    CHECK(first == written(profile, 2 * k_mb));
    CHECK(first != written(profile, 2 * k_mb, 2));
  }
}

TEST_CASE("every turn is one of the release that the session_meta names, so that a store "
          "of them is compressed") {
  int turns = 0;
  for (const Profile profile : {Profile::chat, Profile::text, Profile::images}) {
    const std::string text = written(profile, 2 * k_mb);
    for (const std::string_view line : lines_of(text)) {
      if (line.find(R"("type":"turn_context")") != line.npos) {
        const auto turn = parse_turn(line);
        REQUIRE(turn);
        CHECK(turn->writer == TurnWriter::from_0_155);
        ++turns;
      }
    }
  }
  CHECK(turns > 10);
}

TEST_CASE("a rollout starts with its session_meta and counts its lines") {
  const std::string text = written(Profile::text, 3 * k_mb);
  const std::vector<std::string_view> lines = lines_of(text);
  CHECK(lines[0].find(R"("type":"session_meta","payload":{"id":")") != lines[0].npos);
  CHECK(lines[0].find(R"("cli_version":"0.169.0")") != lines[0].npos);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string ordinal = fmt::format(R"(Z","ordinal":{},"type":")", i);
    CAPTURE(i);
    CHECK(lines[i].find(ordinal) != lines[i].npos);
    CHECK(lines[i].substr(lines[i].size() - 2) == "}\n");
  }
}

TEST_CASE("noise and zeros have exactly the size asked for") {
  const std::string noise = written(Profile::incompressible, k_mb + 7);
  CHECK(noise.size() == k_mb + 7);
  CHECK(ratio(noise, 0) < 1.02);
  const std::string zeros = written(Profile::zeros, k_mb + 7);
  CHECK(zeros.size() == k_mb + 7);
  CHECK(ratio(zeros, 0) > 100);
}

TEST_CASE("text compresses as real command output does at level 3") {
  const double level_3 = ratio(written(Profile::text, 40 * k_mb), 0);
  CHECK(level_3 > 6.9);
  CHECK(level_3 < 7.8);
}

TEST_CASE("pictures in compacted records are out of reach for a small window only") {
  const std::string text = written(Profile::images, 120 * k_mb);
  const double compacted = share_of(text, "compacted");
  CHECK(compacted > 0.87);
  CHECK(compacted < 0.92);
  const double near = ratio(text, 0);
  CHECK(near > 1.5);
  CHECK(near < 1.95); // 1.7 from some 500 MB on, see check.sh
  CHECK(ratio(text, 25) > 10);
}

TEST_CASE("a fork repeats its parent up to the cut, but for the timestamps") {
  const TempFolder folder("fork");
  const Request parent{Profile::forks, 2 * k_mb, 1, k_now_ms};
  const Result<Written> file = write_rollout(folder.at("parent.jsonl"), parent);
  REQUIRE(file);
  const Request child = fork_of(parent, 86'400'000, 0);
  REQUIRE(write_fork(folder.at("child.jsonl"), child, parent, *file));

  const std::string parent_text = read_all(folder.at("parent.jsonl"));
  const std::string child_text = read_all(folder.at("child.jsonl"));
  const auto old_lines = lines_of(parent_text);
  const auto new_lines = lines_of(child_text);
  CHECK(new_lines[0].find(thread_id(child)) != new_lines[0].npos);
  CHECK(
      new_lines[0].find(fmt::format(R"("end_ordinal_exclusive":{},"end_byte_offset":{})",
                                    file->cut_ordinal,
                                    file->cut_offset)) != new_lines[0].npos);
  std::uint64_t offset = old_lines[0].size();
  REQUIRE(new_lines.size() > file->cut_ordinal);
  for (std::size_t i = 1; i < file->cut_ordinal; ++i) {
    CHECK(but_for_time(new_lines[i]) == but_for_time(old_lines[i]));
    CHECK(new_lines[i] != old_lines[i]);
    offset += old_lines[i].size();
  }
  CHECK(offset == file->cut_offset);
  CHECK(but_for_time(new_lines[file->cut_ordinal]) !=
        but_for_time(old_lines[file->cut_ordinal]));
}

TEST_CASE("a store is the same twice: names, bytes and mtimes") {
  const TempFolder folder("twice");
  for (const char* name : {"one", "two"}) {
    REQUIRE(write_store({folder.at(name), 0.02, 5, k_now_ms}));
  }
  CHECK(contents(folder.at("one")) == contents(folder.at("two")));
}

TEST_CASE("a store is old, mostly archived, and holds what real stores also hold") {
  const TempFolder folder("store");
  const Result<StoreWritten> written = write_store({folder.at("s"), 0.2, 1, k_now_ms});
  REQUIRE(written);
  const auto archived_share =
      static_cast<double>(written->archived_files) / static_cast<double>(written->files);
  CHECK(archived_share > 0.55);
  CHECK(archived_share < 0.78);

  const auto now =
      std::chrono::file_clock::from_sys(std::chrono::sys_time<std::chrono::milliseconds>(
          std::chrono::milliseconds(k_now_ms)));
  int empty = 0;
  int torn = 0;
  int crlf = 0;
  int young = 0;
  std::uint64_t bytes = 0;
  for (const auto& entry : contents(folder.at("s"))) {
    const std::string& name = entry.first;
    const auto& file = entry.second;
    CAPTURE(name);
    const std::string& text = file.second;
    bytes += text.size();
    empty += text.empty() ? 1 : 0;
    torn += !text.empty() && text.back() != '\n' ? 1 : 0;
    crlf += text.find("\r\n") != text.npos ? 1 : 0;
    young += file.first > now - std::chrono::hours(7 * 24) ? 1 : 0;
    CHECK(file.first < now);
    CHECK(files::path(name).filename().string().substr(0, 10) == "rollout-20");
  }
  CHECK(bytes == written->bytes);
  CHECK(empty == 1);
  CHECK(torn == 1);
  CHECK(crlf == 1);
  CHECK(young == 1);
}

TEST_CASE("a home is the same twice and every rollout in it is whole and cold") {
  const TempFolder folder("home");
  for (const char* name : {"one", "two"}) {
    const Result<StoreWritten> written =
        write_home({folder.at(name), Profile::chat, 40, 0, 3, k_now_ms});
    REQUIRE(written);
    CHECK(written->files == 40);
  }
  const auto one = contents(folder.at("one"));
  CHECK(one.size() == 40);
  CHECK(one == contents(folder.at("two")));
  for (const auto& entry : one) {
    CAPTURE(entry.first);
    CHECK(entry.second.second.size() > 20'000);
    CHECK(entry.second.second.back() == '\n');
  }
}

TEST_CASE("a home of forks has one parent, and children that begin as it does") {
  const TempFolder folder("family");
  REQUIRE(write_home({folder.at("h"), Profile::forks, 3, k_mb, 1, k_now_ms}));
  int bases = 0;
  for (const auto& [name, file] : contents(folder.at("h"))) {
    bases += file.second.find(R"("history_base":)") != std::string::npos ? 1 : 0;
  }
  CHECK(bases == 2);
}

TEST_CASE("a place that cannot be written to is an error with its errno") {
  const Result<Written> result =
      write_rollout("/dev/full/rollout.jsonl", {Profile::chat, 1000, 1, k_now_ms});
  REQUIRE_FALSE(result);
  CHECK(result.error().sys == ENOTDIR);
  const Result<Written> full =
      write_rollout("/dev/full", {Profile::chat, 1000, 1, k_now_ms});
  REQUIRE_FALSE(full);
  CHECK(full.error().code == Errc::no_space);
}

} // namespace coldpress::corpus
