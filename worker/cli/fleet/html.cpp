#include "fsutil/text.hpp"
#include "worker/cli/fleet/view.hpp"
#include "worker/cli/page.hpp"
#include "worker/cli/report/svg.hpp"

namespace coldpress {

namespace {

std::string size_or_dash(const std::optional<std::uint64_t>& bytes) {
  return bytes ? format_size(*bytes) : "-";
}

std::string row_head(const std::string& text) {
  return fmt::format(R"(<tr><th scope="row" class="path">{}</th>)", escaped(text));
}

std::string cell(const std::string& text, std::string_view css) {
  return fmt::format(R"(<td class="{}">{}</td>)", css, escaped(text));
}

std::string head_cell(std::string_view text, std::string_view css) {
  return fmt::format(R"(<th scope="col" class="{}">{}</th>)", css, escaped(text));
}

std::string header(const FleetView& view) {
  return fmt::format(R"(<header><p class="eyebrow">coldpress report</p>)"
                     "<h1>coldpress {} on {} stores</h1><p>{}, {}</p></header>\n",
                     escaped(view.command),
                     format_count(view.results.size()),
                     page_time(view.time),
                     view.files == 0   ? std::string("made directly")
                     : view.files == 1 ? std::string("merged from one file")
                                       : fmt::format("merged from {} files", view.files));
}

std::string tiles(const FleetView& view) {
  const std::size_t look = concerns_of(view).size();
  const auto disk = sum_of(view.results, &StoreResult::bytes);
  const auto free = sum_of(view.results, &StoreResult::would_free);
  std::uint64_t compressed = 0;
  for (const auto& [store, result] : view.results) {
    const auto found = result.counts.find("compressed");
    compressed += found == result.counts.end() ? 0 : found->second;
  }
  std::string html =
      R"(<dl class="tiles">)" +
      tile("Stores", format_count(view.results.size()), states_text(view)) +
      tile("Saved so far",
           size_or_dash(sum_of(view.results, &StoreResult::saved_bytes)),
           "by all runs, of all stores");
  html += view.command == "run"
              ? tile("Compressed", format_count(compressed), "rollouts, in these runs")
              : tile("On disk",
                     size_or_dash(disk),
                     free ? format_size(*free) + " would be freed by a run now" : "");
  return html +
         tile("Needs a look",
              format_count(look),
              look == 0 ? "no problems found" : "listed first",
              look > 0 ? "alarm" : "") +
         "</dl>\n";
}

std::string concerns(const std::vector<FleetConcern>& all) {
  std::string rows;
  for (const FleetConcern& concern : all) {
    std::string what;
    for (const std::string& sentence : concern.what) {
      what += (what.empty() ? "" : "<br>") + escaped(sentence);
    }
    rows += row_head(concern.where) + cell(concern.how, "name") +
            fmt::format(R"(<td class="path">{}</td></tr>)", what);
  }
  return rows.empty()
             ? rows
             : page_section("Needs a look",
                            "What failed, what is damaged, and what is not known.",
                            "<table><thead><tr>" + head_cell("Where", "") +
                                head_cell("Result", "") + head_cell("What", "") +
                                "</tr></thead><tbody>" + rows + "</tbody></table>",
                            "full");
}

std::string stores(const FleetView& view) {
  const FleetTable table = table_of(view);
  const auto css = [&table](std::size_t column) {
    return column == 1                       ? "name"
           : column + 1 == table.head.size() ? "num"
                                             : "num opt"; // narrow pages: the last
  };
  std::string html = "<table><thead><tr>";
  for (std::size_t column = 0; column < table.head.size(); ++column) {
    html += head_cell(table.head[column], column == 0 ? "" : css(column));
  }
  html += "</tr></thead><tbody>";
  for (const std::vector<std::string>& row : table.rows) {
    html += row_head(row.front());
    for (std::size_t column = 1; column < row.size(); ++column) {
      html += cell(row[column], css(column));
    }
    html += "</tr>";
  }
  return page_section(
      "Stores", "The newest result of each.", html + "</tbody></table>", "full");
}

} // namespace

std::string fleet_html(const FleetView& view) {
  return page_head("coldpress " + view.command) + header(view) + tiles(view) +
         R"(<div class="grid">)" + concerns(concerns_of(view)) + stores(view) +
         "</div>\n" +
         "<footer><p>GiB and MiB are powers of 1024. This page names stores and "
         "rollouts. "
         "It contains no text of any session, runs no script and fetches nothing.</p>"
         "</footer>\n</main></body></html>\n";
}

} // namespace coldpress
