#pragma once

#include <memory>
#include <utility>

namespace coldpress {

// Something to call once, which may own what cannot be copied. std::function cannot,
// and std::move_only_function is C++23.
class Task {
public:
  Task() = default;
  template <class Call>
  requires(!std::is_same_v<std::decay_t<Call>, Task>) Task(Call call)
      : call_(std::make_unique<Holder<Call>>(std::move(call))) {}

  explicit operator bool() const { return call_ != nullptr; }
  void operator()() { call_->run(); }

private:
  struct Base {
    virtual ~Base() = default;
    virtual void run() = 0;
  };
  template <class Call> struct Holder final : Base {
    explicit Holder(Call c) : call(std::move(c)) {}
    void run() override { call(); }
    Call call;
  };
  std::unique_ptr<Base> call_;
};

} // namespace coldpress
