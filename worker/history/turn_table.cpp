#include "worker/history/turn_table.hpp"

#include <algorithm>

namespace coldpress::history {

TurnTable::Turn* TurnTable::open() {
  return is_open ? &turns_.back() : nullptr;
}

TurnTable::Turn* TurnTable::find(const std::string& id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &turns_[found->second];
}

TurnTable::Turn& TurnTable::add(std::string id) {
  Turn& turn = turns_.emplace_back();
  turn.number = next_number_++;
  turn.id = std::move(id);
  index(turns_.size() - 1);
  return turn;
}

void TurnTable::index(std::size_t at) {
  by_id_.emplace(turns_[at].id, at); // the first of that id stays
}

void TurnTable::close() {
  is_open = false;
  growing.reset();
}

std::vector<TurnTable::Turn> TurnTable::take_last(std::uint64_t count) {
  const std::size_t left = turns_.size() - std::min<std::uint64_t>(count, turns_.size());
  std::vector<Turn> taken;
  for (std::size_t at = left; at < turns_.size(); ++at) {
    const auto found = by_id_.find(turns_[at].id);
    if (found != by_id_.end() && found->second == at) {
      by_id_.erase(found);
    }
    items_ -= turns_[at].items.size();
    taken.push_back(std::move(turns_[at]));
  }
  turns_.resize(left);
  next_item_ = items_ + 1;
  return taken;
}

std::string TurnTable::next_item_id() {
  return "item-" + std::to_string(next_item_++);
}

bool TurnTable::remember_item(Turn& turn, const std::string& id) {
  const bool added = turn.items.insert(id).second;
  items_ += added ? 1 : 0;
  return added;
}

void TurnTable::write(BlobWriter& to) const {
  to.number(turns_.size());
  for (const Turn& turn : turns_) {
    to.number(turn.number);
    to.text(turn.id);
    to.number(static_cast<std::uint64_t>(turn.status));
    for (const bool flag : {turn.started, turn.listed, turn.ended, turn.compaction}) {
      to.flag(flag);
    }
    // Sorted, so that equal states are equal bytes.
    std::vector<std::string_view> ids(turn.items.begin(), turn.items.end());
    std::sort(ids.begin(), ids.end());
    to.number(ids.size());
    for (const std::string_view id : ids) {
      to.text(id);
    }
  }
  to.flag(growing.has_value());
  if (growing) {
    to.item(*growing);
  }
  to.flag(is_open);
  to.flag(last_ordinal.has_value());
  to.number(last_ordinal.value_or(0));
  to.number(next_number_);
  to.number(next_item_);
}

std::optional<TurnTable> TurnTable::read(BlobReader& from) {
  TurnTable table;
  const std::size_t turns = from.count();
  for (std::size_t i = 0; i < turns && from.ok(); ++i) {
    Turn& turn = table.turns_.emplace_back();
    turn.number = from.number();
    turn.id = from.text();
    turn.status = static_cast<Status>(from.number_below(4));
    for (bool* flag : {&turn.started, &turn.listed, &turn.ended, &turn.compaction}) {
      *flag = from.flag();
    }
    const std::size_t items = from.count();
    for (std::size_t item = 0; item < items && from.ok(); ++item) {
      table.remember_item(turn, from.text());
    }
    table.index(i);
  }
  if (from.flag()) {
    table.growing = from.item();
  }
  table.is_open = from.flag();
  const bool has_ordinal = from.flag();
  const std::uint64_t ordinal = from.number();
  table.last_ordinal = has_ordinal ? std::optional(ordinal) : std::nullopt;
  table.next_number_ = from.number();
  table.next_item_ = from.number();
  if (!from.ok() || (table.is_open && table.turns_.empty())) {
    return std::nullopt;
  }
  return table;
}

} // namespace coldpress::history
