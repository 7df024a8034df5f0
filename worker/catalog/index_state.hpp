#pragma once

#include "worker/catalog/index.hpp"
#include "worker/catalog/text_pieces.hpp"

#include <unordered_map>

namespace coldpress {

// What is behind an Index: for its own files only.
struct Index::State {
  State(Db opened, bool only_summaries)
      : db(std::move(opened)), pieces(db), summaries(only_summaries) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // Compiled once; ready to bind. `sql` is a literal.
  Result<Statement*> statement(const char* sql);

  template <class... T> Result<void> run(const char* sql, const T&... values) {
    TRY_ASSIGN(Statement * compiled, statement(sql));
    compiled->bind(values...);
    TRY(compiled->run());
    compiled->reset();
    return {};
  }

  // Rows of one rollout's items, with the words of their texts.
  Result<void> put_item(std::int64_t rollout, const history::ItemChange& change);
  Result<void> remove_turn_items(std::int64_t rollout, std::uint64_t turn);
  Result<void> remove_items(std::int64_t rollout);
  // Pieces of text that no item is in any more.
  Result<void> remove_unused_pieces(std::int64_t rollout);

  // Of a thread with several rollouts the one with the latest name is the thread.
  Result<void> mark_newest(std::string_view thread);
  // All that a batch changes; and all rows of a rollout but the one in `rollouts`.
  Result<void> put(IndexBatch batch);
  Result<void> clear(std::int64_t rollout);
  Result<void> put_items(std::int64_t rollout, const history::Changes& changes);
  Result<void> put_turns(std::int64_t rollout, const history::Changes& changes);
  Result<void> put_turn(std::int64_t rollout, const history::TurnRow& row);

  struct Held {
    std::int64_t id = 0;
    TextPlace text;
  };
  Result<std::vector<Held>> held(Statement& query);
  Result<void> remove_words(const Held& item);

  Db db;
  TextPieces pieces;
  bool summaries; // no items, no words, and nothing to go on from
  std::unordered_map<const char*, Statement> statements;
  std::optional<Tx> open; // of begin()
};

} // namespace coldpress
