#include "config/load.hpp"

#include "config/find_file.hpp"
#include "config/keys.hpp"
#include "config/load_toml.hpp"
#include "fsutil/fs.hpp"
#include "fsutil/text.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

namespace coldpress {

namespace {

constexpr std::string_view k_feature = "local_thread_store_compression";

std::string unknown(std::string_view what, const std::string& near) {
  return fmt::format("{}; {}",
                     what,
                     near.empty() ? "man coldpress.toml lists them all"
                                  : fmt::format("did you mean {}?", near));
}

// At commas; "\\," is one in an item, "\\\\" a backslash.
std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  bool begun = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!begun) {
      items.emplace_back();
    }
    begun = text[at] != ',';
    const bool escaped = text[at] == '\\' && at + 1 < text.size() &&
                         (text[at + 1] == ',' || text[at + 1] == '\\');
    at += escaped ? 1 : 0;
    if (begun) {
      items.back() += text[at];
    }
  }
  return items;
}

Given given_text(const Key& key, const std::string& text, const PathRules& paths) {
  return key.is_list ? Given{Form::list, "a list", split_list(text), paths}
                     : Given{Form::text, "text", {text}, paths};
}

// Applies one source after the other; the later wins.
class Loader {
public:
  Loader(const LoadInputs& inputs, std::string directory)
      : inputs_(inputs), paths_{home_of(inputs), std::move(directory)} {}

  Result<LoadedSettings> load() {
    TRY(take_file());
    TRY(choose_one_or_several());
    TRY(take_environment());
    TRY(choose_one_or_several());
    TRY(take_flags());
    TRY(choose_one_or_several());
    TRY(take_features());
    TRY(resolve_store());
    for (const Key& key : all_keys()) {
      const auto origin = origins_.find(key.name);
      loaded_.values.push_back(
          EffectiveValue{std::string(key.name),
                         key.show(loaded_.settings),
                         origin == origins_.end() ? "default" : origin->second});
    }
    return std::move(loaded_);
  }

private:
  Result<void> take_file() {
    TRY_ASSIGN(const std::optional<ConfigFile> file, find_config_file(inputs_));
    if (!file) {
      return {};
    }
    loaded_.config_file = file->path;
    TRY_ASSIGN(std::vector<TomlEntry> entries, read_toml(file->text, file->path));
    TRY_ASSIGN(const std::string absolute, absolute_path(file->path, paths_));
    for (TomlEntry& entry : entries) {
      entry.given.paths = PathRules{paths_.home, parent_dir(absolute)};
      TRY(take_entry(file->path, entry));
    }
    return {};
  }

  Result<void> take_entry(const std::string& path, const TomlEntry& entry) {
    const Key* key = find_key(entry.key);
    if (key == nullptr && is_section(entry.key)) {
      const bool empty_section = entry.given.noun == "a section";
      return empty_section
                 ? Result<void>()
                 : refuse_at(path,
                             entry.line,
                             entry.key,
                             fmt::format("this is a section, written [{}]", entry.key));
    }
    if (key == nullptr) {
      const std::string what = unknown("no such key", nearest_key(entry.key));
      return refuse_at(path, entry.line, entry.key, what);
    }
    if (const auto set = key->set(loaded_.settings, entry.given); !set) {
      return refuse_at(path, entry.line, entry.key, set.error().context.front());
    }
    named_.insert(key->name);
    origins_[key->name] = fmt::format("{}:{}", path, entry.line);
    return {};
  }

  Result<void> take_environment() {
    loaded_.settings.codex_sqlite_home = variable(inputs_, "CODEX_SQLITE_HOME");
    const std::string prefix = "COLDPRESS_";
    const auto& all = inputs_.environment;
    for (auto at = all.lower_bound(prefix); at != all.end(); ++at) {
      if (!at->first.starts_with(prefix)) {
        break;
      }
      // Not settings: which file, and the lease a command runs under.
      if (at->first == "COLDPRESS_CONFIG" || at->first == "COLDPRESS_LEASE") {
        continue;
      }
      const Key* key = find_key_of_variable(at->first);
      if (key == nullptr) {
        return refuse(unknown(fmt::format("${}: no such setting", printable(at->first)),
                              nearest_variable(at->first)));
      }
      TRY(take_text(*key, at->second, "$" + at->first));
    }
    return {};
  }

  Result<void> take_flags() {
    std::map<std::string_view, std::string> lists;
    for (const auto& [name, text] : inputs_.flags) {
      const Key* key = find_key(name);
      if (key == nullptr) {
        return refuse(unknown(printable(name) + ": no such key", nearest_key(name)));
      }
      // A list given twice is one longer list: dropping the first would compress what the
      // user excluded.
      std::string& whole = lists[key->name];
      whole = key->is_list && !whole.empty() ? whole + "," + text : text;
      TRY(take_text(*key, whole, flag_of(*key)));
    }
    return {};
  }

  Result<void> take_text(const Key& key, const std::string& text, std::string origin) {
    const Given given = given_text(key, text, paths_);
    if (const auto set = key.set(loaded_.settings, given); !set) {
      return refuse(
          fmt::format("{}: {}: {}", origin, key.name, set.error().context.front()));
    }
    named_.insert(key.name);
    origins_[key.name] = std::move(origin);
    return {};
  }

  // After each source: a `store` in a later one stands for the `stores` of an earlier
  // one, and the other way about.
  Result<void> choose_one_or_several() {
    Settings& settings = loaded_.settings;
    const bool one = named_.contains("store");
    const bool several = named_.contains("stores") && !settings.stores.empty();
    named_.clear();
    if (one && several) {
      return refuse(
          fmt::format("{}: stores: store is set, too; name all of them in stores",
                      origins_["stores"]));
    }
    if (one && !settings.stores.empty()) {
      settings.stores.clear();
      origins_.erase("stores");
    }
    if (several) {
      settings.store.clear();
      origins_.erase("store");
    }
    return {};
  }

  Result<void> take_features() {
    for (const std::string& name : inputs_.enable) {
      if (name != k_feature) {
        return refuse(fmt::format("--enable {}: no such feature; the only one is {}",
                                  printable(name),
                                  k_feature));
      }
      loaded_.settings.compression_enabled = true;
      origins_["features.local_thread_store_compression"] = "--enable " + name;
    }
    return {};
  }

  Result<void> resolve_store() {
    Settings& settings = loaded_.settings;
    if (settings.stores.size() > 1) {
      return settings.state_dir.empty()
                 ? Result<void>()
                 : refuse(fmt::format("{}: state_dir: several stores cannot share one; "
                                      "leave it out, or run one serve for each store",
                                      origins_["state_dir"]));
    }
    if (settings.stores.size() == 1) {
      settings.store = settings.stores.front();
      origins_["store"] = origins_["stores"];
    }
    if (settings.store.empty()) {
      const std::string codex_home = variable(inputs_, "CODEX_HOME");
      if (codex_home.empty() && paths_.home.empty()) {
        return refuse("no store: pass --store DIR, or set COLDPRESS_STORE, CODEX_HOME or "
                      "HOME");
      }
      if (!codex_home.empty()) {
        origins_["store"] = "$CODEX_HOME";
      }
      const std::string chosen = codex_home.empty() ? "~/.codex" : codex_home;
      TRY_ASSIGN(settings.store, absolute_path(chosen, paths_));
    }
    if (settings.state_dir.empty()) {
      settings.state_dir = join_path(settings.store, "coldpress");
    }
    return {};
  }

  const LoadInputs& inputs_;
  PathRules paths_; // of the environment and flags
  LoadedSettings loaded_;
  std::map<std::string_view, std::string> origins_; // key -> origin; none: default
  std::set<std::string_view> named_;                // keys of the source being read
};

} // namespace

Result<LoadedSettings> load_settings(const LoadInputs& inputs) {
  std::error_code failed;
  const std::filesystem::path directory = std::filesystem::current_path(failed);
  return Loader(inputs, failed ? std::string() : directory.string()).load();
}

} // namespace coldpress
