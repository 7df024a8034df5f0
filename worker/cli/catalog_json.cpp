#include "worker/cli/catalog_json.hpp"

#include "fsutil/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace coldpress {

namespace {

using Json = nlohmann::ordered_json;

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string rollout_of(const ListedThread& thread) {
  return printable(join_path(thread.dir, thread.name));
}

void put_if(Json& json, const char* key, const std::string& value) {
  if (!value.empty()) {
    json[key] = value;
  }
}

Json unknown_of(const std::string& lines) {
  Json counts = Json::object();
  std::string_view rest = lines;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t blank = line.find(' ');
    if (blank != std::string_view::npos) {
      counts[std::string(line.substr(blank + 1))] =
          std::strtoull(std::string(line.substr(0, blank)).c_str(), nullptr, 10);
    }
  }
  return counts;
}

// Where in the plain text the hits are, in bytes: [begin, length].
Json marks_of(const std::string& snippet) {
  Json marks = Json::array();
  std::size_t at = 0;
  std::size_t begin = 0;
  for (const char c : snippet) {
    if (c == k_hit_begin) {
      begin = at;
    } else if (c == k_hit_end) {
      marks.push_back({begin, at - begin});
    } else {
      at += 1;
    }
  }
  return marks;
}

Json error_of(const history::TurnError& error) {
  Json json;
  json["message"] = error.message;
  put_if(json, "kind", error.kind);
  put_if(json, "detail", error.detail);
  return json;
}

Json item_of(const history::Item& item) {
  Json json;
  json["id"] = item.id;
  json["type"] = item.type;
  if (item.status.empty()) {
    json["status"] = nullptr;
  } else {
    json["status"] = item.status;
  }
  json["text"] = item.text;
  put_if(json, "phase", item.phase);
  if (!item.summary.empty()) {
    json["summary"] = item.summary;
  }
  if (!item.content.empty()) {
    json["content"] = item.content;
  }
  put_if(json, "detail", item.detail);
  if (item.exit_code) {
    json["exit_code"] = *item.exit_code;
  }
  if (item.cut) {
    json["cut"] = true;
  }
  return json;
}

} // namespace

std::string unmarked(const std::string& snippet) {
  std::string text = snippet;
  std::erase_if(text, [](char c) { return c == k_hit_begin || c == k_hit_end; });
  return text;
}

std::string thread_line(const ListedThread& thread, const std::string& name) {
  Json json;
  json["message_type"] = "thread";
  json["id"] = thread.thread;
  json["rollout_id"] = thread.rollout_id;
  json["rollout"] = rollout_of(thread);
  put_if(json, "name", name);
  json["preview"] = thread.preview;
  put_if(json, "project", printable(thread.project));
  put_if(json, "source", thread.source);
  put_if(json, "cli_version", thread.version);
  put_if(json, "history_mode", thread.mode);
  if (thread.begun) {
    json["begun"] = format_time(*thread.begun);
  }
  json["modified"] = format_time(thread.written);
  json["turns"] = thread.turns;
  json["failed_turns"] = thread.failed_turns;
  json["status"] = thread.status;
  json["tokens"] = thread.tokens;
  json["plain_bytes"] = thread.plain_bytes;
  json["disk_bytes"] = thread.disk_bytes;
  json["form"] = thread.compressed ? "compressed" : "plain";
  json["archived"] = thread.archived;
  put_if(json, "forked_from", thread.forked_from);
  if (!thread.base_rollout.empty()) {
    json["history_base"] = {{"rollout_id", thread.base_rollout},
                            {"shared_bytes", thread.base_byte}};
  }
  if (thread.unreadable_lines > 0) {
    json["unreadable_lines"] = thread.unreadable_lines;
  }
  if (!thread.unknown.empty()) {
    json["unknown"] = unknown_of(thread.unknown);
  }
  put_if(json, "problem", printable(thread.problem));
  return line_of(json);
}

std::string list_line(const ThreadTotals& totals, std::uint64_t shown, bool up_to_date) {
  Json json;
  json["message_type"] = "list";
  json["shown"] = shown;
  json["threads"] = totals.threads;
  json["plain_bytes"] = totals.plain_bytes;
  json["disk_bytes"] = totals.disk_bytes;
  json["up_to_date"] = up_to_date;
  return line_of(json);
}

std::string hit_line(const SearchHit& hit, const std::string& name) {
  Json json;
  json["message_type"] = "hit";
  json["rollout"] = rollout_of(hit.thread);
  json["line"] = hit.line;
  json["offset"] = hit.offset;
  json["thread"] = hit.thread.thread;
  put_if(json, "name", name);
  json["turn"] = hit.turn;
  json["item"] = hit.item;
  json["type"] = hit.type;
  put_if(json, "project", printable(hit.thread.project));
  json["modified"] = format_time(hit.thread.written);
  json["plain_bytes"] = hit.thread.plain_bytes;
  json["disk_bytes"] = hit.thread.disk_bytes;
  json["snippet"] = unmarked(hit.snippet);
  json["marks"] = marks_of(hit.snippet);
  return line_of(json);
}

std::string scan_hit_line(const ScanHit& hit) {
  Json json;
  json["message_type"] = "hit";
  json["rollout"] = printable(hit.rollout);
  json["line"] = hit.line;
  json["offset"] = hit.offset;
  json["snippet"] = unmarked(hit.snippet);
  json["marks"] = marks_of(hit.snippet);
  return line_of(json);
}

std::string search_line(std::uint64_t hits, bool more, bool up_to_date) {
  Json json;
  json["message_type"] = "search";
  json["hits"] = hits;
  json["more"] = more;
  json["up_to_date"] = up_to_date;
  return line_of(json);
}

std::string turn_line(const history::TurnView& turn) {
  Json json;
  json["message_type"] = "turn";
  json["id"] = turn.row->id;
  json["status"] = std::string(name_of(turn.status));
  if (turn.row->error) {
    json["error"] = error_of(*turn.row->error);
  } else {
    json["error"] = nullptr;
  }
  if (turn.row->error_line) {
    json["error_line"] = true;
  }
  if (turn.row->implicit) {
    json["implicit"] = true;
  }
  const auto put = [&json](const char* key, const std::optional<std::int64_t>& value) {
    if (value) {
      json[key] = *value;
    }
  };
  put("started_at", turn.row->started_at);
  put("completed_at", turn.row->completed_at);
  put("duration_ms", turn.row->duration_ms);
  json["tokens"] = turn.row->tokens;
  json["items"] = Json::array();
  for (const auto* row : turn.items) {
    json["items"].push_back(item_of(row->item));
  }
  return line_of(json);
}

std::string index_status_line(const std::string& path,
                              const std::optional<IndexStatus>& status) {
  Json json;
  json["message_type"] = "index";
  json["action"] = "status";
  json["path"] = printable(path);
  json["exists"] = status.has_value();
  if (status) {
    json["bytes"] = status->bytes;
    json["rollouts"] = status->rollouts;
    json["plain_bytes"] = status->plain_bytes;
    json["behind"] = status->behind;
    json["gone"] = status->gone;
    json["problems"] = Json::array();
    for (const auto& [name, problem] : status->problems) {
      json["problems"].push_back(
          {{"rollout", printable(name)}, {"problem", printable(problem)}});
    }
  }
  return line_of(json);
}

std::string index_verified_line(const std::vector<std::string>& different) {
  Json json;
  json["message_type"] = "index";
  json["action"] = "verify";
  json["ok"] = different.empty();
  json["different"] = Json::array();
  for (const std::string& line : different) {
    json["different"].push_back(printable(line));
  }
  return line_of(json);
}

std::string index_dropped_line(const std::string& path, std::size_t files) {
  Json json;
  json["message_type"] = "index";
  json["action"] = "drop";
  json["path"] = printable(path);
  json["files_removed"] = files;
  return line_of(json);
}

std::string index_line(const std::string& action, const IndexReport& report) {
  Json json;
  json["message_type"] = "index";
  json["action"] = action;
  json["rollouts"] = report.rollouts;
  json["read"] = report.read;
  json["removed"] = report.removed;
  json["bytes"] = report.bytes;
  json["seconds"] = report.seconds;
  json["problems"] = Json::array();
  for (const std::string& problem : report.problems) {
    json["problems"].push_back(printable(problem));
  }
  put_if(json, "set_aside", printable(report.set_aside));
  return line_of(json);
}

} // namespace coldpress
