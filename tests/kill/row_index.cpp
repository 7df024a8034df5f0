// row_index PROGRAM: the real program is killed while it writes the index, or the power
// fails then. The next command must give the answers of an index made from scratch.

#include "tests/kill/disk_store.hpp"
#include "tests/kill/row.hpp"
#include "tests/kill/tracer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <random>

namespace coldpress {
namespace {

namespace disk = std::filesystem;

constexpr const char* k_word = "needle";

std::string thread_of(int number) {
  return fmt::format("0199aaaa-bbbb-7ccc-8ddd-{:012}", number);
}

std::string line(const std::string& type, const std::string& payload) {
  return fmt::format(R"({{"timestamp":"2026-01-02T03:04:05.000Z","type":"{}",)"
                     R"("payload":{{{}}}}})"
                     "\n",
                     type,
                     payload);
}

// Turns `from` up to `to`; the texts differ, so that each has words of its own.
std::string turns(int number, int from, int to) {
  std::string text;
  for (int turn = from; turn < to; ++turn) {
    std::string words;
    for (int i = 0; i < 400; ++i) {
      words += fmt::format("w{}x{}x{} ", number, turn, i);
    }
    text +=
        line("event_msg", fmt::format(R"("type":"task_started","turn_id":"t{}")", turn));
    text += line("event_msg",
                 fmt::format(R"("type":"user_message","message":"{} {}")", k_word, turn));
    text +=
        line("event_msg", fmt::format(R"("type":"agent_message","message":"{}")", words));
    text +=
        line("event_msg", fmt::format(R"("type":"task_complete","turn_id":"t{}")", turn));
  }
  return text;
}

class IndexKills {
public:
  IndexKills(std::string dir, std::string program, Row& row)
      : row_(row), program_(std::move(program)), saved_(dir + "/saved"),
        home_(dir + "/home"), log_(dir + "/log"), answers_(dir + "/answers") {
    disk::create_directories(home_ + "/sessions/2026/01/02");
    disk::create_directories(home_ + "/archived_sessions");
    for (int number = 1; number <= 5; ++number) {
      write(number,
            line("session_meta",
                 fmt::format(R"("id":"{}","cwd":"/home/somebody","source":"cli")",
                             thread_of(number))) +
                turns(number, 0, 8));
    }
    must(run({"index", "build"}), "the first index");
    // What the update that is killed has to do: more of two, one gone, one new one.
    write(1, turns(1, 8, 40));
    write(2, turns(2, 8, 9));
    disk::remove(path(3));
    write(6, turns(6, 0, 12));
    copy_tree(home_, saved_);
    must(run({"index", "rebuild"}), "the index from scratch");
    wanted_ = answers();
  }

  void run_all(int most_of_a_site) {
    const Traced whole = once(std::nullopt, 0);
    must(whole.ended.code == 0, "an update that nothing disturbs");
    for (const auto& [site, calls] : whole.calls) {
      if (site.what.starts_with("index")) {
        sites_ += 1;
        const int step = std::max(1, calls / most_of_a_site);
        for (int nth = 1; nth <= calls; nth += step) {
          for (const Moment moment : {Moment::before, Moment::after}) {
            kill_at({site, nth, moment});
          }
        }
      }
    }
    row_.figure("sites", sites_);
    row_.figure("power_cuts", power_cuts_);
    if (power_cuts_ == 0) {
      row_.violation("no power cut was tried");
    }
  }

private:
  std::string path(int number) const {
    return fmt::format("{}/sessions/2026/01/02/rollout-2026-01-02T03-04-{:02}-{}.jsonl",
                       home_,
                       number,
                       thread_of(number));
  }
  std::string index() const { return home_ + "/coldpress/index.sqlite"; }

  void write(int number, const std::string& bytes) const {
    std::ofstream(path(number), std::ios::binary | std::ios::app) << bytes;
  }

  Command command(std::vector<std::string> words, const std::string& log) const {
    words.insert(words.begin(), program_);
    words.insert(words.end(), {"--store", home_, "-q"});
    return {std::move(words), log, {}};
  }
  bool run(std::vector<std::string> words) const {
    return run_program(command(std::move(words), log_)).code == 0;
  }
  void must(bool good, const std::string& what) const {
    if (!good) {
      throw std::runtime_error(what + " failed: " + text_of(log_));
    }
  }

  // What a person is told; not how large the files are or when it was.
  std::string answers() const {
    std::string all;
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"list", "--json", "--no-update", "--limit", "0"},
          std::vector<std::string>{
              "search", k_word, "--json", "--no-update", "--limit", "0"},
          std::vector<std::string>{
              "search", "w1x39x399", "OR", "w6x11x0", "--json", "--no-update"}}) {
      const Ended ended = run_program(command(words, answers_));
      std::string text = text_of(answers_);
      // The order of hits is the order of writing.
      std::vector<std::string> lines;
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
      }
      std::sort(lines.begin(), lines.end());
      all += fmt::format("{}\n{}\n", ended.code, fmt::join(lines, "\n"));
    }
    return all;
  }

  Traced once(const std::optional<KillPoint>& point, unsigned power_cut) {
    copy_tree(saved_, home_);
    const auto size = disk::file_size(index());
    const auto mtime = disk::last_write_time(index());
    const Traced traced = trace(command({"index", "build"}, log_), home_, point);
    const std::string when =
        point ? fmt::format("{} {} of {}, call {}{}",
                            point->moment == Moment::before ? "before" : "after",
                            point->site.call,
                            point->site.what,
                            point->nth,
                            power_cut == 0 ? "" : ", power cut")
              : "undisturbed";
    if (power_cut != 0) {
      // Until the log is copied into the database nothing of it was synced: any part may
      // be missing, and what is missing may read as zeros.
      if (!disk::exists(index() + "-wal") || disk::file_size(index()) != size ||
          disk::last_write_time(index()) != mtime) {
        return traced;
      }
      cut_log(power_cut);
      power_cuts_ += 1;
    }
    check(when);
    return traced;
  }

  void cut_log(unsigned seed) const {
    const std::string log = index() + "-wal";
    std::mt19937 random(seed);
    const std::uint64_t size = disk::file_size(log);
    const std::uint64_t kept = size == 0 ? 0 : random() % (size + 1);
    disk::resize_file(log, kept);
    if (random() % 2 == 0) {
      disk::resize_file(log, size);
    } else if (kept > 4096) {
      std::fstream file(log, std::ios::binary | std::ios::in | std::ios::out);
      file.seekp(static_cast<std::streamoff>(random() % (kept / 4096) * 4096));
      file << std::string(4096, '\0');
    }
    disk::remove(index() + "-shm");
  }

  void check(const std::string& when) const {
    if (!run({"list", "--no-update", "--json"})) {
      row_.violation(when + ": the index cannot be read: " + text_of(log_));
    }
    if (!run({"index", "build"})) {
      row_.violation(when + ": the index cannot be updated: " + text_of(log_));
    } else if (answers() != wanted_) {
      row_.violation(when + ": the answers are not those of a fresh index");
    } else if (!run({"index", "verify"})) {
      row_.violation(when + ": verify finds something: " + text_of(log_));
    }
  }

  void kill_at(const KillPoint& point) {
    for (const unsigned power_cut : {0U, 1U + static_cast<unsigned>(row_.tries())}) {
      row_.tried(once(point, power_cut).killed ? 1 : 0);
    }
  }

  Row& row_;
  std::string program_;
  std::string saved_;
  std::string home_;
  std::string log_;
  std::string answers_;
  std::string wanted_;
  std::uint64_t sites_ = 0;
  std::uint64_t power_cuts_ = 0;
};

int run(const std::string& program) {
  std::string why_not;
  if (!may_trace(why_not)) {
    return Row::skipped("index", "no process may be traced here (" + why_not + ")");
  }
  Row row("index");
  const Scratch scratch(Scratch::On::memory);
  IndexKills(scratch.path(), program, row).run_all(full_size() ? 1000 : 5);
  return row.finish();
}

} // namespace
} // namespace coldpress

int main(int argc, char** argv) {
  try {
    return argc == 2 ? coldpress::run(argv[1]) : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "row_index: {}\n", error.what());
    return 1;
  }
}
