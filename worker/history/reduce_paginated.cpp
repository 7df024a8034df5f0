#include "worker/history/reduce.hpp"

namespace coldpress::history {

namespace {

using Turn = TurnTable::Turn;

class Paginated {
public:
  Paginated(TurnTable& turns, Record& record, std::vector<Step>& steps)
      : turns_(turns), record_(record), steps_(steps) {}

  // A known turn that has not ended only gets another start time.
  void start() {
    Turn& turn = named();
    if (!turn.listed) {
      list(turn).started_at = record_.started_at;
    } else if (!turn.ended) {
      step(Step::Kind::renewed, turn).started_at = record_.started_at;
    }
  }

  // The first end stays. An end of a turn that nobody started is its start, too.
  void end(Status status) {
    Turn& turn = named();
    if (turn.ended) {
      return;
    }
    if (!turn.listed) {
      list(turn);
    }
    turn.ended = true;
    turn.status = status;
    Step& step = this->step(Step::Kind::ended, turn);
    step.error = std::move(record_.error);
    step.started_at = record_.started_at;
    step.completed_at = record_.completed_at;
    step.duration_ms = record_.duration_ms;
    step.replaces_start = true;
  }

  void put() {
    Turn& turn = named();
    const bool added = turns_.remember_item(turn, record_.item->id);
    Step& step = this->step(Step::Kind::item, turn);
    step.new_item = added;
    step.item = std::move(*record_.item);
  }

  void tell(Step::Kind kind) {
    Step& step = steps_.emplace_back();
    step.kind = kind;
    step.cause = record_.event;
    step.at = record_.at;
    step.tokens = record_.tokens.value_or(0);
  }

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

  // Items may name a turn before, or without, any record of it.
  Turn& named() {
    if (Turn* turn = turns_.find(*record_.turn_id)) {
      return *turn;
    }
    Turn& turn = turns_.add(*record_.turn_id);
    turn.listed = false;
    return turn;
  }

  Step& list(Turn& turn) {
    turn.listed = true;
    turn.started = true;
    return step(Step::Kind::opened, turn);
  }

  TurnTable& turns_;
  Record& record_;
  std::vector<Step>& steps_;
};

} // namespace

void reduce_paginated(TurnTable& turns, Record record, std::vector<Step>& steps) {
  Paginated paginated(turns, record, steps);
  switch (record.event) {
  case Event::task_started:
    return paginated.start();
  case Event::task_complete:
    return paginated.end(record.error ? Status::failed : Status::completed);
  case Event::turn_aborted:
    return record.turn_id ? paginated.end(Status::interrupted) : void();
  case Event::item_completed:
    return record.has_time || record.item_has_time ? paginated.put() : void();
  case Event::token_count:
    return record.tokens ? paginated.tell(Step::Kind::tokens) : void();
  case Event::realtime_item:
    return paginated.tell(Step::Kind::realtime);
  default:
    return;
  }
}

} // namespace coldpress::history
