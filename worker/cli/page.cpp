#include "worker/cli/page.hpp"

#include "fsutil/text.hpp"
#include "worker/cli/html_file.hpp"
#include "worker/cli/report/style.hpp"
#include "worker/cli/report/svg.hpp"

namespace coldpress {

namespace {

constexpr std::string_view k_head = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
{}
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{}</title>
<style>{}</style></head>
<body>
<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs>
<pattern id="hatch-saved" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M1 0V6"/></pattern>
<pattern id="hatch-now" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><path d="M1 0V5"/></pattern>
</defs></svg>
<main>
)html";

} // namespace

std::string page_head(const std::string& title) {
  return fmt::format(fmt::runtime(k_head), k_page_mark, escaped(title), k_report_style);
}

std::string page_time(WallTime when) {
  std::string text = format_time(when); // "2026-01-02T03:04:05Z"
  text.resize(16);
  text[10] = ' ';
  return text + " UTC";
}

std::string tile(std::string_view what,
                 const std::string& value,
                 const std::string& more,
                 std::string_view css) {
  return fmt::format(
      R"(<div class="{}"><dt>{}</dt><dd class="big">{}</dd><dd>{}</dd></div>)",
      css,
      escaped(what),
      escaped(value),
      escaped(more));
}

std::string page_section(std::string_view heading,
                         const std::string& says,
                         const std::string& content,
                         std::string_view css) {
  return fmt::format(
      R"(<section class="{}"><h2>{}</h2><p class="says">{}</p>{}</section>)"
      "\n",
      css,
      escaped(heading),
      escaped(says),
      content);
}

} // namespace coldpress
