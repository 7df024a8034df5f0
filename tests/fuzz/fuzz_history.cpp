#include "tests/fuzz/fuzz.hpp"
#include "tests/history/agreement.hpp"
#include "tests/history/read_history.hpp"

#include <algorithm>
#include <vector>

using namespace coldpress;
using namespace coldpress::history;

namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool is_text(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[at]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || bytes.size() - at < length) {
      return false;
    }
    for (std::size_t i = 1; i < length; ++i) {
      if ((static_cast<unsigned char>(bytes[at + i]) & 0xc0U) != 0x80U) {
        return false;
      }
    }
    at += length;
  }
  return true;
}

void check_whole(const std::vector<std::string_view>& lines, ErrorLines error_lines) {
  History whole(error_lines);
  History parts(error_lines);
  Rows of_parts;
  for (const std::string_view line : lines) {
    whole.feed(line);
    parts.feed(line);
    of_parts.apply(parts.take_changes());
    auto restored = History::restore(parts.checkpoint());
    require(restored.has_value(), "a checkpoint can be read");
    parts = std::move(*restored);
  }
  Rows of_whole;
  of_whole.apply(whole.take_changes());
  require(of_whole == of_parts, "in parts it gives the rows that it gives at once");
  require(whole.thread() == parts.thread(), "and the same thread");
  require(whole.counts() == parts.counts(), "and the same counts");
  require(disagreements(of_whole).empty(), "the observers agree");
  for (const auto& [key, row] : of_whole.items) {
    require(is_text(row.item.text), "texts are UTF-8");
  }
  for (const TurnView& view : view_of(of_whole, whole.thread().mode)) {
    require(view.row != nullptr && is_text(view.first_user) && is_text(view.answer),
            "and so is what is shown of a turn");
  }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  const std::vector<std::string_view> lines = lines_of(text);
  check_whole(lines, ErrorLines::counted);
  check_whole(lines, ErrorLines::ignored);
  // Bytes of a damaged database are refused, or are a history that goes on.
  if (auto restored = History::restore(text)) {
    restored->feed(text);
    (void)restored->take_changes();
  }
  return 0;
}
