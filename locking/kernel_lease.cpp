#include "locking/kernel_lease.hpp"

namespace coldpress {

Result<KernelLease> KernelLease::try_take(Fs& fs, FileHandle file, LeaseKind kind) {
  if (auto taken = fs.set_lease(file, kind); !taken) {
    if (taken.error().code == Errc::busy) {
      taken.error().op = k_lease_op;
    }
    return Fail(std::move(taken.error()));
  }
  return KernelLease(fs, file, kind);
}

KernelLease::KernelLease(KernelLease&& other) noexcept
    : fs_(std::exchange(other.fs_, nullptr)), file_(other.file_), kind_(other.kind_) {}

KernelLease::~KernelLease() {
  if (fs_ != nullptr) {
    (void)fs_->drop_lease(file_); // close() ends it in any case
  }
}

bool KernelLease::whole() const {
  return fs_ != nullptr && fs_->lease_whole(file_, kind_).value_or(false);
}

} // namespace coldpress
