// A fuzz of the kernels without XLA, to be run under the compiler's sanitizers: every instruction set that the machine
// has, every cell, sizes 1 to 70, flags or none, on threads of its own; every other call has a batch of 1 to 3 and more
// units, which threads share, and gives the bits of one thread. All arrays have exactly the size that a call says.
#include <cstdio>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "src/run.h"

namespace {

using namespace gatedrnn;
using Array = std::vector<float>;

struct Threads {
  std::vector<std::thread> running;
  template <class F>
  void Schedule(F&& work) {
    running.emplace_back(std::forward<F>(work));
  }
  ~Threads() {
    for (std::thread& thread : running) thread.join();
  }
};

class Fuzz {
 public:
  explicit Fuzz(unsigned seed) : random_(seed), shares_units_(seed % 2 == 1) {}

  bool run(const Kernels* of_cells) {
    const Cell cell = static_cast<Cell>(below(kCells));
    const Kernels& kernels = of_cells[cell];
    const ptrdiff_t members = shares_units_ ? 1 : 1 + below(3), gates = kernels.gates;
    const Sizes few = {1 + below(9), 1 + below(3), 1 + below(70), 360 + below(70), below(2) == 1};
    const Sizes many = {1 + below(70), 1 + below(70), 1 + below(70), 1 + below(70), below(2) == 1};
    const Sizes s = shares_units_ ? few : many;
    const ptrdiff_t steps = members * s.length * s.batch, carry = members * s.batch * s.hidden;
    const Array x = drawn(steps * s.inputs), w_x = drawn(members * s.inputs * gates * s.hidden);
    const Array w_h = drawn(members * s.hidden * gates * s.hidden), b = drawn(members * gates * s.hidden);
    const Array b_h = drawn(members * s.hidden), h = drawn(carry), c = drawn(carry), d_ys = drawn(steps * s.hidden);
    const auto valid = flags(steps), reset = flags(steps);
    const bool flagged = below(2) == 1;
    const Layer layer = {s,        x.data(), w_x.data(), w_h.data(), b.data(), b_h.data(),
                         h.data(), c.data(), h.data(),   c.data(),   flagged ? valid.get() : nullptr,
                         flagged ? reset.get() : nullptr};
    const Call call = {cell, &kernels, members, layer};
    Array ys(d_ys.size()), h_end(h.size()), c_end(c.size());
    Array kept(static_cast<size_t>(members * kept_size(kernels, s)));
    const ForwardResults out = {ys.data(), h_end.data(), c_end.data(), kept.data()};
    Array d_x(x.size()), d_w_x(w_x.size()), d_w_h(w_h.size()), d_b(b.size()), d_b_h(b_h.size());
    Array d_h(h.size()), d_c(c.size()), d_h_initial(h.size()), d_c_initial(c.size());
    const BackwardResults gradients = {d_x.data(), d_w_x.data(), d_w_h.data(),       d_b.data(),        d_b_h.data(),
                                       d_h.data(), d_c.data(),   d_h_initial.data(), d_c_initial.data()};
    const auto run_on = [&](ptrdiff_t count) {
      Threads threads;
      return forward(threads, count, call, out) &&
             backward(threads, count, call, out, {d_ys.data(), h.data(), c.data()}, gradients);
    };
    if (!run_on(3)) return false;
    if (!shares_units_) return true;
    const std::vector<const Array*> results = {&ys, &h_end, &d_x, &d_w_x, &d_w_h, &d_b, &d_h, &d_h_initial};
    std::vector<Array> shared;
    for (const Array* result : results) shared.push_back(*result);
    if (!run_on(1)) return false;
    for (size_t i = 0; i < results.size(); ++i) {
      if (shared[i] != *results[i]) return false;
    }
    return true;
  }

 private:
  ptrdiff_t below(ptrdiff_t count) { return std::uniform_int_distribution<ptrdiff_t>(0, count - 1)(random_); }

  Array drawn(ptrdiff_t count) {
    Array numbers(static_cast<size_t>(count));
    for (float& number : numbers) number = std::normal_distribution<float>()(random_);
    return numbers;
  }

  std::unique_ptr<bool[]> flags(ptrdiff_t count) {
    std::unique_ptr<bool[]> all(new bool[static_cast<size_t>(count)]);
    for (ptrdiff_t i = 0; i < count; ++i) all[static_cast<size_t>(i)] = below(3) > 0;
    return all;
  }

  std::mt19937 random_;
  const bool shares_units_;
};

const char* const kNames[kInstructionSets] = {"portable", "avx2", "avx512"};

}  // namespace

int main() {
  for (int set = 0; set < kInstructionSets; ++set) {
    const Kernels* const kernels = kernels_of(static_cast<InstructionSet>(set));
    if (kernels == nullptr) {
      std::printf("%s: not on this machine\n", kNames[set]);
      continue;
    }
    for (unsigned seed = 0; seed < 24; ++seed) {
      if (Fuzz(seed).run(kernels)) continue;
      std::printf("%s: call %u failed, or threads that share units gave other bits\n", kNames[set], seed);
      return 1;
    }
    std::printf("%s: 24 calls of random sizes, nothing found\n", kNames[set]);
  }
}
