#include "fsutil/text.hpp"
#include "worker/history/error_kind.hpp"
#include "worker/history/parse_items.hpp"
#include "worker/history/record.hpp"
#include "worker/history/thin_line.hpp"

#include <algorithm>

namespace coldpress::history {

namespace {

constexpr std::size_t k_deepest = 128; // as serde_json
// Buffers that a long line made larger than this are given back.
constexpr std::size_t k_kept_buffer = std::size_t{4} << 20U;

// {"message":…,"codex_error_info":…}; the second is a word, an object of one word, or
// nothing. `word` is that word. False if it is anything else.
bool parse_error(Fields& from, TurnError& error, std::string& word) {
  error.message = from.text("message");
  const auto info = from.find("codex_error_info");
  if (!from.ok() || !info) {
    return from.ok();
  }
  std::string_view text;
  dom::object compound;
  if (info->get(text) == simdjson::SUCCESS) {
    word = text;
  } else if (info->get(compound) == simdjson::SUCCESS) {
    if (compound.size() == 1) {
      const auto& only = *compound.begin();
      word = only.key;
      Fields fields(only.value);
      const auto status = fields.integer_if("http_status_code");
      error.detail = status ? std::to_string(*status)
                            : Fields(only.value).text_if("turn_kind").value_or("");
    }
  } else {
    return false;
  }
  error.kind = error_kind(word);
  if (error.kind == "other") {
    error.detail.clear();
  }
  return true;
}

void parse_times(Fields& payload, Record& record) {
  record.started_at = payload.integer_if("started_at");
  record.completed_at = payload.integer_if("completed_at");
  record.duration_ms = payload.integer_if("duration_ms");
}

bool parse_end(Fields& payload, Record& record) {
  record.turn_id = payload.text("turn_id");
  parse_times(payload, record);
  const auto value = payload.find("error");
  if (!payload.ok() || !value) {
    return payload.ok();
  }
  Fields from(*value);
  std::string word;
  TurnError error;
  if (!parse_error(from, error, word)) {
    return false;
  }
  record.error = std::move(error);
  return true;
}

bool parse_abort(Fields& payload, Record& record) {
  record.turn_id = payload.text_if("turn_id");
  parse_times(payload, record);
  const std::string reason = payload.text("reason");
  return payload.ok() && (reason == "interrupted" || reason == "replaced" ||
                          reason == "review_ended" || reason == "budget_limited");
}

bool parse_error_line(Fields& payload, Record& record) {
  TurnError error;
  std::string word;
  if (!parse_error(payload, error, word)) {
    return false;
  }
  record.ends_turn = fails_turn(word);
  record.error = std::move(error);
  return true;
}

bool parse_tokens(Fields& payload, Record& record) {
  const auto info = payload.find("info");
  if (!info) {
    return true;
  }
  Fields fields(*info);
  const auto usage = fields.find("total_token_usage");
  if (!usage) {
    return false;
  }
  Fields total(*usage);
  const auto tokens = total.integer_if("total_tokens");
  if (!total.ok() || !tokens) {
    return false;
  }
  record.tokens = static_cast<std::uint64_t>(std::max<std::int64_t>(*tokens, 0));
  return true;
}

bool parse_meta(Fields& payload, Record& record) {
  Meta meta;
  meta.thread_id = payload.text("id");
  meta.forked_from = payload.text_if("forked_from_id").value_or("");
  meta.mode_word = payload.text_if("history_mode").value_or("");
  if (payload.find("subagent_history_start_ordinal")) {
    meta.first_ordinal = payload.count_of("subagent_history_start_ordinal");
  }
  if (const auto value = payload.find("history_base")) {
    Fields from(*value);
    meta.base = Base{from.text("thread_id"),
                     from.count_of("end_ordinal_exclusive"),
                     from.count_of("end_byte_offset")};
    if (!from.ok()) {
      return false;
    }
  }
  record.meta = std::move(meta);
  return payload.ok();
}

bool parse_payload(Fields& payload, const EventRow& row, Record& record) {
  switch (row.event) {
  case Event::session_meta:
    return parse_meta(payload, record);
  case Event::task_started:
    record.turn_id = payload.text("turn_id");
    record.started_at = payload.integer_if("started_at");
    return payload.ok();
  case Event::task_complete:
    return parse_end(payload, record);
  case Event::turn_aborted:
    return parse_abort(payload, record);
  case Event::error:
    return parse_error_line(payload, record);
  case Event::thread_rolled_back:
    record.num_turns = payload.count_of("num_turns");
    return payload.ok();
  case Event::item_completed:
    return parse_item_completed(payload, record);
  case Event::response_item:
    return parse_hook_prompt(payload, record);
  case Event::token_count:
    return parse_tokens(payload, record);
  case Event::compacted:
  case Event::realtime_item:
  case Event::no_effect:
    return payload.ok();
  default:
    return parse_item(payload, row.wire, record);
  }
}

// Which row of the table the record is; null with `wire` for one that Codex does not
// know.
const EventRow*
row_of(const dom::element& payload, std::string_view type, Record& record) {
  record.wire = type;
  if (type != "event_msg") {
    return find_event(Where::record, type);
  }
  Fields fields(payload);
  record.wire = fields.text("type");
  if (!fields.ok()) {
    record.wire.clear();
    return nullptr;
  }
  return find_event(Where::event, record.wire);
}

void read_ordinal(const Fields& envelope, Record& record) {
  std::uint64_t ordinal = 0;
  if (const auto value = envelope.find("ordinal");
      value && value->get(ordinal) == simdjson::SUCCESS) {
    record.has_ordinal = true;
    record.at.ordinal = ordinal;
  }
}

void read_record(const dom::element& root, Record& record) {
  Fields envelope(root);
  const std::string timestamp = envelope.text("timestamp");
  const std::string type = envelope.text("type");
  const auto payload = envelope.find("payload");
  if (!envelope.ok() || !payload || envelope.count("timestamp") > 1 ||
      envelope.count("type") > 1 || envelope.count("payload") > 1) {
    return;
  }
  record.has_time = parse_time(timestamp).has_value();
  read_ordinal(envelope, record);
  const EventRow* row = row_of(*payload, type, record);
  if (row == nullptr || row->event == Event::unknown) {
    record.event = record.wire.empty() ? Event::unreadable : Event::unknown;
    return;
  }
  record.event = row->event;
  Fields fields(*payload);
  if (!fields.ok() || !parse_payload(fields, *row, record)) {
    const Place at = record.at;
    record = Record();
    record.at = at;
  }
}

} // namespace

struct LineParser::Buffers {
  dom::parser parser;
  std::string thin;
  std::string widened;
};

LineParser::LineParser() : buffers_(std::make_unique<Buffers>()) {}
LineParser::~LineParser() = default;

Record LineParser::parse(std::string_view line, const Place& at) {
  Record record;
  record.at = at;
  record.at.ordinal = 0;
  bool cut = false;
  if (line.size() >= k_thick_line) {
    if (!thin_line(line, buffers_->thin, cut)) {
      return record;
    }
    line = buffers_->thin;
  }
  dom::parser& parser = buffers_->parser;
  const auto parsed = [&](std::string_view text, dom::element& root) {
    if (parser.capacity() < text.size() &&
        parser.allocate(std::max(text.size(), k_thick_line), k_deepest) !=
            simdjson::SUCCESS) {
      return simdjson::MEMALLOC;
    }
    return parser.parse(text.data(), text.size()).get(root);
  };
  dom::element root;
  // Later versions of simdjson skip a byte order mark, Codex does not.
  auto code =
      line.starts_with("\xEF\xBB\xBF") ? simdjson::TAPE_ERROR : parsed(line, root);
  if (code == simdjson::NUMBER_ERROR) {
    widen_integers(line, buffers_->widened);
    code = parsed(buffers_->widened, root);
  }
  if (code == simdjson::SUCCESS) {
    read_record(root, record);
  }
  if (record.item && cut) {
    record.item->cut = true;
  }
  if (parser.capacity() > k_kept_buffer || buffers_->thin.capacity() > k_kept_buffer) {
    buffers_ = std::make_unique<Buffers>();
  }
  return record;
}

} // namespace coldpress::history
