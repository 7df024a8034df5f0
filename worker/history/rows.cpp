#include "worker/history/rows.hpp"

#include <algorithm>
#include <iterator>

namespace coldpress::history {

namespace {

void apply_item(Rows& rows, ItemChange change) {
  switch (change.kind) {
  case ItemChange::Kind::upsert: {
    const auto [place, added] = rows.items.try_emplace({change.turn, change.item.id});
    Rows::ItemRow& row = place->second;
    if (added) {
      row.rank = rows.next_rank++;
      row.first = change.at;
    }
    row.last = change.at;
    row.item = std::move(change.item);
    return;
  }
  case ItemChange::Kind::state: {
    Rows::TurnState& state = rows.item_turns[change.turn];
    state.status = change.status;
    state.error_line = state.error_line || change.error_line;
    return;
  }
  case ItemChange::Kind::tombstone:
    rows.item_turns.erase(change.turn);
    rows.items.erase(rows.items.lower_bound({change.turn, ""}),
                     rows.items.lower_bound({change.turn + 1, ""}));
    return;
  }
}

} // namespace

void Rows::apply(Changes changes) {
  for (ItemChange& change : changes.items) {
    apply_item(*this, std::move(change));
  }
  for (TurnChange& change : changes.turns) {
    if (change.gone) {
      turns.erase(change.row.number);
    } else {
      turns[change.row.number] = std::move(change.row);
    }
  }
  lifecycle.insert(lifecycle.end(),
                   std::make_move_iterator(changes.lifecycle.begin()),
                   std::make_move_iterator(changes.lifecycle.end()));
}

std::vector<TurnView> view_of(const Rows& rows, Mode mode) {
  std::vector<TurnView> views;
  for (const auto& [number, row] : rows.turns) {
    if (!row.listed) {
      continue;
    }
    TurnView& view = views.emplace_back();
    view.row = &row;
    view.status = row.status == Status::in_progress ? Status::interrupted : row.status;
    const auto from = rows.items.lower_bound({number, ""});
    const auto to = rows.items.lower_bound({number + 1, ""});
    std::transform(from, to, std::back_inserter(view.items), [](const auto& entry) {
      return &entry.second;
    });
    std::sort(view.items.begin(), view.items.end(), [](const auto* a, const auto* b) {
      return a->rank < b->rank;
    });
    view.first_user = row.first_user;
    view.answer = row.last_answer;
    const bool over = mode == Mode::legacy || row.status != Status::in_progress;
    if (view.answer.empty() && over) {
      view.answer = row.last_plain;
    }
  }
  if (mode == Mode::paginated) {
    std::stable_sort(views.begin(), views.end(), [](const auto& a, const auto& b) {
      return a.row->first.ordinal < b.row->first.ordinal;
    });
  }
  return views;
}

} // namespace coldpress::history
