#include "worker/cli/catalog_use.hpp"

#include "fsutil/log.hpp"
#include "worker/cli/progress_bar.hpp"
#include "worker/cli/say.hpp"
#include "worker/rollout/name.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::size_t k_most_problems = 5;

IndexUpdateRules rules_of(const OpenedStore& opened, ProgressBar& bar, Look look) {
  IndexUpdateRules rules;
  rules.look = look;
  rules.threads = opened.loaded.settings.limits.jobs;
  rules.progress = [&bar](const Progress& progress) { bar.show(progress); };
  return rules;
}

bool is_there(Fs& fs, const Store& store) {
  return fs.lstat(index_path(store)).has_value();
}

// Whether the index is as the store is now.
bool bring_up_to_date(const Context& context, const OpenedStore& opened) {
  const auto updated = build_index(context, opened, Look::changed);
  if (!updated) {
    warn("coldpress: the index could not be updated, so newer lines are missing: {}\n",
         printable(describe(updated.error())));
    return false;
  }
  tell_problems(*updated);
  return true;
}

Result<std::optional<CatalogUse>> rows_in_memory(const Context& context,
                                                 const OpenedStore& opened) {
  TRY_ASSIGN(Index index, Index::in_memory());
  ProgressBar bar(context.clock, !context.options.json && !context.options.quiet);
  TRY_ASSIGN(const IndexReport read,
             update_index(context.fs,
                          context.clock,
                          opened.store,
                          index,
                          rules_of(opened, bar, Look::all)));
  clear_drawn();
  tell_problems(read);
  return std::optional(CatalogUse{std::move(index), true});
}

} // namespace

Result<IndexReport>
build_index(const Context& context, const OpenedStore& opened, Look look) {
  ProgressBar bar(context.clock, !context.options.json && !context.options.quiet);
  auto updated =
      refresh_index(context.fs, context.clock, opened.store, rules_of(opened, bar, look));
  clear_drawn();
  if (updated && !updated->set_aside.empty()) {
    warn("coldpress: the index was damaged and has been rebuilt; the damaged one is {}; "
         "coldpress index drop removes it, too\n",
         printable(updated->set_aside));
  }
  return updated;
}

Result<std::optional<CatalogUse>>
use_catalog(const Context& context, const OpenedStore& opened, Without without) {
  const bool wanted =
      opened.loaded.settings.catalog.enabled || is_there(context.fs, opened.store);
  if (wanted) {
    bool up_to_date = false;
    if (context.options.catalog.no_update) {
      note("coldpress: answered from the index as it is, which may be older than the "
           "store\n");
    } else {
      up_to_date = bring_up_to_date(context, opened);
    }
    TRY_ASSIGN(auto index, Index::open_existing(index_path(opened.store)));
    if (index) {
      return std::optional(CatalogUse{std::move(*index), up_to_date});
    }
  }
  return without == Without::make_rows
             ? rows_in_memory(context, opened)
             : Result<std::optional<CatalogUse>>(std::optional<CatalogUse>());
}

Result<void>
put_family(const CatalogUse& use, const CatalogOptions& options, ThreadFilter& filter) {
  if (options.family.empty()) {
    return {};
  }
  TRY_ASSIGN(filter.threads, family_of(use.index.db(), lower_case(options.family)));
  return filter.threads.empty()
             ? Result<void>(
                   Fail(Error{Errc::not_found, 0, "find thread", options.family, {}}))
             : Result<void>();
}

void tell_problems(const IndexReport& report) {
  for (std::size_t i = 0; i < std::min(k_most_problems, report.problems.size()); ++i) {
    warn("coldpress: {}\n", printable(report.problems[i]));
  }
  if (report.problems.size() > k_most_problems) {
    warn("coldpress: {} more rollouts could not be read\n",
         report.problems.size() - k_most_problems);
  }
}

std::string age_text(WallTime then, WallTime now) {
  using namespace std::chrono;
  const auto age = std::max(now - then, nanoseconds{0});
  if (age < hours{1}) {
    return fmt::format("{} min", duration_cast<minutes>(age).count());
  }
  if (age < hours{48}) {
    return fmt::format("{} h", duration_cast<hours>(age).count());
  }
  return fmt::format("{} d", duration_cast<days>(age).count());
}

std::string short_text(std::string_view text, std::size_t width) {
  std::string line;
  std::size_t characters = 0;
  bool blank = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte <= ' ') {
      blank = !line.empty();
      at += 1;
      continue;
    }
    std::size_t end = at + 1;
    while (end < text.size() &&
           (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) {
      end += 1;
    }
    characters += blank ? 2 : 1;
    if (characters > width) {
      return printable(line) + "…";
    }
    line += blank ? " " : "";
    blank = false;
    line += text.substr(at, end - at);
    at = end;
  }
  return printable(line);
}

} // namespace coldpress
