#include "worker/cli/thread_names.hpp"

#include "worker/rollout/name.hpp"

#include <nlohmann/json.hpp>

namespace coldpress {

namespace {

constexpr std::size_t k_largest = std::size_t{64} << 20U;

std::string text_of(const nlohmann::json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

} // namespace

ThreadNames read_thread_names(Fs& fs, const std::string& home) {
  ThreadNames names;
  const auto text = read_small(fs, join_path(home, "session_index.jsonl"), k_largest);
  std::string_view rest = text ? std::string_view(*text) : std::string_view();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const auto line = nlohmann::json::parse(rest.substr(0, end), nullptr, false);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.is_object()) {
      const std::string id = lower_case(text_of(line, "id"));
      if (is_uuid(id)) {
        names[id] = text_of(line, "thread_name");
      }
    }
  }
  return names;
}

} // namespace coldpress
