#pragma once

#include "fsutil/result.hpp"
#include "worker/history/observers.hpp"
#include "worker/history/record.hpp"
#include "worker/history/turn_table.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress::history {

// What is known of the thread as a whole.
struct ThreadRow {
  std::optional<Meta> meta; // of the first session_meta
  Mode mode = Mode::legacy; // of that one
  std::string preview;      // of the first user message that shows something
  std::uint64_t tokens = 0; // the last count
  // Why Codex refuses the thread: an unknown history_mode. Then nothing else is read.
  std::string refused;
  friend bool operator==(const ThreadRow&, const ThreadRow&) = default;
};

struct LineCounts {
  std::uint64_t lines = 0;
  std::uint64_t unreadable = 0; // blank ones, too
  std::uint64_t skipped = 0;    // paginated: by their ordinal
  // Types and kinds that Codex does not know; at most k_unknown_names of them.
  std::map<std::string, std::uint64_t> unknown;
  friend bool operator==(const LineCounts&, const LineCounts&) = default;
};
inline constexpr std::size_t k_unknown_names = 64;

// Turns a record into steps: the reducer of the rollout's mode, behind what is the same
// for all records: which lines count, and the row of the thread.
class Reducer {
public:
  explicit Reducer(ErrorLines error_lines) : error_lines_(error_lines) {}

  std::vector<Step> take(Record record);

  // What follows is another rollout, whose history begins in what was taken so far.
  void begin_rollout(const Base& base);
  // Of the rollout that is taken now only this much counts.
  void limit(const Base& end) { end_ = end; }

  const ThreadRow& thread() const { return thread_; }
  const LineCounts& counts() const { return counts_; }
  const TurnTable& turns() const { return turns_; }

  void write(BlobWriter& to) const;
  static std::optional<Reducer> read(BlobReader& from);

private:
  bool counts(const Record& record);
  bool beyond_end(const Record& record) const;
  void take_meta(Meta meta);

  ErrorLines error_lines_;
  ThreadRow thread_;
  LineCounts counts_;
  TurnTable turns_;
  std::optional<Base> end_;
};

// The history of one rollout, line by line. Its state is small (ids, no texts but that of
// a reasoning item that may still grow) and can be stored: feeding the rest to a restored
// one gives the same changes as feeding all of it.
//
// Which lines to feed: whole ones. A last line without its newline is fed only where
// nothing is stored: Codex counts it in a legacy rollout and lets it wait in a paginated.
class History {
public:
  explicit History(ErrorLines error_lines) : reducer_(error_lines) {}

  // The next line, without its newline.
  void feed(std::string_view line, bool newline = true);

  // For a fork: first the rollouts it inherits from (bases.hpp), oldest first.
  void limit(const Base& end) { reducer_.limit(end); }
  void begin_rollout(const Base& base);

  // What changed since the last call.
  Changes take_changes();
  // Bytes of text that wait in them.
  std::size_t waiting_bytes() const { return items_.waiting_bytes(); }

  const ThreadRow& thread() const { return reducer_.thread(); }
  const LineCounts& counts() const { return reducer_.counts(); }
  // The byte after the last line that was fed.
  std::uint64_t offset() const { return next_.offset; }
  std::uint64_t line() const { return next_.line; }
  // The last ordinal that counted.
  std::optional<std::uint64_t> last_ordinal() const {
    return reducer_.turns().last_ordinal;
  }

  // Changes that were not taken are not in it.
  std::string checkpoint() const;
  // Errc::corrupt if these are not the bytes of a checkpoint of this version.
  static Result<History> restore(std::string_view bytes);

private:
  std::unique_ptr<LineParser> parser_ = std::make_unique<LineParser>();
  Reducer reducer_;
  ItemObserver items_;
  TurnObserver turns_;
  LifecycleObserver lifecycle_;
  Place next_;
};

} // namespace coldpress::history
