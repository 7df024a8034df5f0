#pragma once

#include "tests/race/codex_writer.hpp"
#include "tests/race/process.hpp"
#include "tests/race/record.hpp"

#include <atomic>
#include <cstdint>

namespace coldpress::race {

// What the intruder does once he is in.
enum class Manner : int {
  append,       // closes at once
  append_later, // keeps the descriptor and appends again after the worker is done
  link,         // gives the file a second name and appends through that, later
  truncate,     // cuts the last line off, then appends
};
inline constexpr int k_manners = 4;

enum class Stage : int {
  idle,
  wanted, // the worker's side: resolve the name
  ready,
  go, // the worker's side: come in now
  entering,
  inside,
  leave,  // the worker's side
  cancel, // the worker's side: there was no such moment
  gone,
};

// Between the worker's process and the intruder's.
struct Door {
  std::atomic<Stage> stage;
  std::atomic<std::uint32_t> rollout;
  std::atomic<Manner> manner;
  std::atomic<std::int64_t> last_line_begin; // offset in bytes
  std::atomic<std::uint32_t> last_line;
  std::atomic<std::uint32_t> last_writer;
};

Door& new_door(); // shared memory

// Somebody waits for a lease on that file to be given back.
bool lease_is_breaking(std::uint64_t inode);

class Intruder {
public:
  Intruder(const Home& home, const Record& record, Door& door, std::uint32_t me)
      : home_(home), record_(record), door_(door), me_(me) {}
  void work();

private:
  bool await(Stage stage, Stage or_stage) const;
  void append(int fd, std::uint32_t rollout);
  void intrude(std::uint32_t rollout, const std::string& door);
  void intrude_by_link(std::uint32_t rollout, const std::string& door);
  void cut(int fd);

  const Home& home_;
  const Record& record_;
  Door& door_;
  std::uint32_t me_;
};

} // namespace coldpress::race
