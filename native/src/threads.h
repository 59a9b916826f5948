// Work spread over a pool of threads that belongs to somebody else.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

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

// Work in parts that may run at the same time.
struct Phase {
  ptrdiff_t parts;
  std::function<void(ptrdiff_t)> work;
};

// What the threads of one call share, for as long as any of them looks at it.
class Team {
 public:
  explicit Team(std::vector<Phase> phases) : phases_(std::move(phases)), progress_(phases_.size()) {
    for (size_t i = 0; i < phases_.size(); ++i) progress_[i].left = phases_[i].parts;
  }

  // Does parts, phase by phase, for as long as there are any. Whoever gets one keeps the caller waiting, so that all
  // that its work refers to still stands.
  void take_part() {
    [[maybe_unused]] const FlushDenormals flush;
    for (size_t i = 0; i < phases_.size(); ++i) {
      for (ptrdiff_t part; (part = progress_[i].next++) < phases_[i].parts;) {
        try {
          if (!failed_) phases_[i].work(part);
        } catch (...) {
          failed_ = true;
        }
        if (--progress_[i].left == 0) {
          const std::lock_guard<std::mutex> lock(mutex_);
          done_.notify_all();
        }
      }
      if (i + 1 < phases_.size()) wait(i);
    }
  }

  // Returns whether all went without an exception.
  bool finish() {
    take_part();
    wait(phases_.size() - 1);
    return !failed_;
  }

 private:
  struct Progress {
    std::atomic<ptrdiff_t> next{0}, left{0};
  };

  // A thread that sleeps takes longer to wake than most others take to end: it first offers its time to them.
  void wait(size_t phase) {
    constexpr int kOffers = 50;
    const auto done = [&] { return progress_[phase].left == 0; };
    for (int i = 0; i < kOffers && !done(); ++i) std::this_thread::yield();
    if (done()) return;
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, done);
  }

  const std::vector<Phase> phases_;
  std::vector<Progress> progress_;
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::condition_variable done_;
};

// Does the phases one after the other, on the caller's thread and on those of the pool that have time; returns whether
// all went without an exception. It waits for work that a thread has begun and for nothing else: where the pool is busy
// the caller does all of it, and where the caller is a thread of the pool nothing can lock up.
template <class Pool>
bool run_phases(Pool& pool, ptrdiff_t threads, std::vector<Phase> phases) {
  ptrdiff_t most = 1;
  for (const Phase& phase : phases) most = std::max(most, phase.parts);
  const auto team = std::make_shared<Team>(std::move(phases));
  for (ptrdiff_t helper = 1; helper < threads && helper < most; ++helper) {
    pool.Schedule([team] { team->take_part(); });
  }
  return team->finish();
}

}  // namespace gatedrnn
