// Compares what worker/history makes of rollouts with what the real Codex answered for
// them. `oracle DIR`: DIR/history holds cases, NNN-name.jsonl with
// NNN-name.expected.json.
#include "tests/history/read_history.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace coldpress;
using namespace coldpress::history;
using nlohmann::json;

namespace {

constexpr int k_skipped = 77;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Ids that Codex makes up at each read, or counts from records, are ours to choose.
bool same_id(const std::string& expected, const std::string& ours) {
  return expected == ours || (expected == "*" && ours.starts_with("hook-")) ||
         (expected.starts_with("rollout-") && ours.starts_with("implicit-"));
}

class Case {
public:
  explicit Case(const std::filesystem::path& expected)
      : wanted_(json::parse(read_file(expected))) {
    for (const auto& [name, about] : wanted_["files"].items()) {
      const std::string place = about["place"];
      const std::size_t end = place.rfind(".jsonl");
      const std::string id = place.substr(end - 36, 36); // a UUID
      files_[id] = read_file(expected.parent_path() / name);
      if (name == wanted_["case"].get<std::string>() + ".jsonl") {
        own_ = id;
        // The answer is of after a resume, which closes an open last line.
        if (wanted_["resume_appended"].value("newline", false)) {
          files_[id] += '\n';
        }
      }
    }
  }

  int faults() {
    const auto run = read_thread(files_, own_, ErrorLines::ignored);
    const json& answer = wanted_["expected"];
    if (answer.contains("error")) {
      check(!run || !run->thread.refused.empty(), "refused");
      return faults_;
    }
    if (!run) {
      check(false, "readable");
      return faults_;
    }
    const auto views = view_of(run->rows, run->thread.mode);
    turns(answer["turns"], views);
    equal(run->thread.preview, answer["thread"]["preview"], "preview");
    equal(run->thread.tokens, answer["row"]["tokens_used"], "tokens");
    equal(name_of(run->thread.mode), answer["thread"]["history_mode"], "mode");
    summary(views);
    if (run->thread.mode == Mode::paginated) {
      timeline(run->rows);
      items_list(run->rows);
      projection();
    }
    if (wanted_.contains("lifecycle")) {
      lifecycle(run->rows, wanted_["lifecycle"]["events"], "lifecycle");
    }
    counting();
    return faults_;
  }

private:
  void check(bool holds, const std::string& what) {
    if (!holds) {
      faults_ += 1;
      std::printf(
          "%s: %s differs\n", wanted_["case"].get<std::string>().c_str(), what.c_str());
    }
  }
  void equal(const json& ours, const json& theirs, const std::string& what) {
    check(ours == theirs, what + ": " + ours.dump() + " is not " + theirs.dump());
  }

  void item(const json& theirs, const Item& ours, const std::string& where) {
    check(same_id(theirs["id"], ours.id), where + " id " + ours.id);
    equal(ours.type, theirs["type"], where + " type");
    equal(ours.status, theirs.value("status", ""), where + " status");
    equal(ours.phase, theirs.value("phase", ""), where + " phase");
    if (theirs.contains("text")) {
      equal(ours.text, theirs["text"], where + " text");
    }
    if (ours.type == "reasoning") {
      equal(ours.summary, theirs["summary"], where + " summary");
      equal(ours.content, theirs["content"], where + " content");
    }
    if (ours.type == "commandExecution") {
      equal(ours.exit_code ? json(*ours.exit_code) : json(),
            theirs.value("exit_code", json()),
            where + " exit code");
    }
  }

  void times(const json& theirs, const TurnRow& ours, const std::string& where) {
    const auto one = [&](const char* key, const std::optional<std::int64_t>& value) {
      equal(value ? json(*value) : json(), theirs.value(key, json()), where + " " + key);
    };
    one("started_at", ours.started_at);
    one("completed_at", ours.completed_at);
    one("duration_ms", ours.duration_ms);
  }

  void error(const json& theirs, const TurnView& ours, const std::string& where) {
    const auto& error = ours.row->error;
    check(theirs.contains("error") == error.has_value(), where + " has an error");
    if (!theirs.contains("error") || !error) {
      return;
    }
    equal(error->message, theirs["error"]["message"], where + " message");
    const json kind = theirs["error"].value("kind", json());
    const std::string word = kind.is_object() ? kind.begin().key()
                             : kind.is_null() ? ""
                                              : kind.get<std::string>();
    equal(error->kind, word, where + " kind");
    if (kind.is_object()) {
      const json inner = kind.begin()->begin().value();
      equal(error->detail,
            inner.is_null()     ? json("")
            : inner.is_string() ? inner
                                : json(inner.dump()),
            where + " detail");
    }
  }

  void turns(const json& theirs, const std::vector<TurnView>& ours) {
    check(theirs.size() == ours.size(), "number of turns");
    for (std::size_t i = 0; i < std::min(theirs.size(), ours.size()); ++i) {
      const std::string where = "turn " + std::to_string(i);
      check(same_id(theirs[i]["id"], ours[i].row->id), where + " id " + ours[i].row->id);
      equal(name_of(ours[i].status), theirs[i]["status"], where + " status");
      times(theirs[i], *ours[i].row, where);
      error(theirs[i], ours[i], where);
      const json& items = theirs[i]["items"];
      check(items.size() == ours[i].items.size(), where + " number of items");
      for (std::size_t k = 0; k < std::min(items.size(), ours[i].items.size()); ++k) {
        item(items[k], ours[i].items[k]->item, where + " item " + std::to_string(k));
      }
    }
  }

  void summary(const std::vector<TurnView>& views) {
    if (!wanted_.contains("summary")) {
      return;
    }
    for (const TurnView& view : views) {
      if (view.row->id.starts_with("implicit-") ||
          !wanted_["summary"].contains(view.row->id)) {
        continue;
      }
      json ours = json::array();
      for (const std::string& id : {view.first_user, view.answer}) {
        if (!id.empty()) {
          ours.push_back(id);
        }
      }
      equal(ours, wanted_["summary"][view.row->id], "summary of " + view.row->id);
    }
  }

  // Codex's own view of the lifecycle, with the items in it.
  void timeline(const Rows& rows) {
    std::vector<std::pair<std::pair<std::uint64_t, int>, json>> entries;
    for (const auto& [key, row] : rows.items) {
      entries.push_back(
          {{row.first.ordinal, 1},
           {row.first.ordinal, "item", rows.turns.at(key.first).id, key.second}});
    }
    for (const LifecycleRecord& record : rows.lifecycle) {
      const std::uint64_t at = record.at.ordinal;
      if (record.kind == LifecycleRecord::Kind::started) {
        entries.push_back({{at, 0}, {at, "turnStarted", record.turn_id}});
      } else if (record.kind != LifecycleRecord::Kind::realtime) {
        entries.push_back(
            {{at, 2}, {at, "turnCompleted", record.turn_id, status_of(record)}});
      }
    }
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return a.first < b.first;
    });
    json ours = json::array();
    for (const auto& [place, entry] : entries) {
      ours.push_back(entry);
    }
    equal(ours, wanted_["timeline"], "timeline");
  }

  static std::string status_of(const LifecycleRecord& record) {
    using Kind = LifecycleRecord::Kind;
    return record.kind == Kind::aborted ? "interrupted"
                                        : std::string(name_of(record.kind));
  }

  void items_list(const Rows& rows) {
    std::vector<std::pair<std::uint64_t, json>> entries;
    for (const auto& [key, row] : rows.items) {
      entries.push_back({row.rank, {rows.turns.at(key.first).id, key.second}});
    }
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return a.first < b.first;
    });
    json ours = json::array();
    for (const auto& [rank, entry] : entries) {
      ours.push_back(entry);
    }
    equal(ours, wanted_["items_list"], "items list");
  }

  // The rows of Codex's history database, a rollout each.
  void projection() {
    const auto or_null = [](const std::string& id) {
      return id.empty() ? json() : json(id);
    };
    for (const auto& [id, theirs] : wanted_["projection"].items()) {
      const Run run = read_rollout(files_[id], ErrorLines::ignored);
      json turns = json::array();
      for (const TurnView& view : view_of(run.rows, Mode::paginated)) {
        const TurnRow& row = *view.row;
        turns.push_back({row.id,
                         name_of(row.status),
                         row.first.ordinal,
                         row.first.offset,
                         row.last ? json(row.last->ordinal) : json(),
                         row.last ? json(row.last->end) : json(),
                         or_null(view.first_user),
                         or_null(view.answer)});
      }
      equal(turns, theirs["turns"], "projected turns");
      std::vector<std::pair<std::uint64_t, json>> items;
      for (const auto& [key, row] : run.rows.items) {
        items.push_back({row.rank,
                         {run.rows.turns.at(key.first).id,
                          key.second,
                          row.item.type,
                          row.first.ordinal,
                          row.last.ordinal}});
      }
      std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) {
        return a.first < b.first;
      });
      json ours = json::array();
      for (const auto& [rank, entry] : items) {
        ours.push_back(entry);
      }
      equal(ours, theirs["items"], "projected items");
    }
  }

  void lifecycle(const Rows& rows, const json& theirs, const std::string& what) {
    const bool by_ordinal = wanted_["lifecycle"]["by"] == "record ordinal";
    json ours = json::array();
    for (const LifecycleRecord& record : rows.lifecycle) {
      using Kind = LifecycleRecord::Kind;
      const std::uint64_t at = by_ordinal ? record.at.ordinal : record.at.line;
      std::string id = record.turn_id;
      if (record.kind == Kind::started) {
        ours.push_back({at, "started", id});
      } else if (record.kind == Kind::rolled_back) {
        ours.push_back({at, "rolled_back", record.removed_ids});
      } else if (record.error_line) {
        ours.push_back({at, "failed", id});
      } else if (record.kind != Kind::realtime) {
        ours.push_back({at, "ended", id, status_of(record)});
      }
    }
    check(ours.size() == theirs.size(), what + ": number of records");
    for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) {
      if (theirs[i][2].is_string() && same_id(theirs[i][2], ours[i][2])) {
        ours[i][2] = theirs[i][2];
      }
      equal(ours[i], theirs[i], what);
    }
  }

  void counting() {
    if (!wanted_.contains("counting_error_lines")) {
      return;
    }
    const auto run = read_thread(files_, own_, ErrorLines::counted);
    json statuses = json::array();
    for (const TurnView& view : view_of(run->rows, run->thread.mode)) {
      statuses.push_back({view.row->id, name_of(view.status)});
    }
    const json& theirs = wanted_["counting_error_lines"];
    equal(statuses, theirs["status"], "statuses counting error lines");
    lifecycle(run->rows, theirs["events"], "lifecycle counting error lines");
  }

  json wanted_;
  std::map<std::string, std::string> files_;
  std::string own_;
  int faults_ = 0;
};

} // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder =
      std::filesystem::path(argc > 1 ? argv[1] : "") / "history";
  if (!std::filesystem::is_directory(folder)) {
    std::printf("skipped: there is no oracle in %s\n", folder.c_str());
    return k_skipped;
  }
  int cases = 0;
  int different = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().string().ends_with(".expected.json")) {
      cases += 1;
      different += Case(entry.path()).faults() > 0 ? 1 : 0;
    }
  }
  std::printf("%d cases compared, %d differ\n", cases, different);
  return cases > 0 && different == 0 ? 0 : 1;
}
