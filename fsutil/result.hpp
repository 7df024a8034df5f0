#pragma once

#include "fsutil/error.hpp"

#include <tl/expected.hpp>

#include <utility>

namespace coldpress {

// A value or an Error. Dropping one is a compiler warning; `(void)f()` says "on
// purpose". Names match std::expected, which GCC 12 lacks in C++20.
template <class T> class [[nodiscard]] Result : public tl::expected<T, Error> {
  using Base = tl::expected<T, Error>;

public:
  using Base::Base;
  Result(Base base) : Base(std::move(base)) {}
};

using Fail = tl::unexpected<Error>;

// The same, its error naming `file` if it names none: a call on a handle does not know
// its path.
template <class T> Result<T> naming(const std::string& file, Result<T> result) {
  return result ? std::move(result) : Fail(std::move(result.error()).at(file));
}

// Returns the error of `expr` from the function this stands in.
#define TRY(expr)                                                                        \
  do {                                                                                   \
    if (auto try_result = (expr); !try_result) {                                         \
      return ::tl::make_unexpected(std::move(try_result.error()));                       \
    }                                                                                    \
  } while (false)

#define COLDPRESS_JOIN_(a, b) a##b
#define COLDPRESS_JOIN(a, b) COLDPRESS_JOIN_(a, b)

// TRY_ASSIGN(auto x, f()): the value of f(), or return its error.
#define TRY_ASSIGN(target, expr)                                                         \
  auto COLDPRESS_JOIN(try_assign_, __LINE__) = (expr);                                   \
  if (!COLDPRESS_JOIN(try_assign_, __LINE__)) {                                          \
    return ::tl::make_unexpected(                                                        \
        std::move(COLDPRESS_JOIN(try_assign_, __LINE__).error()));                       \
  }                                                                                      \
  target = std::move(*COLDPRESS_JOIN(try_assign_, __LINE__))

} // namespace coldpress
