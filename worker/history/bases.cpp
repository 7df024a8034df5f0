#include "worker/history/bases.hpp"

#include <algorithm>

namespace coldpress::history {

namespace {

constexpr std::size_t k_longest_chain = 4096;

Fail failed(Errc code, const Base& base, std::string what) {
  return Fail(Error{code, 0, "resolve history_base", base.rollout_id, {std::move(what)}});
}

} // namespace

Result<std::vector<Base>> bases_of(const Meta& own, const FindSource& find) {
  std::vector<Base> bases;
  for (std::optional<Base> base = own.base; base;) {
    const Base& here = *base;
    const bool again = std::any_of(bases.begin(), bases.end(), [&](const Base& known) {
      return known.rollout_id == here.rollout_id;
    });
    if (again || bases.size() == k_longest_chain) {
      return failed(Errc::corrupt, here, "the rollout inherits from itself");
    }
    const auto source = find(here.rollout_id);
    if (!source) {
      return failed(Errc::not_found, here, "the rollout it inherits from is missing");
    }
    if (here.end_byte > source->bytes) {
      return failed(Errc::corrupt,
                    here,
                    "byte " + std::to_string(here.end_byte) + " is past its end");
    }
    bases.push_back(here);
    base = source->meta.base;
  }
  std::reverse(bases.begin(), bases.end());
  return bases;
}

} // namespace coldpress::history
