#include "fsutil/text.hpp"
#include "worker/catalog/index_state.hpp"

namespace coldpress {

namespace {

// SQLite takes no value above 16 MiB.
constexpr std::size_t k_longest_checkpoint = std::size_t{15} << 20U;

constexpr const char* k_put_turn =
    "INSERT OR REPLACE INTO turns VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
    "?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)";
constexpr const char* k_put_record =
    "INSERT INTO lifecycle SELECT ?1, ifnull(max(nth), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, "
    "?8, ?9 FROM lifecycle WHERE rollout = ?1";
constexpr const char* k_put_state = "INSERT INTO item_turns VALUES (?1, ?2, ?3, ?4) ON "
                                    "CONFLICT (rollout, turn) DO UPDATE "
                                    "SET status = ?3, error_line = error_line OR ?4";
constexpr const char* k_put_head =
    "UPDATE rollouts SET project = ?2, source = ?3, version = ?4, begun = ?5 "
    "WHERE id = ?1";
constexpr const char* k_put_thread =
    "UPDATE rollouts SET read_offset = ?2, read_line = ?3, unread = ?4, forked_from = "
    "?5, "
    "base_rollout = ?6, base_byte = ?7, base_ordinal = ?8, mode = ?9, preview = ?10, "
    "tokens = ?11, refused = ?12, unreadable = ?13, skipped = ?14, unknown = ?15 "
    "WHERE id = ?1";
// The last turn as Codex lists them: by ordinal, which legacy ones do not have.
constexpr const char* k_put_sums =
    "UPDATE rollouts SET "
    "turns = (SELECT count(*) FROM turns WHERE rollout = ?1 AND listed), "
    "failed_turns = (SELECT count(*) FROM turns WHERE rollout = ?1 AND listed AND "
    "status = 'failed'), "
    "status = ifnull((SELECT status FROM turns WHERE rollout = ?1 AND listed "
    "ORDER BY first_ordinal DESC, number DESC LIMIT 1), '') WHERE id = ?1";

std::string_view view(const std::string& text) {
  return text;
}

std::optional<std::string_view> view_if(bool there, const std::string& text) {
  return there ? std::optional(view(text)) : std::nullopt;
}

std::string lines_of(const std::map<std::string, std::uint64_t>& unknown) {
  std::string lines;
  for (const auto& [name, count] : unknown) {
    lines += fmt::format("{} {}\n", count, printable(name));
  }
  return lines;
}

std::string joined(const std::vector<std::string>& ids) {
  std::string lines;
  for (const std::string& id : ids) {
    lines += id + "\n";
  }
  return lines;
}

} // namespace

Result<void> Index::State::put_turn(std::int64_t rollout, const history::TurnRow& row) {
  const history::TurnError error = row.error.value_or(history::TurnError{});
  const bool failed = row.error.has_value();
  const history::Place last = row.last.value_or(history::Place{});
  const auto last_if = [&](std::uint64_t value) {
    return row.last ? std::optional(value) : std::nullopt;
  };
  return run(k_put_turn,
             rollout,
             row.number,
             view(row.id),
             row.implicit,
             row.listed,
             name_of(row.status),
             view_if(failed, error.message),
             view_if(failed, error.kind),
             view_if(failed, error.detail),
             row.error_line,
             row.started_at,
             row.completed_at,
             row.duration_ms,
             row.items,
             row.user_messages,
             row.agent_messages,
             row.tokens,
             view(row.first_user),
             view(row.last_answer),
             view(row.last_plain),
             row.first.line,
             row.first.offset,
             row.first.ordinal,
             last_if(last.line),
             last_if(last.offset),
             last_if(last.ordinal));
}

Result<void> Index::State::put_items(std::int64_t rollout,
                                     const history::Changes& changes) {
  using Kind = history::ItemChange::Kind;
  bool removed = false;
  for (const history::ItemChange& change : changes.items) {
    if (change.kind == Kind::upsert) {
      TRY(put_item(rollout, change));
    } else if (change.kind == Kind::state) {
      TRY(run(
          k_put_state, rollout, change.turn, name_of(change.status), change.error_line));
    } else {
      removed = true;
      TRY(remove_turn_items(rollout, change.turn));
      TRY(run("DELETE FROM item_turns WHERE rollout = ?1 AND turn = ?2",
              rollout,
              change.turn));
    }
  }
  TRY(pieces.flush());
  if (removed) {
    TRY(remove_unused_pieces(rollout));
  }
  for (const history::LifecycleRecord& record : changes.lifecycle) {
    const std::string ids = joined(record.removed_ids);
    TRY(run(k_put_record,
            rollout,
            name_of(record.kind),
            record.error_line,
            record.turn,
            view(record.turn_id),
            record.at.line,
            record.at.offset,
            record.at.ordinal,
            view(ids)));
  }
  return {};
}

Result<void> Index::State::put_turns(std::int64_t rollout,
                                     const history::Changes& changes) {
  for (const history::TurnChange& change : changes.turns) {
    if (change.gone) {
      TRY(run("DELETE FROM turns WHERE rollout = ?1 AND number = ?2",
              rollout,
              change.row.number));
    } else {
      TRY(put_turn(rollout, change.row));
    }
  }
  return {};
}

Result<void> Index::State::clear(std::int64_t rollout) {
  TRY(remove_items(rollout));
  for (const char* sql : {"DELETE FROM turns WHERE rollout = ?1",
                          "DELETE FROM item_turns WHERE rollout = ?1",
                          "DELETE FROM lifecycle WHERE rollout = ?1",
                          "DELETE FROM checkpoints WHERE rollout = ?1"}) {
    TRY(run(sql, rollout));
  }
  return {};
}

Result<void> Index::State::put(IndexBatch batch) {
  if (batch.restart) {
    TRY(clear(batch.id));
  }
  if (!summaries) {
    TRY(put_items(batch.id, batch.changes));
  }
  TRY(put_turns(batch.id, batch.changes));
  if (batch.restart || batch.head) {
    const RolloutHead head = batch.head.value_or(RolloutHead{});
    const bool timed = head.written != WallTime{};
    TRY(run(k_put_head,
            batch.id,
            view(head.cwd),
            view(head.source),
            view(head.cli_version),
            timed ? std::optional(head.written) : std::nullopt));
  }
  const history::Meta meta = batch.thread.meta.value_or(history::Meta{});
  const history::Base base = meta.base.value_or(history::Base{});
  const std::string unknown = lines_of(batch.counts.unknown);
  TRY(run(k_put_thread,
          batch.id,
          batch.offset,
          batch.line,
          batch.unread,
          view(meta.forked_from),
          view(base.rollout_id),
          base.end_byte,
          base.end_ordinal,
          name_of(batch.thread.mode),
          view(batch.thread.preview),
          batch.thread.tokens,
          view(batch.thread.refused),
          batch.counts.unreadable,
          batch.counts.skipped,
          view(unknown)));
  TRY(run(k_put_sums, batch.id));
  if (summaries) {
    return {};
  }
  const bool fits = batch.checkpoint.history.size() <= k_longest_checkpoint;
  return run("INSERT OR REPLACE INTO checkpoints VALUES (?1, ?2, ?3)",
             batch.id,
             Blob{fits ? view(batch.checkpoint.history) : std::string_view()},
             Blob{batch.checkpoint.digests});
}

Result<void> Index::apply(IndexBatch batch) {
  TRY_ASSIGN(Tx tx, Tx::begin(state_->db));
  auto done = state_->put(std::move(batch));
  if (!done) {
    state_->pieces.forget();
    return done;
  }
  return std::move(tx).commit();
}

Result<void> Index::remove(std::int64_t id) {
  TRY_ASSIGN(Tx tx, Tx::begin(state_->db));
  TRY(state_->clear(id));
  TRY_ASSIGN(Statement * query,
             state_->statement("SELECT thread FROM rollouts WHERE id = ?1"));
  query->bind(id);
  TRY_ASSIGN(const bool known, query->step());
  const std::string thread = known ? query->text(0) : "";
  query->reset();
  TRY(state_->run("DELETE FROM rollouts WHERE id = ?1", id));
  TRY(state_->mark_newest(thread));
  return std::move(tx).commit();
}

} // namespace coldpress
