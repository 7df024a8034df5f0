#pragma once

#include "tests/explorer/world.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace coldpress {

// Somebody who uses the store beside coldpress: a line of steps, each of them one system
// call or as good as one. Between any two of them everything else may happen.
class Actor {
public:
  virtual ~Actor() = default;

  const std::string& name() const { return name_; }
  bool done() const { return at_ == k_done; }
  // All that its steps have to do with.
  Touches touches() const { return touches_; }
  // False while the kernel keeps it waiting: for a lock, or in an open() for a lease.
  virtual bool enabled(const World&) const { return true; }
  // Does the next step and says what it was.
  std::string go(World& world) {
    ++steps_;
    return step(world);
  }
  int steps() const { return steps_; }
  // The inode whose path it has resolved in an open() that has not met the leases; 0 if
  // it is in none.
  virtual std::uint64_t opening() const { return 0; }
  // All that it knows, as a number.
  virtual std::uint64_t state() const { return static_cast<std::uint64_t>(at_); }

protected:
  virtual std::string step(World& world) = 0;
  static constexpr int k_done = -1;
  Actor(std::string name, Touches touches) : name_(std::move(name)), touches_(touches) {}
  int at_ = 0;

private:
  std::string name_;
  Touches touches_;
  int steps_ = 0;
};

using ActorPtr = std::unique_ptr<Actor>;

// A writer that takes no lock: resolves, opens, appends `count` records from `record` on,
// closes. `echo` makes the file if it is not there.
ActorPtr lockless_writer(int record, int count = 1);
ActorPtr echo_writer(int record);
// Has had the file open since before anybody came; writes one record.
ActorPtr old_holder(World& world, int record);
// Decodes Z to P as Codex does and ignores every lock.
ActorPtr fork(int number = 1);
// Codex's resume: locks, materialises, appends, and unloads.
ActorPtr resume(int record);

// Has P open for reading, comes back through that, puts record 2 in the place of record
// 1, and puts the mtime back.
ActorPtr in_place_editor(World& world);
// Writes P to a temp file that is named as Codex's are, removes P, and is killed.
ActorPtr killed_rewriter();
// Another user, in a tree that both may make names in: makes a file of that name beside
// the .zst, with what it holds and a line, and empties it later.
enum class Name : std::uint8_t { plain, retired };
ActorPtr other_user(Name name);

// What may stand between a program and its disk.
using Between = std::function<std::unique_ptr<Fs>(Fs& disk)>;
// A program that appends one record with RolloutWriter, under the thread's lock.
ActorPtr appender(World& world, int record, const Between& between = {});

enum class Locks : std::uint8_t { none, codex };
enum class First : std::uint8_t { plain, compressed };
// The user deletes the thread; its row goes with the last name.
ActorPtr deleter(First first, Locks locks);
ActorPtr archiver(Locks locks);

// Codex's own compressor. The old one has its marker only.
enum class Era : std::uint8_t { all_locks, marker_only };
ActorPtr codex_compressor(Era era);

} // namespace coldpress
