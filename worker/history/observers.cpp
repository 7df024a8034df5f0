#include "worker/history/observers.hpp"

#include <array>
#include <utility>

namespace coldpress::history {

namespace {

std::size_t text_bytes(const Item& item) {
  std::size_t bytes = item.text.size() + item.detail.size();
  for (const auto* parts : {&item.summary, &item.content}) {
    for (const std::string& part : *parts) {
      bytes += part.size();
    }
  }
  return bytes;
}

} // namespace

ItemChange& ItemObserver::change(ItemChange::Kind kind, const Step& step) {
  ItemChange& change = changes_.emplace_back();
  change.kind = kind;
  change.turn = step.turn;
  change.turn_id = step.turn_id;
  change.at = step.at;
  change.status = step.status;
  return change;
}

void ItemObserver::see(const Step& step) {
  switch (step.kind) {
  case Step::Kind::item:
    change(ItemChange::Kind::upsert, step).item = step.item;
    waiting_bytes_ += text_bytes(step.item);
    return;
  case Step::Kind::opened:
  case Step::Kind::ended:
    change(ItemChange::Kind::state, step);
    return;
  case Step::Kind::failed:
    change(ItemChange::Kind::state, step).error_line = true;
    return;
  case Step::Kind::removed:
    for (std::size_t i = 0; i < step.removed.size(); ++i) {
      ItemChange& gone = change(ItemChange::Kind::tombstone, step);
      gone.turn = step.removed[i];
      gone.turn_id = step.removed_ids[i];
    }
    return;
  case Step::Kind::renewed:
  case Step::Kind::tokens:
  case Step::Kind::realtime:
    return;
  }
}

void TurnObserver::see(const Step& step) {
  if (step.kind == Step::Kind::tokens) {
    add_tokens(step.tokens);
    return;
  }
  if (step.kind == Step::Kind::realtime) {
    return;
  }
  if (step.kind == Step::Kind::removed) {
    for (const std::uint64_t number : step.removed) {
      rows_.erase(number);
      changed_.insert(number);
    }
    return;
  }
  const auto [place, added] = rows_.try_emplace(step.turn);
  TurnRow& row = place->second;
  if (added) {
    row.number = step.turn;
    row.id = step.turn_id;
    row.listed = false;
  }
  changed_.insert(step.turn);
  if (step.kind == Step::Kind::opened) {
    row.listed = true;
    row.implicit = step.implicit;
    row.status = step.status;
    row.first = step.at;
    row.started_at = step.started_at;
  } else if (step.kind == Step::Kind::renewed) {
    row.started_at = step.started_at;
  } else if (step.kind == Step::Kind::failed) {
    row.status = step.status;
    row.error = step.error;
    row.error_line = true;
  } else if (step.kind == Step::Kind::ended) {
    end(row, step);
  } else {
    add_item(row, step);
  }
}

void TurnObserver::end(TurnRow& row, const Step& step) {
  row.status = step.status;
  row.last = step.at;
  row.error = step.error ? step.error : row.error;
  row.completed_at = step.completed_at;
  row.duration_ms = step.duration_ms;
  if (step.replaces_start) {
    row.started_at = step.started_at;
  }
}

void TurnObserver::add_item(TurnRow& row, const Step& step) {
  const Item& item = step.item;
  const bool user = item.type == "userMessage";
  const bool agent = item.type == "agentMessage";
  if (step.new_item) {
    row.items += 1;
    row.user_messages += user ? 1 : 0;
    row.agent_messages += agent ? 1 : 0;
    if (user && row.first_user.empty()) {
      row.first_user = item.id;
    }
  }
  if (agent && item.phase.empty()) {
    row.last_plain = item.id;
  } else if (agent && item.phase == "final_answer") {
    row.last_answer = item.id;
  }
}

// Counts name no turn: they are put down to the one that began last.
void TurnObserver::add_tokens(std::uint64_t total) {
  if (total > tokens_ && !rows_.empty()) {
    TurnRow& row = rows_.rbegin()->second;
    row.tokens += total - tokens_;
    changed_.insert(row.number);
  }
  tokens_ = total;
}

std::vector<TurnChange> TurnObserver::take() {
  std::vector<TurnChange> changes;
  for (const std::uint64_t number : changed_) {
    TurnChange& change = changes.emplace_back();
    const auto found = rows_.find(number);
    change.gone = found == rows_.end();
    if (change.gone) {
      change.row.number = number;
    } else {
      change.row = found->second;
    }
  }
  changed_.clear();
  return changes;
}

void LifecycleObserver::see(const Step& step) {
  using Kind = LifecycleRecord::Kind;
  LifecycleRecord record;
  switch (step.kind) {
  case Step::Kind::opened:
    if (step.implicit) {
      return;
    }
    record.kind = Kind::started;
    break;
  case Step::Kind::failed:
    record.kind = Kind::failed;
    record.error_line = true;
    break;
  case Step::Kind::ended:
    record.kind = step.status == Status::completed ? Kind::completed
                  : step.status == Status::failed  ? Kind::failed
                                                   : Kind::aborted;
    break;
  case Step::Kind::removed:
    record.kind = Kind::rolled_back;
    record.removed = step.removed;
    record.removed_ids = step.removed_ids;
    break;
  case Step::Kind::realtime:
    record.kind = Kind::realtime;
    break;
  case Step::Kind::item:
  case Step::Kind::renewed:
  case Step::Kind::tokens:
    return;
  }
  record.at = step.at;
  record.turn = step.turn;
  record.turn_id = step.turn_id;
  records_.push_back(std::move(record));
}

std::string_view name_of(LifecycleRecord::Kind kind) {
  constexpr auto names = std::to_array<std::string_view>(
      {"started", "completed", "failed", "aborted", "rolledBack", "realtime"});
  return names.at(static_cast<std::size_t>(kind));
}

} // namespace coldpress::history
