#include "fsutil/thread_priority.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif

namespace coldpress {

void make_this_thread_idle() {
#ifdef __linux__
  sched_param none{};
  ::sched_setscheduler(0, SCHED_IDLE, &none); // 0: this thread, sched(7)
  // ioprio_set(2) has no wrapper: class idle (3) in the bits from 13 up, who = thread.
  constexpr int k_who_process = 1;
  constexpr int k_idle_class = 3 << 13;
  ::syscall(SYS_ioprio_set, k_who_process, 0, k_idle_class);
#elif defined(__APPLE__)
  ::setpriority(PRIO_DARWIN_THREAD, 0, PRIO_DARWIN_BG);
#endif
}

void name_this_thread(const char* name) {
#ifdef __APPLE__
  ::pthread_setname_np(name);
#else
  ::pthread_setname_np(::pthread_self(), name);
#endif
}

} // namespace coldpress
