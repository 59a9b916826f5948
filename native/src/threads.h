// Work spread over a pool of threads that belongs to somebody else.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
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

// Work in rounds, one after the other, each of parts that may run at the same time.
struct Phase {
  ptrdiff_t rounds, parts;
  std::function<void(ptrdiff_t round, ptrdiff_t part)> work;
};

// What the threads of one call share, for as long as any of them looks at it.
class Team {
 public:
  Team(std::vector<Phase> phases, ptrdiff_t threads) : phases_(std::move(phases)), threads_(threads) {
    ptrdiff_t rounds = 0, parts = 0;
    for (const Phase& phase : phases_) {
      rounds += phase.rounds;
      parts += phase.rounds * phase.parts;
    }
    left_ = std::vector<std::atomic<ptrdiff_t>>(static_cast<size_t>(rounds));
    taken_ = std::vector<std::atomic<bool>>(static_cast<size_t>(parts));
    size_t round = 0;
    for (const Phase& phase : phases_) {
      for (ptrdiff_t i = 0; i < phase.rounds; ++i) left_[round++] = phase.parts;
    }
  }

  // Does parts, round by round, for as long as there are any. A thread begins at a part of its own, which round after
  // round reads the same weights, and goes on with those that nobody took. Whoever takes one keeps the caller waiting,
  // so that all that its work refers to still stands. Thread 0 is the caller's.
  void take_part(ptrdiff_t thread) {
    [[maybe_unused]] const FlushDenormals flush;
    size_t round = 0, parts = 0;
    for (const Phase& phase : phases_) {
      Clock::time_point began = {};
      for (ptrdiff_t i = 0; i < phase.rounds; ++i, ++round, parts += static_cast<size_t>(phase.parts)) {
        if (i > 0 && !wait_briefly(round - 1, thread, began)) return;
        if (i == 0 && round > 0) wait(round - 1);
        if (phase.rounds > 1) began = Clock::now();
        for (ptrdiff_t k = 0; k < phase.parts; ++k) {
          const ptrdiff_t part = (thread * phase.parts / threads_ + k) % phase.parts;
          if (take(taken_[parts + static_cast<size_t>(part)])) work(phase, i, part, left_[round]);
        }
      }
    }
  }

  // Returns whether all went without an exception.
  bool finish() {
    take_part(0);
    wait(left_.size() - 1);
    return !failed_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  static bool take(std::atomic<bool>& taken) {
    return !taken.load(std::memory_order_relaxed) && !taken.exchange(true, std::memory_order_relaxed);
  }

  void work(const Phase& phase, ptrdiff_t round, ptrdiff_t part, std::atomic<ptrdiff_t>& left) {
    try {
      if (!failed_) phase.work(round, part);
    } catch (...) {
      failed_ = true;
    }
    if (--left > 0) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    done_.notify_all();
  }

  bool done(size_t round) const { return left_[round].load(std::memory_order_acquire) == 0; }

  // Waits until a round is done. A thread that sleeps takes longer to wake than most others take to end: it first
  // looks for about a microsecond, then offers its time to others.
  void wait(size_t round) {
    constexpr int kLooks = 50, kOffers = 50;
    for (int i = 0; i < kLooks && !done(round); ++i) pause();
    for (int i = 0; i < kOffers && !done(round); ++i) std::this_thread::yield();
    if (done(round)) return;
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [&] { return done(round); });
  }

  // The same between rounds that need each other, which wait for each other every few microseconds. A thread that is
  // not there for much longer than its part can take has lost its processor to other programs, and would lose it again
  // and again: the caller goes on alone. Returns whether the thread is to stay.
  bool wait_briefly(size_t round, ptrdiff_t thread, Clock::time_point began) {
    constexpr int kLooks = 200;
    for (int i = 0; i < kLooks && !done(round); ++i) pause();
    if (!done(round)) {
      const Clock::time_point now = Clock::now();
      const Clock::time_point end = now + std::max<Clock::duration>(now - began, std::chrono::microseconds(100));
      while (!done(round) && Clock::now() < end) std::this_thread::yield();
      if (!done(round)) alone_ = true;
      if (thread == 0) wait(round);
    }
    return thread == 0 || !alone_;
  }

  static void pause() {
#if defined(__SSE__)
    _mm_pause();
#endif
  }

  const std::vector<Phase> phases_;
  const ptrdiff_t threads_;
  std::vector<std::atomic<ptrdiff_t>> left_;  // parts of each round that are not done
  std::vector<std::atomic<bool>> taken_;      // of all rounds
  std::atomic<bool> failed_{false}, alone_{false};
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
  const ptrdiff_t members = std::min(threads, most);
  const auto team = std::make_shared<Team>(std::move(phases), members);
  for (ptrdiff_t helper = 1; helper < members; ++helper) {
    pool.Schedule([team, helper] { team->take_part(helper); });
  }
  return team->finish();
}

}  // namespace gatedrnn
