#include "worker/cli/fleet/merge.hpp"

#include "fsutil/text.hpp"
#include "worker/cli/fleet/json.hpp"
#include "worker/cli/fleet/run.hpp"
#include "worker/cli/html_file.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace coldpress {

namespace {

constexpr std::size_t k_piece = std::size_t{1} << 20U;
constexpr std::size_t k_longest_line = std::size_t{64} << 20U;

Fail at_line(Error error, const std::string& file, std::uint64_t number) {
  error.path = fmt::format("{}:{}", file, number);
  return Fail(std::move(error));
}

Fail bad_line(const std::string& file, std::uint64_t number, std::string why) {
  return at_line(Error{Errc::invalid, 0, "merge", {}, {std::move(why)}}, file, number);
}

// Each line of a file, without its newline. The last must have one, too.
Result<void>
each_line(Fs& fs,
          const std::string& path,
          const std::function<Result<void>(std::string_view, std::uint64_t)>& take) {
  TRY_ASSIGN(const std::string real, fs.real_path(path));
  TRY_ASSIGN(const FileHandle handle, fs.open_read(real));
  const File file(fs, handle);
  std::string piece(k_piece, '\0');
  std::string begun;
  std::uint64_t offset = 0;
  std::uint64_t number = 1;
  while (true) {
    TRY_ASSIGN(
        const std::size_t got,
        naming(path,
               fs.read_at(handle, std::as_writable_bytes(std::span(piece)), offset)));
    offset += got;
    std::string_view bytes(piece.data(), got);
    for (std::size_t end = bytes.find('\n'); end != std::string_view::npos;
         end = bytes.find('\n')) {
      begun += bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      TRY(take(begun, number));
      begun.clear();
      number += 1;
    }
    begun += bytes;
    if (begun.size() > k_longest_line) {
      return bad_line(path, number, "this line is too long");
    }
    if (got == 0) {
      return begun.empty() ? Result<void>()
                           : Result<void>(bad_line(path, number, "this line is cut off"));
    }
  }
}

class Merge {
public:
  explicit Merge(Fs& fs) : fs_(fs) {}

  Result<void> add(const std::string& path) {
    bool has_end = false;
    TRY(each_line(fs_, path, [&](std::string_view line, std::uint64_t number) {
      return take(line, path, number, has_end);
    }));
    view_.files += 1;
    if (!has_end) {
      view_.incomplete.push_back(printable(path));
    }
    return {};
  }

  // Of the stores of a list, those of which nothing was told.
  void look_for(const std::vector<ListedStore>& list) {
    std::set<std::string> known;
    for (const auto& [store, result] : view_.results) {
      known.insert(store);
      known.insert(result.listed);
    }
    for (const ListedStore& store : list) {
      if (!known.contains(printable(store.path)) &&
          !known.contains(printable(name_of_store(fs_, store.path)))) {
        view_.missing.push_back(printable(store.path));
      }
    }
  }

  FleetView end(WallTime now) {
    view_.time = now;
    view_.list = lists_.size() == 1 ? *lists_.begin() : std::string();
    const std::uint64_t parts = counts_.size() == 1 ? *counts_.begin() : 1;
    constexpr std::size_t k_most = 1000; // whatever number of parts a file claims
    for (std::uint64_t index = 0; index < parts && view_.missing_shards.size() < k_most;
         ++index) {
      if (!whole_ && !shards_.contains(index)) {
        view_.missing_shards.push_back(index);
      }
    }
    if (fits() && view_.missing_shards.empty()) {
      // Killed, and started again: another file has all that these lack.
      view_.superseded = std::exchange(view_.incomplete, {});
    }
    if (counts_.empty()) {
      view_.missing_shards.clear(); // it was not cut: the files say it
    }
    return std::move(view_);
  }

  // The shards were of one list, cut into one number of parts.
  bool fits() const { return lists_.size() <= 1 && counts_.size() <= 1; }

private:
  Result<void> take(std::string_view line,
                    const std::string& path,
                    std::uint64_t number,
                    bool& has_end) {
    const auto seen = parse_fleet_line(line);
    if (!seen) {
      return at_line(seen.error(), path, number);
    }
    if (seen->type == "store" || seen->type == "stores") {
      TRY(check_command(seen->command, path, number));
    }
    if (seen->type == "stores") {
      has_end = seen->left == 0;
      take_end(*seen);
    }
    if (seen->type != "store") {
      return {};
    }
    has_end = false; // files may be appended to one another
    auto result = parse_store_result(line);
    if (!result) {
      return at_line(std::move(result.error()), path, number);
    }
    keep_newest(view_.results, std::move(*result));
    return {};
  }

  Result<void> check_command(const std::string& command,
                             const std::string& path,
                             std::uint64_t number) {
    if (view_.command.empty()) {
      view_.command = printable(command);
    }
    return printable(command) == view_.command
               ? Result<void>()
               : bad_line(path,
                          number,
                          fmt::format("this is of {}, and what came before of {}; merge "
                                      "one command at a time",
                                      printable(command),
                                      view_.command));
  }

  void take_end(const FleetLine& end) {
    if (!end.list.empty()) {
      lists_.insert(end.list);
    }
    if (end.shard) {
      counts_.insert(end.shard->count);
    }
    whole_ = whole_ || end.whole;
    if (end.left == 0) {
      shards_.insert(end.shard ? end.shard->index : 0);
    }
  }

  Fs& fs_;
  FleetView view_;
  bool whole_ = false; // one of the files is of a merge that missed nothing
  std::set<std::string> lists_;
  std::set<std::uint64_t> counts_;
  std::set<std::uint64_t> shards_;
};

Result<int> merge(const Context& context) {
  const FleetOptions& fleet = context.options.fleet;
  TRY(check_page_place(context.options.json, context.options.html));
  Merge all(context.fs);
  for (const std::string& path : fleet.merge) {
    TRY(all.add(path));
  }
  if (!fleet.stores_from.empty()) {
    TRY_ASSIGN(const std::vector<ListedStore> list, list_of_stores(context));
    all.look_for(list);
  }
  if (!all.fits()) {
    warn("coldpress: the files are of shards of different lists, or of different numbers "
         "of shards: stores may be missing; compare with --stores-from\n");
  }
  const FleetView view = all.end(context.clock.wall());
  if (context.options.json) {
    for (const auto& [store, result] : view.results) {
      print_line(json_of(result));
    }
  }
  TRY(show_fleet(context, view));
  return exit_of(view);
}

} // namespace

int merge_reports(const Context& context) {
  const auto code = merge(context);
  return code ? *code : report(context, code.error());
}

} // namespace coldpress
