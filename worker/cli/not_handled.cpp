#include "worker/cli/not_handled.hpp"

#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"

#include <nlohmann/json.hpp>

namespace coldpress {

void tell_not_handled(const Context& context,
                      const Store& store,
                      Severity severity,
                      const std::vector<OddEntry>& all) {
  constexpr std::size_t k_shown = 10;
  std::size_t told = 0;
  for (const OddEntry& odd : all) {
    const std::string path = printable(path_in_store(store.home, odd.path));
    if (context.options.json) {
      const nlohmann::ordered_json json = {{"message_type", "not_handled"},
                                           {"path", path},
                                           {"reason", reason_name(odd.oddity)},
                                           {"hint", explain(odd.oddity)}};
      print_line(json.dump());
    } else if (told++ < k_shown) {
      diagnose(severity, fmt::format("coldpress: {}: {}\n", path, explain(odd.oddity)));
    }
  }
  if (told > k_shown) {
    diagnose(severity,
             fmt::format("coldpress: {} more are not handled; --json lists each\n",
                         told - k_shown));
  }
}

} // namespace coldpress
