#include "worker/run/usage.hpp"

#include "fsutil/capped.hpp"

#include <algorithm>
#include <unordered_map>

namespace coldpress {

namespace {

constexpr std::string_view k_unknown = "unknown";

// From `from` on, up to the next. Names are those of NDJSON.
template <class Bound> struct Band {
  std::string_view name;
  Bound from;
};

constexpr std::array<Band<std::chrono::days>, 6> k_ages{{
    {"under 1 d", std::chrono::days{0}},
    {"1 to 7 d", std::chrono::days{1}},
    {"7 to 30 d", std::chrono::days{7}},
    {"30 to 90 d", std::chrono::days{30}},
    {"90 to 365 d", std::chrono::days{90}},
    {"over 365 d", std::chrono::days{365}},
}};

constexpr std::uint64_t k_kib = 1024;
constexpr std::uint64_t k_mib = 1024 * k_kib;

constexpr std::array<Band<std::uint64_t>, 6> k_sizes{{
    {"under 64 KiB", 0},
    {"64 KiB to 1 MiB", 64 * k_kib},
    {"1 to 8 MiB", k_mib},
    {"8 to 64 MiB", 8 * k_mib},
    {"64 to 512 MiB", 64 * k_mib},
    {"over 512 MiB", 512 * k_mib},
}};

template <class Bands, class Value>
std::string_view band_of(const Bands& bands, const Value& value) {
  std::string_view name = bands.front().name;
  for (const auto& band : bands) {
    if (value >= band.from) {
      name = band.name;
    }
  }
  return name;
}

std::string_view or_unknown(const std::string& text) {
  return text.empty() ? k_unknown : std::string_view(text);
}

std::string_view key_of(Dimension dimension, const UsageFile& file, WallTime now) {
  switch (dimension) {
  case Dimension::project:
    return or_unknown(file.project);
  case Dimension::source:
    return or_unknown(file.source);
  case Dimension::tree:
    return file.tree;
  case Dimension::age:
    return band_of(k_ages, now - file.mtime);
  case Dimension::size:
    return band_of(k_sizes, file.plain.value_or(file.bytes));
  case Dimension::form:
    break;
  }
  return name_of(file.form);
}

template <class Bands> std::vector<UsageGroup> empty_groups(const Bands& bands) {
  std::vector<UsageGroup> groups;
  for (const auto& band : bands) {
    groups.emplace_back().name = band.name;
  }
  return groups;
}

bool is_banded(Dimension dimension) {
  return dimension == Dimension::age || dimension == Dimension::size;
}

} // namespace

std::string_view name_of(UsageForm form) {
  switch (form) {
  case UsageForm::plain:
    return "plain";
  case UsageForm::compressed:
    return "compressed";
  case UsageForm::others:
    return "others";
  case UsageForm::retired:
    break;
  }
  return "retired";
}

std::string_view name_of(Dimension dimension) {
  switch (dimension) {
  case Dimension::project:
    return "project";
  case Dimension::source:
    return "source";
  case Dimension::tree:
    return "tree";
  case Dimension::age:
    return "age";
  case Dimension::size:
    return "size";
  case Dimension::form:
    break;
  }
  return "form";
}

bool is_compressed(UsageForm form) {
  return form == UsageForm::compressed || form == UsageForm::others;
}

void UsageGroup::add(const UsageFile& file) {
  add_capped(bytes, file.bytes);
  if (file.form == UsageForm::retired) {
    add_capped(bytes_plain, file.bytes);
    return;
  }
  if (file.spare) {
    add_capped(bytes_compressed, file.bytes);
    return;
  }
  rollouts += 1;
  const std::uint64_t plain = file.plain.value_or(file.bytes);
  add_capped(plain_bytes, plain);
  if (!is_compressed(file.form)) {
    add_capped(bytes_plain, file.bytes);
    return;
  }
  add_capped(bytes_compressed, file.bytes);
  add_capped(saved_bytes, plain - std::min(plain, file.bytes));
  size_unknown += file.plain ? 0 : 1;
}

std::vector<UsageGroup>
group_by(Dimension dimension, const std::vector<UsageFile>& files, WallTime now) {
  std::vector<UsageGroup> groups;
  if (is_banded(dimension)) {
    groups = dimension == Dimension::age ? empty_groups(k_ages) : empty_groups(k_sizes);
  }
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    places.emplace(groups[i].name, i);
  }
  for (const UsageFile& file : files) {
    std::string key(key_of(dimension, file, now));
    const auto [place, is_new] = places.emplace(std::move(key), groups.size());
    if (is_new) {
      groups.emplace_back().name = place->first;
    }
    groups[place->second].add(file);
  }
  if (!is_banded(dimension)) {
    std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
      return a.bytes != b.bytes ? a.bytes > b.bytes : a.name < b.name;
    });
  }
  return groups;
}

UsageGroup total_of(const std::vector<UsageFile>& files) {
  UsageGroup total;
  for (const UsageFile& file : files) {
    total.add(file);
  }
  return total;
}

std::vector<UsageFile> largest_of(const std::vector<UsageFile>& files,
                                  std::size_t count) {
  std::vector<const UsageFile*> order;
  order.reserve(files.size());
  for (const UsageFile& file : files) {
    order.push_back(&file);
  }
  const auto end =
      order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
  std::partial_sort(order.begin(), end, order.end(), [](const auto* a, const auto* b) {
    return a->bytes != b->bytes ? a->bytes > b->bytes : a->rollout < b->rollout;
  });
  std::vector<UsageFile> largest;
  for (auto each = order.begin(); each != end; ++each) {
    largest.push_back(**each);
  }
  return largest;
}

} // namespace coldpress
