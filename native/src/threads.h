// Work spread over a pool of threads that belongs to somebody else.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace gatedrnn {

// Numbers below the smallest normal one count as zero, as in XLA's own programs, whose threads may or may not be set so.
class FlushDenormals {
#if defined(__SSE__)
 public:
  FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040); }
  ~FlushDenormals() { _mm_setcsr(before_); }

 private:
  unsigned before_;
#endif
};

// Calls work(i) for i below count, on the caller's thread and on those of the pool that have time; returns whether all
// went without an exception. It waits for work that a thread has begun and for nothing else: where the pool is busy
// the caller does all of it, and where the caller is a thread of the pool nothing can lock up.
template <class Pool, class Work>
bool for_each(Pool& pool, ptrdiff_t threads, ptrdiff_t count, const Work& work) {
  struct Shared {
    std::atomic<ptrdiff_t> next{0}, left;
    std::atomic<bool> failed{false};
    std::mutex mutex;
    std::condition_variable all_done;
  };
  auto shared = std::make_shared<Shared>();
  shared->left = count;
  // Whoever gets an index below count keeps the caller waiting, so that `work` still stands.
  const auto take_part = [shared, count, &work] {
    const FlushDenormals flush;
    for (ptrdiff_t i; (i = shared->next++) < count;) {
      try {
        work(i);
      } catch (...) {
        shared->failed = true;
      }
      if (--shared->left == 0) {
        const std::lock_guard<std::mutex> lock(shared->mutex);
        shared->all_done.notify_one();
      }
    }
  };
  for (ptrdiff_t helper = 1; helper < threads && helper < count; ++helper) pool.Schedule([take_part] { take_part(); });
  take_part();
  std::unique_lock<std::mutex> lock(shared->mutex);
  shared->all_done.wait(lock, [&] { return shared->left == 0; });
  return !shared->failed;
}

}  // namespace gatedrnn
