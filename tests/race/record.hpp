#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress::race {

enum class LineState : std::uint32_t {
  none,
  begun,        // write() was called
  acknowledged, // write() returned, all of it
  given_up,     // acknowledged, and later taken back by its own writer
};

// One appended line, with the times before and after write(), in nanoseconds of the
// monotonic clock: a line that ended before another began stands before it in the file.
struct LineRecord {
  std::atomic<LineState> state;
  std::uint32_t rollout;
  std::uint64_t begun;
  std::uint64_t ended;
};

inline constexpr std::uint32_t k_most_writers = 32;
inline constexpr std::uint32_t k_most_lines = 1U << 20U; // of one writer
inline constexpr std::uint32_t k_most_slots = 96;
inline constexpr std::uint32_t k_most_rollouts = 1U << 20U;

enum class RolloutState : std::uint8_t {
  plain_in_sessions,
  plain_in_archive,
  deleted_with_locks,
  deleted_without,
};

// What everybody in a row has done, in memory that all its processes share. Each writer
// writes to its own part only.
struct Shared {
  std::atomic<bool> stop;
  std::atomic<std::uint64_t> acknowledged;
  std::atomic<std::uint32_t> next_rollout;
  std::atomic<std::uint64_t> collisions; // openings that found the name gone
  std::atomic<std::uint64_t> materialized;
  std::atomic<std::uint64_t> rude;   // truncations, renames, links, deletions, moves
  std::atomic<std::uint64_t> faults; // what a writer saw and must not see
  std::array<std::atomic<std::uint32_t>, k_most_slots> slots;
  std::array<std::atomic<std::uint32_t>, k_most_writers> counts;
  std::array<std::atomic<RolloutState>, k_most_rollouts> rollouts;
};

class Record {
public:
  Record();
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;
  ~Record();

  Shared& shared() const { return *shared_; }
  LineRecord& line(std::uint32_t writer, std::uint32_t n) const {
    return lines_[std::size_t{writer} * k_most_lines + n];
  }
  bool stopped() const { return shared_->stop.load(); }

  // Appends one line with one write() and acknowledges it. False if write() failed.
  // The number of the line within its writer is `n`, if wanted.
  bool
  append(int fd, std::uint32_t writer, std::uint32_t rollout, std::uint32_t* n) const;
  // The same for what is written in another way: `write` gets the number, and says
  // whether it is to be found from now on.
  bool put(std::uint32_t writer,
           std::uint32_t rollout,
           const std::function<bool(std::uint32_t n)>& write) const;

private:
  Shared* shared_;
  LineRecord* lines_;
};

struct Findings {
  std::uint64_t lost = 0;
  std::uint64_t twice = 0;
  std::uint64_t reordered = 0;
  std::uint64_t came_back = 0;
  std::uint64_t foreign = 0; // a line of another rollout, or one that nobody wrote

  std::uint64_t all() const { return lost + twice + reordered + came_back + foreign; }
};

// Compares what rollouts hold with what was acknowledged.
class Checker {
public:
  explicit Checker(const Record& record);

  // `text` is all of that rollout's bytes.
  void look(std::uint32_t rollout, std::string_view text);
  // Lines acknowledged for that rollout need not be anywhere.
  void excuse(std::uint32_t rollout);
  // After every rollout was looked at: what is nowhere counts as lost.
  void count_lost();
  // The same for one rollout, and only the writer's lines from `first` on.
  void count_lost_of(std::uint32_t rollout, std::uint32_t writer, std::uint32_t first);

  const Findings& findings() const { return findings_; }

private:
  void look_at_line(std::uint32_t rollout, std::string_view line);
  void complain(const char* what, std::uint32_t writer, std::uint32_t n) const;

  const Record& record_;
  Findings findings_;
  std::vector<std::vector<bool>> seen_;
  std::vector<bool> excused_;
  std::uint64_t latest_begun_ = 0;
  std::array<std::int64_t, k_most_writers> last_n_{};
  mutable int complaints_ = 0;
};

} // namespace coldpress::race
