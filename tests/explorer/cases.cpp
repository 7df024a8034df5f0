#include "tests/explorer/cases.hpp"

#include <algorithm>
#include <stdexcept>

namespace coldpress {

namespace {

using Makers = std::vector<std::function<ActorPtr(World&)>>;

Case with(std::string name, Makers makers) {
  Case made;
  made.name = std::move(name);
  made.phases = makers.size() > 1 ? 2 : 3; // or CI would take too long
  made.kills = makers.size() > 1 ? 0 : 1;
  made.actors = [makers = std::move(makers)](World& world) {
    std::vector<ActorPtr> actors;
    for (const auto& make : makers) {
      actors.push_back(make(world));
    }
    return actors;
  };
  return made;
}

ActorPtr writer(World&) {
  return lockless_writer(1);
}
ActorPtr writer_of_two(World&) {
  return lockless_writer(1, 2);
}
ActorPtr other_writer(World&) {
  return lockless_writer(3);
}
ActorPtr holder(World& world) {
  return old_holder(world, 4);
}
ActorPtr echo(World&) {
  return echo_writer(4);
}
ActorPtr forking(World&) {
  return fork(1);
}
ActorPtr forking_too(World&) {
  return fork(2);
}
ActorPtr resuming(World&) {
  return resume(5);
}
ActorPtr appending(World& world) {
  return appender(world, 1);
}
ActorPtr appending_too(World& world) {
  return appender(world, 2);
}
ActorPtr deleting(World&) {
  return deleter(First::plain, Locks::codex);
}
ActorPtr deleting_frame_first(World&) {
  return deleter(First::compressed, Locks::codex);
}
ActorPtr deleting_lockless(World&) {
  return deleter(First::compressed, Locks::none);
}
ActorPtr deleting_plain_lockless(World&) {
  return deleter(First::plain, Locks::none);
}
ActorPtr archiving(World&) {
  return archiver(Locks::none);
}
ActorPtr archiving_locked(World&) {
  return archiver(Locks::codex);
}
ActorPtr compressing(World&) {
  return codex_compressor(Era::all_locks);
}
ActorPtr compressing_old(World&) {
  return codex_compressor(Era::marker_only);
}

ActorPtr editing(World& world) {
  return in_place_editor(world);
}
ActorPtr rewriting(World&) {
  return killed_rewriter();
}
ActorPtr stranger_with_plain(World&) {
  return other_user(Name::plain);
}
ActorPtr stranger_with_retired(World&) {
  return other_user(Name::retired);
}

class Table {
public:
  // The case is completed by what the call returns.
  Case& add(const std::string& name, Makers makers) {
    cases_.push_back(with(name, std::move(makers)));
    return cases_.back();
  }
  std::vector<Case> take() { return std::move(cases_); }

private:
  std::vector<Case> cases_;
};

void add_writers(Table& table) {
  table.add("alone", {}).kills = 2;
  table.add("writer", {writer_of_two});
  table.add("writers and holder", {writer, other_writer, holder}).kills = 1;
  {
    Case& one = table.add("writer and echo", {writer, echo});
    one.strict = false;
  }
  {
    Case& one = table.add("writer, always visible", {writer});
    one.visible = true;
    one.flaw = true;
  }
  {
    Case& one = table.add("writer, grace too short", {writer});
    one.grace = false;
    one.flaw = true;
  }
}

void add_materialisers(Table& table) {
  for (const auto& [name, makers] : std::vector<std::pair<const char*, Makers>>{
           {"fork", {forking}},
           {"resume", {resuming}},
           {"resume and fork", {resuming, forking}},
           {"two forks", {forking, forking_too}}}) {
    table.add(name, makers).from_compressed = true;
  }
  table.add("writer and fork", {writer, forking}).kills = 1;
  {
    Case& one = table.add("writer and resume", {writer, resuming});
    one.strict = false;
  }
  {
    Case& one = table.add("fork, settle too short", {forking});
    one.from_compressed = true;
    one.settle = Settle::nothing;
    one.flaw = true;
  }
  {
    Case& one = table.add("resume, settle too short", {resuming});
    one.from_compressed = true;
    one.settle = Settle::nothing;
  }
  {
    Case& one =
        table.add("resume and fork, settle from link to unlink", {resuming, forking});
    one.from_compressed = true;
    one.settle = Settle::link_to_unlink;
    one.flaw = true;
  }
  {
    Case& one =
        table.add("two forks, settle from link to unlink", {forking, forking_too});
    one.from_compressed = true;
    one.settle = Settle::link_to_unlink;
    one.flaw = true;
  }
}

// Other programs that write with the library.
void add_appenders(Table& table) {
  {
    Case& one = table.add("append", {appending});
    one.from_compressed = true;
    one.phases = 1;
  }
  // Each of them is some twenty steps: their ways through each other are all walked,
  // without a worker beside them.
  for (const auto& [name, makers] : std::vector<std::pair<const char*, Makers>>{
           {"append and writer", {appending, other_writer}},
           {"append and fork", {appending, forking_too}},
           {"append and resume", {appending, resuming}},
           {"two appends", {appending, appending_too}}}) {
    Case& one = table.add(name, makers);
    one.from_compressed = true;
    one.phases = 0;
    // Beside a worker, in the large size, as "writer and resume".
    one.strict = name != std::string("append and writer");
  }
  Case& one = table.add("power cut, append", {appending});
  one.power = true;
  one.phases = 1;
  one.from_compressed = true;
}

void add_users(Table& table) {
  table.add("delete", {deleting});
  table.add("delete, frame first", {deleting_frame_first});
  table.add("delete without locks", {deleting_plain_lockless}).flaw = true;
  table.add("delete without locks, frame first", {deleting_lockless}).flaw = true;
  table.add("archive", {archiving});
  table.add("archive and writer", {archiving, writer});
  {
    Case& one = table.add("archive and echo", {archiving, echo});
    one.strict = false;
  }
  {
    Case& one = table.add("archive and fork", {archiving, forking});
    one.from_compressed = true;
    one.clean = false;
  }
  {
    Case& one = table.add("archive with locks and fork", {archiving_locked, forking});
    one.from_compressed = true;
    one.clean = false;
  }
  table.add("Codex's compressor", {compressing});
  table.add("Codex's compressor and writer", {compressing, writer}).flaw = true;
  table.add("Codex's old compressor", {compressing_old}).flaw = true;
}

// Who knows nothing of Codex's ways.
void add_strangers(Table& table) {
  table.add("edit in place", {editing}).strict = false;
  {
    Case& one = table.add("rewriter killed before its rename", {rewriting});
    one.strict = false; // it stands under a name that nobody reads
    one.clean = false;
  }
  for (const auto& [name, makers] : std::vector<std::pair<const char*, Makers>>{
           {"another user's plain file", {stranger_with_plain}},
           {"another user's retired file", {stranger_with_retired}}}) {
    table.add(name, makers).from_compressed = true;
  }
}

void add_hosts(Table& table) {
  for (const auto& [name, makers] : std::vector<std::pair<const char*, Makers>>{
           {"two hosts", {}},
           {"two hosts and writer", {writer}},
           {"two hosts and fork", {forking}},
           {"two hosts, writer and fork", {writer, forking}}}) {
    Case& one = table.add(name, makers);
    one.workers = 2;
    one.phases = makers.size() > 1 ? 1 : 2;
    one.kills = 0;
    one.interruptions = makers.empty() ? 2 : 1;
  }
}

void add_power(Table& table) {
  for (const auto& [name, makers] :
       std::vector<std::pair<const char*, Makers>>{{"power cut", {}},
                                                   {"power cut, writer", {writer}},
                                                   {"power cut, fork", {forking}},
                                                   {"power cut, resume", {resuming}}}) {
    Case& one = table.add(name, makers);
    one.power = true;
    one.phases = 2;
    one.from_compressed = makers.size() > 0;
  }
}

} // namespace

const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases = [] {
    Table table;
    add_writers(table);
    add_materialisers(table);
    add_appenders(table);
    add_users(table);
    add_strangers(table);
    add_hosts(table);
    add_power(table);
    return table.take();
  }();
  return cases;
}

const Case& find_case(const std::string& name) {
  const auto found = std::find_if(all_cases().begin(),
                                  all_cases().end(),
                                  [&](const Case& one) { return one.name == name; });
  if (found == all_cases().end()) {
    throw std::out_of_range("no case " + name);
  }
  return *found;
}

} // namespace coldpress
