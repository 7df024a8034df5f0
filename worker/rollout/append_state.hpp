#pragma once

#include "fsutil/result.hpp"
#include "worker/rollout/line_stream.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace coldpress {

// Whether every record of a rollout has a number of its own.
enum class HistoryMode : std::uint8_t { legacy, paginated };

// What the first record says: its payload's history_mode; legacy if it says nothing.
HistoryMode history_mode(std::string_view session_meta);

// Types of records that Codex reads. Others take no ordinal.
bool codex_reads(std::string_view type);

// The ordinal that ends the range: Codex keeps one more than the last in 63 bits.
inline constexpr std::uint64_t k_ordinal_end = (std::uint64_t{1} << 63U) - 1;

// What the lines so far mean for the next record. Fed all bytes of the plain file in
// order, by any writer.
class AppendState {
public:
  // What stands before `start` is not looked at.
  explicit AppendState(std::uint64_t start = 0)
      : lines_(LinePlace{start, 1}), size_(start) {}

  void feed(std::span<const std::byte> data);

  std::uint64_t size() const { return size_; }
  // Bytes stand behind the last newline: a torn line, or a whole one that lacks only
  // that.
  bool mid_line() const { return lines_.bytes() > 0; }

  // For a paginated rollout: the highest seen, of any type, + 1; 0 before the first.
  // Errc::unsupported where guessing could give a number twice: an ordinal was below one
  // before it, the last record that Codex reads has none, or the range is used up.
  Result<std::uint64_t> next_ordinal() const;

private:
  struct Seen {
    std::optional<std::uint64_t> highest;
    std::optional<LinePlace> regress;
    std::optional<LinePlace> without; // the last record, if it should have one
  };
  static void take(Seen& seen, const LineInfo& line);

  LineStream lines_;
  Seen seen_;
  std::uint64_t size_ = 0;
};

// A record as it is to stand in the file, with its newline.
struct NextLine {
  std::string text;
  std::optional<std::uint64_t> ordinal; // that it was given
};

// `record`, one whole JSON object, behind what `state` has seen. In a paginated rollout
// it gets the next ordinal if Codex reads its type; one of its own must be that one, or
// Errc::invalid. Errors as next_ordinal(), also for what takes none: behind an unclear
// end nothing is added.
Result<NextLine>
next_line(const std::string& record, HistoryMode mode, const AppendState& state);

// The record with this ordinal in it, behind the timestamp if that comes first, as in
// Codex's own lines. `record` is one whole JSON object.
std::string with_ordinal(std::string_view record, std::uint64_t ordinal);

} // namespace coldpress
