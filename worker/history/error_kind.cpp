#include "worker/history/error_kind.hpp"

#include <algorithm>
#include <array>

namespace coldpress::history {

namespace {

constexpr auto k_kinds = std::to_array<std::string_view>({
    "context_window_exceeded",
    "usage_limit_exceeded",
    "server_overloaded",
    "internal_server_error",
    "unauthorized",
    "bad_request",
    "sandbox_error",
    "other",
    "http_connection_failed",
    "response_stream_connection_failed",
    "response_stream_disconnected",
    "response_too_many_failed_attempts",
    "thread_rollback_failed",
    "active_turn_not_steerable",
    "session_budget_exceeded",
    "rate_limit_exceeded",
    "flex_unavailable",
    "model_not_found",
    "policy_capacity_unavailable",
    "cyber_policy",
    "bio_policy",
    "misalignment_policy_violation",
    "too_many_denials",
    "inference_hook_denied",
});

} // namespace

std::string error_kind(std::string_view word) {
  if (std::find(k_kinds.begin(), k_kinds.end(), word) == k_kinds.end()) {
    return "other";
  }
  std::string name;
  bool raise = false;
  for (const char c : word) {
    if (c == '_') {
      raise = true;
    } else {
      name += raise ? static_cast<char>(c - 'a' + 'A') : c;
      raise = false;
    }
  }
  return name;
}

bool fails_turn(std::string_view word) {
  return word != "thread_rollback_failed" && word != "active_turn_not_steerable";
}

} // namespace coldpress::history
