#include "worker/history/observers.hpp"

// How the rows of the TurnSummary observer are written into a checkpoint.
namespace coldpress::history {

void TurnObserver::write(BlobWriter& to) const {
  to.number(tokens_);
  to.number(rows_.size());
  for (const auto& [number, row] : rows_) {
    to.number(number);
    to.text(row.id);
    to.flag(row.implicit);
    to.flag(row.listed);
    to.number(static_cast<std::uint64_t>(row.status));
    to.error_if(row.error);
    to.flag(row.error_line);
    to.number_if(row.started_at);
    to.number_if(row.completed_at);
    to.number_if(row.duration_ms);
    to.place(row.first);
    to.flag(row.last.has_value());
    to.place(row.last.value_or(Place{}));
    to.number(row.items);
    to.number(row.user_messages);
    to.number(row.agent_messages);
    to.number(row.tokens);
    to.text(row.first_user);
    to.text(row.last_answer);
    to.text(row.last_plain);
  }
}

void TurnObserver::read(BlobReader& from) {
  tokens_ = from.number();
  const std::size_t rows = from.count();
  for (std::size_t i = 0; i < rows && from.ok(); ++i) {
    TurnRow row;
    row.number = from.number();
    row.id = from.text();
    row.implicit = from.flag();
    row.listed = from.flag();
    row.status = static_cast<Status>(from.number_below(4));
    row.error = from.error_if();
    row.error_line = from.flag();
    row.started_at = from.number_if();
    row.completed_at = from.number_if();
    row.duration_ms = from.number_if();
    row.first = from.place();
    const bool ended = from.flag();
    const Place last = from.place();
    row.last = ended ? std::optional(last) : std::nullopt;
    row.items = from.number();
    row.user_messages = from.number();
    row.agent_messages = from.number();
    row.tokens = from.number();
    row.first_user = from.text();
    row.last_answer = from.text();
    row.last_plain = from.text();
    rows_.insert_or_assign(row.number, std::move(row));
  }
}

} // namespace coldpress::history
