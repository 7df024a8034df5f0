// The scoreboard row `append`: two writers of ours on one paginated rollout, killed again
// and again and with a disk that fails, a stranger that appends without any lock, and
// passes of the real program that change the form. With the name of a mutant it must
// fail.
#include "tests/race/chaos_fs.hpp"
#include "tests/race/home.hpp"
#include "tests/race/worker.hpp"
#include "worker/rollout/line_reader.hpp"
#include "worker/rollout/writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace {

using namespace coldpress;
using namespace coldpress::race;

constexpr std::size_t k_writers = 2;
constexpr std::uint64_t k_batch = 500;
constexpr std::uint64_t k_mutants_time = 20'000'000'000; // ns

// Shared by all processes.
struct Shared {
  std::array<std::atomic<std::uint64_t>, k_writers> acked; // records that are in the file
  std::atomic<std::uint64_t> strangers;                    // its records, acknowledged
  std::atomic<std::uint64_t> torn;
  std::atomic<std::uint64_t> shared_lines;
  std::atomic<std::uint64_t> errors;
  std::atomic<bool> stop;
};

Shared& new_shared() {
  void* memory = ::mmap(
      nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::runtime_error("mmap");
  }
  return *static_cast<Shared*>(memory);
}

// Every fourth half second all writers rest, so that passes find the rollout cold.
void keep_quiet() {
  constexpr std::uint64_t k_half_second = 500'000'000;
  while (now_ns() / k_half_second % 4 == 3) {
    nap(std::chrono::milliseconds(5));
  }
}

std::string record_of(std::size_t writer, std::uint64_t number) {
  return fmt::format(
      R"({{"timestamp":"t","type":"event_msg","payload":{{"writer":{},"number":{}}}}})",
      writer,
      number);
}

std::string stranger_record(std::uint64_t number) {
  return fmt::format(R"({{"type":"quantum","stranger":{}}})", number);
}

std::uint64_t number_behind(std::string_view line, std::string_view what) {
  const auto at = line.find(what);
  return at == std::string_view::npos
             ? 0
             : std::strtoull(
                   std::string(line.substr(at + what.size(), 20)).c_str(), nullptr, 10);
}

template <class Each> bool each_line(const std::string& path, Each each) {
  PosixFs fs;
  const SystemClock clock;
  auto reader = RolloutReader::open(fs, clock, path);
  if (!reader) {
    return false;
  }
  LineReader lines(std::move(*reader));
  for (;;) {
    const auto line = lines.next();
    if (!line || !*line) {
      return line.has_value();
    }
    each(**line);
  }
}

// What a writer that begins anew finds of its own.
std::uint64_t last_of(const std::string& path, std::size_t writer) {
  std::uint64_t last = 0;
  const std::string mine = fmt::format("\"writer\":{},\"number\":", writer);
  (void)each_line(path, [&](const Line& line) {
    if (scan_line(line.text, line.newline).state == LineState::record) {
      last = std::max(last, number_behind(line.text, mine));
    }
  });
  return last;
}

void write_records(
    const Home& home, Shared& shared, std::size_t me, std::uint64_t goal, Mutant mutant) {
  PosixFs disk;
  ChaosFs fs(disk, now_ns(), mutant);
  const SystemClock clock;
  CodexLocks codex(disk, clock, home.path());
  std::uint64_t last = 0;
  bool known = false;
  while (!shared.stop && (!known || last < goal)) {
    keep_quiet();
    const auto lock = ThreadLock::acquire(
        disk, clock, codex, Home::thread_id(0), std::chrono::seconds(5));
    if (!lock) {
      continue;
    }
    if (!known) {
      last = last_of(home.plain(0), me);
      shared.acked[me] = std::max<std::uint64_t>(shared.acked[me], last);
      known = true;
    }
    auto writer =
        RolloutWriter::open(fs, clock, codex, &*lock, home.plain(0), {SyncPolicy::batch});
    if (!writer) {
      shared.errors += 1;
      continue;
    }
    for (std::uint64_t i = 1; i <= k_batch && last + i <= goal; ++i) {
      (void)writer->append(record_of(me, last + i));
    }
    for (int tries = 0; tries < 3; ++tries) {
      AppendReport done;
      const auto flushed = writer->flush(done);
      last += done.appended;
      shared.acked[me] = last;
      shared.torn += done.torn;
      shared.shared_lines += done.shared_lines;
      if (flushed) {
        break;
      }
      shared.errors += 1;
    }
    known = writer->queued() == 0; // else the next record may be there already
  }
}

// What must not be done: a record that failed is written again where the half of it
// ends, or the ordinal is counted on from what this process has written last.
void write_naively(
    const Home& home, Shared& shared, std::size_t me, std::uint64_t goal, Mutant mutant) {
  PosixFs disk;
  ChaosFs fs(disk, now_ns(), mutant);
  const SystemClock clock;
  CodexLocks codex(disk, clock, home.path());
  std::uint64_t last = 0;
  std::uint64_t next = 0;
  while (!shared.stop && last < goal) {
    const auto lock = ThreadLock::acquire(
        disk, clock, codex, Home::thread_id(0), std::chrono::seconds(5));
    if (!lock || !RolloutWriter::open(disk, clock, codex, &*lock, home.plain(0), {})) {
      continue;
    }
    if (next == 0 || mutant != Mutant::cached_ordinal) {
      (void)each_line(home.plain(0), [&](const Line& line) {
        next = scan_line(line.text, line.newline).ordinal.value_or(next - 1) + 1;
      });
    }
    const auto handle = fs.open_append(home.plain(0));
    if (!handle) {
      continue;
    }
    const File file(fs, *handle);
    for (std::uint64_t i = 0; i < k_batch && last < goal; ++i) {
      const std::string line = with_ordinal(record_of(me, last + 1), next) + "\n";
      const auto put = fs.append(*handle, std::as_bytes(std::span(line)));
      if (put && (*put == line.size() || mutant == Mutant::cached_ordinal)) {
        last += 1;
        next += 1;
      }
    }
    shared.acked[me] = last;
  }
}

void write_as_stranger(const Home& home, Shared& shared) {
  while (!shared.stop) {
    const int fd = ::open(home.plain(0).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd >= 0) {
      const std::string line = stranger_record(shared.strangers + 1) + "\n";
      if (::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size())) {
        shared.strangers += 1;
      }
      ::close(fd);
    }
    nap(std::chrono::microseconds(500));
    keep_quiet();
  }
}

struct Verdict {
  std::uint64_t violations = 0;
  std::uint64_t shared_lines = 0; // of strangers, as they are in the file
  void wrong(const std::string& what) {
    if (++violations <= 10) {
      fmt::print(stderr, "append: {}\n", what);
    }
  }
};

Verdict judge(const Home& home, const Shared& shared) {
  Verdict verdict;
  std::array<std::uint64_t, k_writers> last{};
  std::uint64_t ordinal = 0;
  std::set<std::uint64_t> strangers;
  const auto look = [&](const Line& line) {
    const LineFacts facts = scan_line(line.text, line.newline);
    const std::uint64_t stranger = number_behind(line.text, "\"stranger\":");
    if (stranger > 0) {
      strangers.insert(stranger);
      if (facts.state != LineState::record) {
        verdict.shared_lines += 1;
        // Only behind half a record of ours.
        constexpr std::string_view k_ours = "{\"timestamp\":\"t\",\"ordinal\":";
        const std::string_view half =
            line.text.substr(0, line.text.find("{\"type\":\"quantum\""));
        if (half.empty() || half.size() == line.text.size() ||
            !k_ours.starts_with(half.substr(0, k_ours.size()))) {
          verdict.wrong("a stranger's record was damaged: " + std::string(line.text));
        }
      }
      return;
    }
    if (facts.state != LineState::record || facts.type != "event_msg") {
      return;
    }
    const auto writer = static_cast<std::size_t>(number_behind(line.text, "\"writer\":"));
    const std::uint64_t number = number_behind(line.text, "\"number\":");
    if (writer >= k_writers || number != last.at(writer) + 1) {
      verdict.wrong(fmt::format("writer {}: {} comes behind {}",
                                writer,
                                number,
                                last.at(std::min(writer, k_writers - 1))));
    }
    last.at(std::min(writer, k_writers - 1)) = number;
    if (facts.ordinal != ordinal + 1) {
      verdict.wrong(
          fmt::format("ordinal {} behind {}", facts.ordinal.value_or(0), ordinal));
    }
    ordinal = facts.ordinal.value_or(ordinal);
  };
  if (!each_line(home.plain(0), look)) {
    verdict.wrong("the rollout cannot be read");
  }
  for (std::size_t i = 0; i < k_writers; ++i) {
    if (last.at(i) < shared.acked.at(i)) {
      verdict.wrong(fmt::format(
          "writer {} ends with {}, not {}", i, last.at(i), shared.acked.at(i).load()));
    }
  }
  // What a stranger wrote into a file that was retired under it is kept there.
  const std::string orphans = home.path() + "/coldpress/orphans";
  for (const auto& entry : std::filesystem::exists(orphans)
                               ? std::filesystem::directory_iterator(orphans)
                               : std::filesystem::directory_iterator()) {
    std::ifstream in(entry.path());
    for (std::string text; std::getline(in, text);) {
      strangers.insert(number_behind(text, "\"stranger\":"));
    }
  }
  for (std::uint64_t i = 1; i <= shared.strangers; ++i) {
    if (strangers.count(i) == 0) {
      verdict.wrong(fmt::format("a stranger's record is lost: {}", i));
    }
  }
  return verdict;
}

void begin_rollout(const Home& home) {
  std::filesystem::create_directories(std::filesystem::path(home.plain(0)).parent_path());
  std::ofstream(home.plain(0), std::ios::trunc)
      << R"({"timestamp":"t","ordinal":0,"type":"session_meta","payload":{"id":")"
      << Home::thread_id(0)
      << R"(","cli_version":"0.171.0","history_mode":"paginated","x":")"
      << std::string(20'000, 'x') << "\"}}\n";
}

int run(const std::string& program, Mutant mutant) {
  const std::uint64_t goal = (mutant != Mutant::none ? 5'000
                              : full_size()          ? 1'000'000
                                                     : 100'000) /
                             k_writers;
  Home home;
  begin_rollout(home);
  Shared& shared = new_shared();
  Tally& tally = new_tally();
  const auto start = [&](std::size_t me) {
    const bool naive = mutant == Mutant::no_newline || mutant == Mutant::cached_ordinal;
    return in_child([&, me, naive] {
      naive ? write_naively(home, shared, me, goal, mutant)
            : write_records(home, shared, me, goal, mutant);
    });
  };
  std::array<pid_t, k_writers> writers{start(0), start(1)};
  const pid_t stranger = in_child([&] { write_as_stranger(home, shared); });
  const pid_t passes = in_child([&] { Program(program, home, "0s").loop(tally); });
  Dice dice(now_ns());
  std::uint64_t kills = 0;
  std::size_t done = 0;
  // A mutant may never come to an end.
  const std::uint64_t deadline =
      mutant == Mutant::none ? ~std::uint64_t{0} : now_ns() + k_mutants_time;
  while (done < k_writers && now_ns() < deadline) {
    dice.nap_below(400'000);
    done = 0;
    for (std::size_t i = 0; i < k_writers; ++i) {
      int status = 0;
      const bool over =
          writers.at(i) > 0 && ::waitpid(writers.at(i), &status, WNOHANG) > 0;
      if (over && WIFEXITED(status)) {
        writers.at(i) = -1;
      }
      done += writers.at(i) < 0 ? 1 : 0;
    }
    const std::size_t victim = dice.roll(k_writers);
    if (writers.at(victim) > 0 && dice.roll(4) == 0) {
      ::kill(writers.at(victim), SIGKILL);
      ::waitpid(writers.at(victim), nullptr, 0);
      writers.at(victim) = start(victim);
      kills += 1;
    }
  }
  shared.stop = true;
  for (const pid_t writer : writers) {
    if (writer > 0) {
      (void)finished(writer, std::chrono::seconds(10));
    }
  }
  tally.stop = true;
  (void)finished(stranger, std::chrono::seconds(60));
  (void)finished(passes, std::chrono::seconds(120));
  for (int i = 0; i < 3; ++i) {
    Program(program, home, "0s").run(tally); // what a pass has left
  }
  const Verdict verdict = judge(home, shared);
  fmt::print("ROW append{} tried={} violations={} strangers={} torn={} shared_lines={} "
             "errors={} kills={} compressed={} runs={}\n",
             mutant == Mutant::none ? "" : " (mutant)",
             goal * k_writers,
             verdict.violations,
             shared.strangers.load(),
             shared.torn.load(),
             verdict.shared_lines,
             shared.errors.load(),
             kills,
             tally.compressed.load(),
             tally.runs.load());
  if (mutant != Mutant::none) {
    return verdict.violations > 0 ? 0 : 1;
  }
  if (verdict.violations > 0) {
    home.keep();
  }
  return verdict.violations == 0 && kills > 0 && tally.compressed > 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  const std::map<std::string, Mutant> mutants{{"", Mutant::none},
                                              {"no-append", Mutant::no_append},
                                              {"truncates", Mutant::truncates},
                                              {"no-newline", Mutant::no_newline},
                                              {"cached-ordinal", Mutant::cached_ordinal}};
  const auto mutant = mutants.find(argc > 2 ? argv[2] : "");
  if (argc < 2 || mutant == mutants.end()) {
    fmt::print(stderr,
               "usage: coldpress-append PROGRAM "
               "[no-append|truncates|no-newline|cached-ordinal]\n");
    return 2;
  }
  std::signal(SIGIO, SIG_IGN);
  try {
    return run(argv[1], mutant->second);
  } catch (const std::exception& error) {
    fmt::print(stderr, "coldpress-append: {}\n", error.what());
    return 1;
  }
}
