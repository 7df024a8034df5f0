#include "config/load.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace coldpress;

namespace {

// The file that is loaded; in $TMPDIR, and gone at the end of the process.
class ConfigFile {
public:
  ConfigFile() {
    path_ = (std::filesystem::temp_directory_path() / "coldpress-fuzz-XXXXXX").string();
    const int file = ::mkstemp(path_.data());
    require(file >= 0, "a temporary file can be made");
    ::close(file);
  }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;
  ~ConfigFile() { ::unlink(path_.c_str()); }

  Result<LoadedSettings> load(std::string_view text) const {
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    require(file.good(), "the temporary file can be written");
    LoadInputs inputs;
    inputs.config_path = path_;
    inputs.environment["HOME"] = "/home/user";
    return load_settings(inputs);
  }

private:
  std::string path_;
};

void check_limits(const Settings& settings) {
  require(settings.store.starts_with('/'), "the store is absolute");
  require(settings.state_dir.starts_with('/'), "the state directory is absolute");
  require(!settings.scan.roots.empty(), "some root is taken");
  require(settings.scan.cold_after.count() >= 0, "ages are not negative");
  require(settings.scan.settle.count() >= 0, "settling is not negative");
  require(!settings.publish.reap_grace || settings.publish.reap_grace->count() >= 0,
          "the grace is not negative");
  require(settings.limits.jobs >= 1 && settings.limits.jobs <= 64, "1 to 64 jobs");
  require(settings.codec.level >= 1 && settings.codec.level <= 19, "level 1 to 19");
  const int window = settings.codec.window_log.value_or(10);
  require(window >= 10 && window <= 27, "window 10 to 27");
}

// What is shown can be written into a file, and means the same there.
void check_shown(const ConfigFile& file, const LoadedSettings& loaded) {
  std::string text;
  for (const EffectiveValue& value : loaded.values) {
    text += value.key + " = " + value.value + "\n";
  }
  const auto again = file.load(text);
  if (!again) {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
  require(again.has_value(), "what is shown can be loaded");
  require(again->values.size() == loaded.values.size(), "with every key");
  for (std::size_t i = 0; i < loaded.values.size(); ++i) {
    require(again->values[i].value == loaded.values[i].value, "and means the same");
  }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ConfigFile file;
  const auto loaded = file.load(as_text(data, size));
  if (!loaded) {
    require(loaded.error().code == Errc::invalid, "a wrong file is invalid");
    require(!loaded.error().context.empty(), "and the error says why");
    return 0;
  }
  check_limits(loaded->settings);
  check_shown(file, *loaded);
  return 0;
}
