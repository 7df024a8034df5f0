#include "worker/rollout/append_state.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

namespace coldpress {

namespace {

namespace dom = simdjson::dom;

Error refusal(std::string why) {
  return {Errc::unsupported, 0, "append", {}, {std::move(why)}};
}

} // namespace

HistoryMode history_mode(std::string_view session_meta) {
  dom::parser parser;
  std::string_view mode;
  const bool said =
      parser.parse(session_meta.data(), session_meta.size())["payload"]["history_mode"]
          .get(mode) == simdjson::SUCCESS;
  return said && mode == "paginated" ? HistoryMode::paginated : HistoryMode::legacy;
}

bool codex_reads(std::string_view type) {
  constexpr std::array<std::string_view, 8> k_types{"session_meta",
                                                    "response_item",
                                                    "event_msg",
                                                    "turn_context",
                                                    "compacted",
                                                    "world_state",
                                                    "token_usage_record",
                                                    "inter_agent_communication"};
  return std::find(k_types.begin(), k_types.end(), type) != k_types.end();
}

void AppendState::take(Seen& seen, const LineInfo& line) {
  const LineFacts& facts = line.facts;
  if (facts.state != LineState::record) {
    return;
  }
  if (facts.ordinal) {
    if (!seen.regress && seen.highest && *facts.ordinal < *seen.highest) {
      seen.regress = line.place;
    }
    seen.highest = std::max(seen.highest.value_or(0), *facts.ordinal);
    seen.without.reset();
  } else if (codex_reads(facts.type) || facts.odd_ordinal) {
    seen.without = line.place;
  }
}

void AppendState::feed(std::span<const std::byte> data) {
  size_ += data.size();
  lines_.feed(data, [this](const LineInfo& line) { take(seen_, line); });
}

Result<std::uint64_t> AppendState::next_ordinal() const {
  Seen seen = seen_;
  LineStream rest = lines_;
  rest.finish([&seen](const LineInfo& line) { take(seen, line); });
  if (seen.regress) {
    return Fail(refusal(fmt::format(
        "the ordinal in line {} is below one before it, so the next is not certain",
        seen.regress->number)));
  }
  if (seen.without) {
    return Fail(refusal(fmt::format(
        "the last record, line {}, has no ordinal, so the next is not certain",
        seen.without->number)));
  }
  const std::uint64_t next = seen.highest ? *seen.highest + 1 : 0;
  if (seen.highest && (next == 0 || next >= k_ordinal_end)) {
    return Fail(refusal(fmt::format("no ordinal is left after {}", *seen.highest)));
  }
  return next;
}

Result<NextLine>
next_line(const std::string& record, HistoryMode mode, const AppendState& state) {
  const LineFacts facts = scan_line(record, true);
  NextLine line{record, std::nullopt};
  if (mode == HistoryMode::paginated) {
    TRY_ASSIGN(const std::uint64_t next, state.next_ordinal());
    if (codex_reads(facts.type)) {
      line.ordinal = next;
    }
  }
  if (facts.ordinal || facts.odd_ordinal || facts.null_ordinal) {
    if (!line.ordinal || facts.odd_ordinal || facts.null_ordinal ||
        facts.ordinal != line.ordinal) {
      return Fail(Error{Errc::invalid,
                        0,
                        "append",
                        {},
                        {line.ordinal
                             ? fmt::format("the record's own ordinal is not the next, {}",
                                           *line.ordinal)
                             : "the record has an ordinal, which is not allowed here"}});
    }
  } else if (line.ordinal) {
    line.text = with_ordinal(record, *line.ordinal);
  }
  line.text += '\n';
  return line;
}

std::string with_ordinal(std::string_view record, std::uint64_t ordinal) {
  constexpr std::string_view k_first = "{\"timestamp\":\"";
  if (record.starts_with(k_first)) {
    const std::size_t end = record.find_first_of("\"\\", k_first.size());
    if (end != std::string_view::npos && record[end] == '"') {
      return fmt::format("{},\"ordinal\":{}{}",
                         record.substr(0, end + 1),
                         ordinal,
                         record.substr(end + 1));
    }
  }
  const std::size_t open = record.find('{');
  const std::size_t next = record.find_first_not_of(" \t\r", open + 1);
  return fmt::format("{}\"ordinal\":{}{}{}",
                     record.substr(0, open + 1),
                     ordinal,
                     record[next] == '}' ? "" : ",",
                     record.substr(open + 1));
}

} // namespace coldpress
