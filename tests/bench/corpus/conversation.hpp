#pragma once

#include "tests/bench/corpus/lines.hpp"
#include "tests/bench/corpus/random.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress::corpus {

// Where a fork's parent was cut.
struct HistoryBase {
  std::string thread_id;
  std::uint64_t end_ordinal_exclusive = 0;
  std::uint64_t end_byte_offset = 0;
};

// On what a conversation spends its bytes.
struct Manner {
  std::uint64_t output_min, output_max;     // one command's output
  std::uint64_t secret_min, secret_max;     // encrypted reasoning, base64 characters
  std::uint64_t commands_min, commands_max; // a turn
};

constexpr Manner k_chat_manner{100, 3000, 300, 1500, 0, 3};
constexpr Manner k_text_manner{300, 8000, 280, 1250, 4, 24};

// The records of one thread, turn by turn. The same seed gives the same payloads.
class Conversation {
public:
  // `id` names the thread, `start_ms` is when it began (kept in its ids).
  Conversation(
      Lines& lines, Rng rng, Manner manner, std::string id, std::int64_t start_ms);

  // The canonical first line of thread `id`, which may be a fork of this one.
  void session_meta(const std::string& id, const std::optional<HistoryBase>& base);

  // The next few records: a turn begins, one command runs, or a turn ends.
  void step();

  // The user shows a picture; `data` is base64.
  void show_image(std::string_view data);

  // From here on another thread, with payloads of its own: a fork after its cut.
  void become(std::string id, Rng rng);

private:
  void begin_turn();
  void end_turn();
  void run_command();
  void reasoning();
  void command_records(std::string_view call, std::string_view output);
  void token_count();
  void message(std::string_view role, std::string_view item, std::string_view text);
  std::string_view command_output();

  Lines& lines_;
  Rng rng_;
  Manner manner_;
  std::string id_;
  std::int64_t start_ms_;
  std::string cwd_;
  std::string turn_id_;
  std::uint64_t commands_left_ = 0;
  std::uint64_t tokens_ = 9000;
  bool in_turn_ = false;
  std::string scratch_;
  std::vector<std::string> outputs_; // seen before; a command is often run again
};

} // namespace coldpress::corpus
