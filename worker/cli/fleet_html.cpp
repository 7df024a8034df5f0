#include "fsutil/text.hpp"
#include "worker/cli/fleet_view.hpp"
#include "worker/cli/page.hpp"
#include "worker/cli/svg.hpp"

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
  const std::size_t look = needing_a_look(view).size() + view.missing.size();
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
              look == 0 ? "no problems found" : "stores; they are listed first",
              look > 0 ? "alarm" : "") +
         "</dl>\n";
}

std::string attention(const FleetView& view) {
  std::string rows;
  for (const StoreResult* result : needing_a_look(view)) {
    std::string what;
    for (const std::string& sentence : result->attention) {
      what += (what.empty() ? "" : "<br>") + escaped(sentence);
    }
    if (result->attention_left > 0) {
      what += fmt::format("<br>and {} more", result->attention_left);
    }
    rows += row_head(result->store) + cell(state_text(*result), "name") +
            fmt::format(R"(<td class="path">{}</td></tr>)", what);
  }
  for (const std::string& store : view.missing) {
    rows += row_head(store) + cell("missing", "name") +
            cell("in the list, but no file tells of it", "path") + "</tr>";
  }
  for (const std::string& file : view.incomplete) {
    rows += row_head(file) + cell("no end", "name") +
            cell("its shard was stopped or is still running", "path") + "</tr>";
  }
  for (const std::uint64_t shard : view.missing_shards) {
    rows += row_head(fmt::format("shard {}", shard)) + cell("missing", "name") +
            cell("no file has its end", "path") + "</tr>";
  }
  if (rows.empty()) {
    return {};
  }
  return page_section("Needs a look",
                      "What failed, what is damaged, and what is not known.",
                      "<table><thead><tr>" + head_cell("Store", "") +
                          head_cell("Result", "") + head_cell("What", "") +
                          "</tr></thead><tbody>" + rows + "</tbody></table>",
                      "full");
}

std::string stores(const FleetView& view) {
  const auto counts = columns_of(view.command);
  std::string html =
      "<table><thead><tr>" + head_cell("Store", "") + head_cell("Result", "");
  for (const CountColumn& column : counts) {
    html += head_cell(column.heading, "num opt");
  }
  html += head_cell("Rollouts", "num opt") + head_cell("On disk", "num opt") +
          head_cell("Saved", "num") + "</tr></thead><tbody>";
  for (const auto& [store, result] : view.results) {
    html += row_head(store) + cell(state_text(result), "name");
    for (const CountColumn& column : counts) {
      const auto found = result.counts.find(std::string(column.key));
      html += cell(found == result.counts.end() ? "-" : format_count(found->second),
                   "num opt");
    }
    html += cell(result.rollouts ? format_count(*result.rollouts) : "-", "num opt") +
            cell(size_or_dash(result.bytes), "num opt") +
            cell(size_or_dash(result.saved_bytes), "num") + "</tr>";
  }
  return page_section(
      "Stores", "The newest result of each.", html + "</tbody></table>", "full");
}

} // namespace

std::string fleet_html(const FleetView& view) {
  return page_head("coldpress " + view.command) + header(view) + tiles(view) +
         R"(<div class="grid">)" + attention(view) + stores(view) + "</div>\n" +
         "<footer><p>GiB and MiB are powers of 1024. This page names stores and "
         "rollouts. "
         "It contains no text of any session, runs no script and fetches nothing.</p>"
         "</footer>\n</main></body></html>\n";
}

} // namespace coldpress
