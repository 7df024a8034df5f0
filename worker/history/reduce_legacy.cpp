#include "worker/history/reduce.hpp"

namespace coldpress::history {

namespace {

using Turn = TurnTable::Turn;

class Legacy {
public:
  Legacy(TurnTable& turns, Record& record, std::vector<Step>& steps)
      : turns_(turns), record_(record), steps_(steps) {}

  void start() {
    turns_.close();
    Turn& turn = open(*record_.turn_id, true);
    steps_.back().started_at = record_.started_at;
    turn.started = true;
  }

  // By id, the open turn before an earlier one; else the open one.
  void complete() {
    Turn* open = turns_.open();
    Turn* turn = open;
    if (open == nullptr || open->id != *record_.turn_id) {
      Turn* earlier = turns_.find(*record_.turn_id);
      turn = earlier != nullptr ? earlier : open;
    }
    if (turn == nullptr) {
      return;
    }
    if (record_.error) {
      turn->status = Status::failed;
    } else if (turn->status == Status::in_progress) {
      turn->status = Status::completed;
    }
    end(*turn);
  }

  // By id, else the open turn; an id that nobody knows is nobody's.
  void abort() {
    Turn* turn = turns_.open();
    if (record_.turn_id && (turn == nullptr || turn->id != *record_.turn_id)) {
      turn = turns_.find(*record_.turn_id);
    }
    if (turn != nullptr) {
      turn->status = Status::interrupted;
      end(*turn);
    }
  }

  void fail() {
    Turn* turn = turns_.open();
    if (turn == nullptr || !record_.ends_turn) {
      return;
    }
    turn->status = Status::failed;
    step(Step::Kind::failed, *turn).error = std::move(record_.error);
  }

  void roll_back() {
    turns_.close();
    Step& step = steps_.emplace_back();
    step.kind = Step::Kind::removed;
    step.cause = record_.event;
    step.at = record_.at;
    for (const Turn& turn : turns_.take_last(record_.num_turns)) {
      step.removed.push_back(turn.number);
      step.removed_ids.push_back(turn.id);
    }
  }

  // In the open turn if a record opened it, else in a new one; but one that a compaction
  // opened is waiting for its first item.
  void user_message() {
    const Turn* turn = turns_.open();
    if (turn != nullptr && !turn->started && !(turn->compaction && turn->items.empty())) {
      turns_.close();
    }
    add_item();
  }

  void reasoning() {
    if (!turns_.growing) {
      add_item();
      return;
    }
    Item& grown = *turns_.growing;
    const Item& more = *record_.item;
    grown.summary.insert(grown.summary.end(), more.summary.begin(), more.summary.end());
    grown.content.insert(grown.content.end(), more.content.begin(), more.content.end());
    grown.cut = grown.cut || more.cut;
    step(Step::Kind::item, *turns_.open()).item = grown;
  }

  // Also of an earlier turn; of one that nobody knows it is dropped.
  void add_tool() {
    Turn* turn = turns_.open();
    if (record_.turn_id && (turn == nullptr || turn->id != *record_.turn_id)) {
      turn = turns_.find(*record_.turn_id);
      if (turn == nullptr) {
        return;
      }
      put(*turn);
    } else {
      add_item();
    }
  }

  // With the id of a turn that nobody opened it opens that turn.
  void review() {
    const Turn* open = turns_.open();
    if (record_.turn_id && (open == nullptr || open->id != *record_.turn_id)) {
      if (Turn* earlier = turns_.find(*record_.turn_id)) {
        put(*earlier);
        return;
      }
      turns_.close();
      this->open(*record_.turn_id, false);
    }
    add_item();
  }

  void add_item() { put(ensure_open()); }

  void compacted() { ensure_open().compaction = true; }

private:
  Step& step(Step::Kind kind, const Turn& turn) {
    Step& step = steps_.emplace_back();
    step.kind = kind;
    step.cause = record_.event;
    step.at = record_.at;
    step.turn = turn.number;
    step.turn_id = turn.id;
    step.status = turn.status;
    return step;
  }

  Turn& open(std::string id, bool started) {
    Turn& turn = turns_.add(std::move(id));
    turns_.is_open = true;
    turn.status = started ? Status::in_progress : Status::completed;
    step(Step::Kind::opened, turn).implicit = !started;
    return turn;
  }

  Turn& ensure_open() {
    if (Turn* turn = turns_.open()) {
      return *turn;
    }
    return open("implicit-" + std::to_string(record_.at.offset), false);
  }

  void end(Turn& turn) {
    Step& step = this->step(Step::Kind::ended, turn);
    step.error = std::move(record_.error);
    step.completed_at = record_.completed_at;
    step.duration_ms = record_.duration_ms;
    if (&turn == turns_.open()) {
      turns_.close();
    }
  }

  void put(Turn& turn) {
    Item& item = *record_.item;
    if (item.id.empty()) {
      item.id = item.type == "hookPrompt" ? "hook-" + std::to_string(record_.at.offset)
                                          : turns_.next_item_id();
    }
    const bool added = turns_.remember_item(turn, item.id);
    if (added && &turn == turns_.open()) {
      turns_.growing = item.type == "reasoning" ? std::optional(item) : std::nullopt;
    }
    Step& step = this->step(Step::Kind::item, turn);
    step.new_item = added;
    step.item = std::move(item);
  }

  TurnTable& turns_;
  Record& record_;
  std::vector<Step>& steps_;
};

// The kinds of item_completed that Codex reads in a legacy rollout.
bool is_kept(const Item& item) {
  return item.type == "sleep" || (item.type == "plan" && !item.text.empty());
}

} // namespace

void reduce_legacy(TurnTable& turns,
                   Record record,
                   ErrorLines error_lines,
                   std::vector<Step>& steps) {
  Legacy legacy(turns, record, steps);
  const bool has_item = record.item.has_value();
  switch (record.event) {
  case Event::task_started:
    return legacy.start();
  case Event::task_complete:
    return legacy.complete();
  case Event::turn_aborted:
    return legacy.abort();
  case Event::error:
    return error_lines == ErrorLines::counted ? legacy.fail() : void();
  case Event::thread_rolled_back:
    return legacy.roll_back();
  case Event::user_message:
    return legacy.user_message();
  case Event::agent_reasoning:
  case Event::agent_reasoning_raw_content:
    return has_item ? legacy.reasoning() : void();
  case Event::item_completed:
    return is_kept(*record.item) ? legacy.add_tool() : void();
  case Event::patch_apply_end:
    return legacy.add_tool();
  case Event::review_mode:
    return legacy.review();
  case Event::agent_message:
  case Event::tool_end:
  case Event::context_compacted:
  case Event::response_item:
    return has_item ? legacy.add_item() : void();
  case Event::compacted:
    return legacy.compacted();
  case Event::token_count:
    if (record.tokens) {
      Step& step = steps.emplace_back();
      step.kind = Step::Kind::tokens;
      step.cause = record.event;
      step.tokens = *record.tokens;
    }
    return;
  default:
    return;
  }
}

} // namespace coldpress::history
