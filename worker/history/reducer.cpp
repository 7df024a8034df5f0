#include "worker/history/history.hpp"
#include "worker/history/reduce.hpp"

#include <algorithm>

namespace coldpress::history {

std::vector<Step> Reducer::take(Record record) {
  counts_.lines += 1;
  std::vector<Step> steps;
  if (record.event == Event::unreadable) {
    counts_.unreadable += 1;
    return steps;
  }
  if (record.event == Event::unknown) {
    if (counts_.unknown.size() < k_unknown_names ||
        counts_.unknown.count(record.wire) > 0) {
      counts_.unknown[record.wire] += 1;
    }
    return steps;
  }
  if (!thread_.refused.empty() || beyond_end(record)) {
    return steps;
  }
  if (record.meta) {
    take_meta(std::move(*record.meta));
  }
  if (thread_.preview.empty() && !record.preview.empty()) {
    thread_.preview = record.preview;
  }
  if (thread_.mode == Mode::paginated && !counts(record)) {
    return steps;
  }
  thread_.tokens = record.tokens.value_or(thread_.tokens);
  if (thread_.mode == Mode::legacy) {
    reduce_legacy(turns_, std::move(record), error_lines_, steps);
  } else {
    reduce_paginated(turns_, std::move(record), steps);
  }
  return steps;
}

// The first session_meta is the one that counts, also if it is not the first line.
void Reducer::take_meta(Meta meta) {
  if (thread_.meta) {
    return;
  }
  if (meta.mode_word == "paginated") {
    thread_.mode = Mode::paginated;
  } else if (!meta.mode_word.empty() && meta.mode_word != "legacy") {
    thread_.refused = "unknown history_mode " + meta.mode_word;
  }
  thread_.meta = std::move(meta);
}

// Ordinals only ever grow; a line without one, or with an old one, is passed over.
bool Reducer::counts(const Record& record) {
  const std::uint64_t ordinal = record.at.ordinal;
  if (!record.has_ordinal || (turns_.last_ordinal && ordinal <= *turns_.last_ordinal)) {
    counts_.skipped += 1;
    return false;
  }
  turns_.last_ordinal = ordinal;
  return !thread_.meta || ordinal >= thread_.meta->first_ordinal;
}

bool Reducer::beyond_end(const Record& record) const {
  return end_ && (record.at.end > end_->end_byte ||
                  (record.has_ordinal && record.at.ordinal >= end_->end_ordinal));
}

void Reducer::begin_rollout(const Base& base) {
  end_.reset();
  thread_ = ThreadRow();
  counts_ = LineCounts();
  if (base.end_ordinal > 0) {
    turns_.last_ordinal = std::max(turns_.last_ordinal.value_or(0), base.end_ordinal - 1);
  }
}

void Reducer::write(BlobWriter& to) const {
  to.number(static_cast<std::uint64_t>(error_lines_));
  to.flag(thread_.meta.has_value());
  const Meta meta = thread_.meta.value_or(Meta{});
  to.text(meta.thread_id);
  to.text(meta.forked_from);
  to.text(meta.mode_word);
  to.flag(meta.base.has_value());
  for (const auto& base : {meta.base.value_or(Base{}), end_.value_or(Base{})}) {
    to.text(base.rollout_id);
    to.number(base.end_ordinal);
    to.number(base.end_byte);
  }
  to.flag(end_.has_value());
  to.number(meta.first_ordinal);
  to.number(static_cast<std::uint64_t>(thread_.mode));
  to.text(thread_.preview);
  to.number(thread_.tokens);
  to.text(thread_.refused);
  to.number(counts_.lines);
  to.number(counts_.unreadable);
  to.number(counts_.skipped);
  to.number(counts_.unknown.size());
  for (const auto& [name, count] : counts_.unknown) {
    to.text(name);
    to.number(count);
  }
  turns_.write(to);
}

std::optional<Reducer> Reducer::read(BlobReader& from) {
  Reducer reducer(static_cast<ErrorLines>(from.number_below(2)));
  const bool has_meta = from.flag();
  Meta meta;
  meta.thread_id = from.text();
  meta.forked_from = from.text();
  meta.mode_word = from.text();
  const bool has_base = from.flag();
  Base base;
  Base end;
  for (Base* each : {&base, &end}) {
    each->rollout_id = from.text();
    each->end_ordinal = from.number();
    each->end_byte = from.number();
  }
  const bool has_end = from.flag();
  meta.base = has_base ? std::optional(base) : std::nullopt;
  reducer.end_ = has_end ? std::optional(end) : std::nullopt;
  meta.first_ordinal = from.number();
  reducer.thread_.meta = has_meta ? std::optional(meta) : std::nullopt;
  reducer.thread_.mode = static_cast<Mode>(from.number_below(2));
  reducer.thread_.preview = from.text();
  reducer.thread_.tokens = from.number();
  reducer.thread_.refused = from.text();
  reducer.counts_.lines = from.number();
  reducer.counts_.unreadable = from.number();
  reducer.counts_.skipped = from.number();
  const std::size_t names = from.count();
  for (std::size_t i = 0; i < names && from.ok(); ++i) {
    std::string name = from.text();
    reducer.counts_.unknown[std::move(name)] = from.number();
  }
  auto turns = TurnTable::read(from);
  if (!turns) {
    return std::nullopt;
  }
  reducer.turns_ = std::move(*turns);
  return reducer;
}

} // namespace coldpress::history
