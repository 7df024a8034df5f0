#include "fsutil/text.hpp"
#include "worker/cli/html_file.hpp"
#include "worker/cli/report/svg.hpp"
#include "worker/cli/show_text.hpp"

#include <algorithm>

namespace coldpress {

namespace {

// No script, no image and nothing from elsewhere: what a rollout holds must not run.
constexpr std::string_view k_policy =
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'\">";
constexpr std::string_view k_style = R"(
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1rem; margin-top: 2rem; border-top: 1px solid
  #8888; padding-top: .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0; font: inherit; }
details pre { font: .85rem/1.4 ui-monospace, monospace; }
.user { border-left: 3px solid #36c; padding-left: .75rem; }
.error { border-left: 3px solid #c33; padding-left: .75rem; }
summary { opacity: .7; cursor: pointer; }
)";

// Line breaks as they are.
std::string escaped_lines(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    const bool broken = end < text.size();
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    std::replace(line.begin(), line.end(), '\t', ' ');
    safe += escaped(line);
    safe += broken ? "\n" : "";
  }
  return safe;
}

std::string item_html(const history::Item& item) {
  if (item.type == "userMessage" || item.type == "agentMessage") {
    return fmt::format("<pre class=\"{}\">{}</pre>\n",
                       item.type == "userMessage" ? "user" : "agent",
                       escaped_lines(item.text));
  }
  return fmt::format("<details><summary>{}</summary><pre>{}</pre></details>\n",
                     escaped(item_label(item)),
                     escaped_lines(item_body(item)));
}

std::string turn_html(const history::TurnView& turn, std::size_t nth) {
  std::string html = fmt::format("<section><h2>Turn {} · {}", nth, name_of(turn.status));
  const std::string began = second_text(turn.row->started_at);
  html += began.empty() ? "" : " · " + began;
  html += "</h2>\n";
  if (turn.row->error) {
    html +=
        "<pre class=\"error\">" + escaped_lines(turn.row->error->message) + "</pre>\n";
  }
  for (const auto* row : turn.items) {
    html += item_html(row->item);
  }
  return html + "</section>\n";
}

} // namespace

std::string show_html(const ShownThread& thread, const ThreadHistory& history) {
  const ListedThread& listed = thread.listed;
  const std::string title =
      escaped(thread.title().empty() ? listed.thread : thread.title());
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n";
  html += std::string(k_page_mark) + "\n" + std::string(k_policy) + "\n";
  html += "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" + title +
          "</title>\n<style>" + std::string(k_style) + "</style></head>\n<body>\n";
  html += "<h1>" + title + "</h1>\n<dl>\n";
  const auto line = [&html](std::string_view what, const std::string& value) {
    if (!value.empty()) {
      html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", what, escaped(value));
    }
  };
  line("Thread", listed.thread);
  line("Project", listed.project);
  line("Begun", listed.begun ? format_time(*listed.begun) : "");
  line("Written", format_time(listed.written));
  line("Size",
       fmt::format("{} plain, {} on disk",
                   format_size(listed.plain_bytes),
                   format_size(listed.disk_bytes)));
  line("Forked from", listed.forked_from);
  html += "</dl>\n";
  std::size_t nth = 0;
  for (const history::TurnView& turn : view_of(history.rows, history.thread.mode)) {
    html += turn_html(turn, ++nth);
  }
  return html + "</body></html>\n";
}

} // namespace coldpress
