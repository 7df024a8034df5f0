#include "tests/race/worker.hpp"

#include "fsutil/walk.hpp"
#include "tests/race/process.hpp"
#include "worker/rollout/codec.hpp"
#include "worker/rollout/name.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <set>
#include <stdexcept>
#include <string_view>

namespace coldpress::race {

namespace {

std::uint64_t count_of(const std::string& text, std::string_view what) {
  std::uint64_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    count += 1;
  }
  return count;
}

// Codes that DESIGN section 7 gives to a run that did its work or found it busy.
bool is_expected(int exit_code) {
  static const std::set<int> k_codes{0, 3, 4, 75};
  return k_codes.count(exit_code) != 0;
}

void show_trouble(const std::string& output) {
  for (const char* what :
       {R"("outcome":"failed")", R"("outcome":"conflict")", R"("outcome":"orphaned")"}) {
    if (const auto at = output.find(what); at != std::string::npos) {
      const auto begin = output.rfind('\n', at) + 1;
      fmt::print(stderr, "{}\n", output.substr(begin, output.find('\n', at) - begin));
    }
  }
}

std::string frame_of(const std::string& bytes) {
  std::string frame;
  const Sink sink = [&frame](std::span<const std::byte> out) -> Result<void> {
    frame.append(reinterpret_cast<const char*>(out.data()), out.size());
    return {};
  };
  auto encoder = FrameEncoder::create(choose_frame_options(bytes.size(), 1, std::nullopt),
                                      bytes.size());
  const auto data = std::as_bytes(std::span(bytes));
  if (!encoder || !encoder->push(data, sink) || !encoder->finish(sink)) {
    throw std::runtime_error("zstd");
  }
  return frame;
}

bool unchanged(const struct stat& a, const std::string& path) {
  struct stat b {};
  return ::lstat(path.c_str(), &b) == 0 && a.st_ino == b.st_ino &&
         a.st_size == b.st_size && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec;
}

void naive_compress(const std::string& path, Tally& tally) {
  struct stat before {};
  const auto bytes = ::lstat(path.c_str(), &before) == 0 ? read_form(path) : std::nullopt;
  if (!bytes) {
    return;
  }
  const std::string frame = frame_of(*bytes);
  const std::string temp = path + ".naive";
  const int fd = ::open(temp.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written =
      ::write(fd, frame.data(), frame.size()) == static_cast<ssize_t>(frame.size());
  ::fsync(fd);
  ::close(fd);
  if (written && ::link(temp.c_str(), (path + ".zst").c_str()) == 0) {
    if (unchanged(before, path)) {
      ::unlink(path.c_str());
      tally.compressed += 1;
    } else {
      ::unlink((path + ".zst").c_str());
    }
  }
  ::unlink(temp.c_str());
}

} // namespace

Program::Program(std::string path, const Home& home, const std::string& settle)
    : arguments_{std::move(path),
                 "run",
                 "--once",
                 "--json",
                 "--store",
                 home.path(),
                 "--enable",
                 "local_thread_store_compression",
                 "--roots",
                 "archived,active",
                 "--cold-after",
                 "0s",
                 "--settle",
                 settle,
                 "--reap-grace",
                 "200ms",
                 "--min-free",
                 "0",
                 "--codec-level",
                 "1",
                 "--pressure-io",
                 "off",
                 "--pressure-memory",
                 "off"} {}

void Program::run(Tally& tally) const {
  const Ran ran = run_program(arguments_);
  tally.runs += 1;
  tally.compressed += count_of(ran.output, R"("outcome":"compressed")");
  tally.writer_arrived += count_of(ran.output, R"("outcome":"writer_arrived")");
  tally.reaped += count_of(ran.output, R"("outcome":"reaped")");
  tally.recovered += count_of(ran.output, R"("outcome":"recovered")");
  tally.conflict += count_of(ran.output, R"("outcome":"conflict")");
  tally.orphaned += count_of(ran.output, R"("outcome":"orphaned")");
  tally.failed += count_of(ran.output, R"("outcome":"failed")");
  show_trouble(ran.output);
  if (!is_expected(ran.exit_code)) {
    fmt::print(stderr, "coldpress run ended with {}\n", ran.exit_code);
    tally.bad_exits += 1;
  }
}

void Program::loop(Tally& tally) const {
  while (!tally.stop) {
    run(tally);
  }
}

void naive_loop(const Home& home, Tally& tally) {
  PosixFs fs;
  while (!tally.stop) {
    tally.runs += 1;
    for (const Root root : {Root::active, Root::archived}) {
      const auto entries = fs.list_dir(home.dir(root));
      for (const DirEntry& entry : entries ? *entries : std::vector<DirEntry>{}) {
        if (classify(entry.name) == NameKind::plain) {
          naive_compress(home.dir(root) + "/" + entry.name, tally);
        }
      }
    }
  }
}

Tally& new_tally() {
  void* memory = ::mmap(
      nullptr, sizeof(Tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::runtime_error("mmap of the tally");
  }
  return *static_cast<Tally*>(memory);
}

} // namespace coldpress::race
