// A whole call: members of a population, each a layer over a batch, spread over threads.
#pragma once

#include <algorithm>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "call.h"
#include "pages.h"
#include "threads.h"

namespace gatedrnn {

struct Call {
  Cell cell;
  const Kernels* kernels;
  ptrdiff_t members;  // layers of equal sizes, one after the other in every array
  Layer layer;        // of the first
};

// Floats that a forward pass leaves for the backward pass, of one member.
inline ptrdiff_t kept_size(const Kernels& kernels, const Sizes& sizes) {
  const ptrdiff_t groups = (sizes.hidden + kernels.width - 1) / kernels.width;
  return sizes.length * sizes.batch * groups * kernels.kept * kernels.width;
}

template <class T>
T* advanced(T* from, ptrdiff_t by) {
  return from == nullptr ? nullptr : from + by;
}

inline Layer member_of(const Call& call, ptrdiff_t m, ptrdiff_t gates) {
  Layer layer = call.layer;
  const Sizes& s = layer.sizes;
  const ptrdiff_t carry = m * s.batch * s.hidden, flags = m * s.length * s.batch;
  layer.x = advanced(layer.x, flags * s.inputs);
  layer.w_x = advanced(layer.w_x, m * s.inputs * gates * s.hidden);
  layer.w_h = advanced(layer.w_h, m * s.hidden * gates * s.hidden);
  layer.b = advanced(layer.b, m * gates * s.hidden);
  layer.b_h = advanced(layer.b_h, m * s.hidden);
  layer.h = advanced(layer.h, carry);
  layer.c = advanced(layer.c, carry);
  layer.h_initial = advanced(layer.h_initial, carry);
  layer.c_initial = advanced(layer.c_initial, carry);
  layer.valid = advanced(layer.valid, flags);
  layer.reset = advanced(layer.reset, flags);
  return layer;
}

inline ForwardResults member_of(const ForwardResults& all, const Kernels& kernels, const Sizes& s, ptrdiff_t m) {
  const ptrdiff_t carry = m * s.batch * s.hidden;
  return {advanced(all.ys, s.length * carry), advanced(all.h, carry), advanced(all.c, carry),
          advanced(all.kept, m * kept_size(kernels, s))};
}

inline BackwardResults member_of(const BackwardResults& all, const Sizes& s, ptrdiff_t m, ptrdiff_t gates) {
  const ptrdiff_t carry = m * s.batch * s.hidden;
  return {advanced(all.x, m * s.length * s.batch * s.inputs),
          advanced(all.w_x, m * s.inputs * gates * s.hidden),
          advanced(all.w_h, m * s.hidden * gates * s.hidden),
          advanced(all.b, m * gates * s.hidden),
          advanced(all.b_h, m * s.hidden),
          advanced(all.h, carry),
          advanced(all.c, carry),
          advanced(all.h_initial, carry),
          advanced(all.c_initial, carry)};
}

// How a batch is shared out: enough shares for all threads, but none of fewer rows than a product serves at once.
struct Shares {
  ptrdiff_t batch, count;

  Shares(const Call& call, const Kernels& kernels, ptrdiff_t threads)
      : batch(call.layer.sizes.batch),
        count(std::min((threads + call.members - 1) / call.members, (batch + kernels.sums - 1) / kernels.sums)) {
    count = std::max<ptrdiff_t>(count, 1);
  }

  Rows rows(ptrdiff_t share) const {
    const ptrdiff_t first = batch * share / count;
    return {first, batch * (share + 1) / count - first};
  }
};

// Floats on whole cache lines, so that no vector of packed weights lies across two.
struct Lines {
  static constexpr std::align_val_t kLine{64};
  void operator()(float* floats) const { ::operator delete[](floats, kLine); }
};
using Floats = std::unique_ptr<float[], Lines>;

inline Floats floats_on_lines(ptrdiff_t count) {
  const size_t bytes = sizeof(float) * static_cast<size_t>(count);
  Floats floats(static_cast<float*>(::operator new[](bytes, Lines::kLine)));
  ask_for_large_pages(floats.get(), bytes);
  return floats;
}

// Packs the weights of all members.
inline Phase packing(const Call& call, const Kernels& kernels, bool backward, float* packed) {
  const ptrdiff_t size = kernels.packed_size(call.layer.sizes, backward);
  const ptrdiff_t parts = kernels.pack_parts(call.layer.sizes, backward);
  return {1, call.members * parts, [&call, &kernels, backward, packed, size, parts](ptrdiff_t, ptrdiff_t i) {
            const ptrdiff_t m = i / parts;
            kernels.pack(member_of(call, m, kernels.gates), backward, i % parts, packed + m * size);
          }};
}

// A pass, freed with this.
class Pass {
 public:
  explicit Pass(const Rounds& rounds) : rounds_(rounds) {}
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;
  ~Pass() { rounds_.drop(rounds_.pass); }

  ptrdiff_t count() const { return rounds_.count; }
  void run(ptrdiff_t round, ptrdiff_t part) { rounds_.run(rounds_.pass, round, part); }
  void end() { rounds_.end(rounds_.pass); }

 private:
  const Rounds rounds_;
};

// How many threads share the units of one batch, round by round, where it has too few rows to be shared out itself: as
// many as have products enough in each step to be worth waiting for each other.
inline ptrdiff_t threads_of_units(const Call& call, const Shares& shares, ptrdiff_t threads) {
  constexpr ptrdiff_t kWorth = 1 << 16;
  const Sizes& s = call.layer.sizes;
  if (call.members * shares.count > 1 || call.cell == kMinGru) return 1;
  const ptrdiff_t products = s.batch * s.hidden * s.hidden * call.kernels->gates;
  const ptrdiff_t groups = s.hidden / (2 * call.kernels->width);
  return std::max<ptrdiff_t>(1, std::min({threads, groups, products / kWorth}));
}

// Runs passes: begin(share, parts) makes that of a share. Each thread takes whole shares; where there is but one, all
// threads take parts of its units.
template <class Pool, class Begin>
bool run_shares(Pool& pool, ptrdiff_t threads, const Call& call, const Shares& shares, std::vector<Phase> phases,
                size_t place, const Begin& begin) {
  const ptrdiff_t parts = threads_of_units(call, shares, threads);
  std::unique_ptr<Pass> together;
  if (parts > 1) {
    together = std::make_unique<Pass>(begin(0, parts));
    phases[place] = {together->count(), parts, [&](ptrdiff_t round, ptrdiff_t part) { together->run(round, part); }};
  } else {
    phases[place] = {1, call.members * shares.count, [&](ptrdiff_t, ptrdiff_t share) {
                       Pass pass(begin(share, 1));
                       for (ptrdiff_t round = 0; round < pass.count(); ++round) pass.run(round, 0);
                       pass.end();
                     }};
  }
  const bool done = run_phases(pool, threads, std::move(phases));
  if (done && parts > 1) together->end();
  return done;
}

template <class Pool>
bool forward(Pool& pool, ptrdiff_t threads, const Call& call, const ForwardResults& out) {
  const Kernels& kernels = *call.kernels;
  const Sizes& sizes = call.layer.sizes;
  const ptrdiff_t size = kernels.packed_size(sizes, false);
  const Floats packed = floats_on_lines(call.members * size);
  const Shares shares(call, kernels, threads);
  const auto begin = [&](ptrdiff_t i, ptrdiff_t parts) {
    const ptrdiff_t m = i / shares.count;
    return kernels.forward(member_of(call, m, kernels.gates), packed.get() + m * size, shares.rows(i % shares.count),
                           member_of(out, kernels, sizes, m), parts);
  };
  return run_shares(pool, threads, call, shares, {packing(call, kernels, false, packed.get()), {}}, 1, begin);
}

template <class Pool>
bool backward(Pool& pool, ptrdiff_t threads, const Call& call, const ForwardResults& forward,
              const Cotangents& cotangents, const BackwardResults& out) {
  const Kernels& kernels = *call.kernels;
  const Sizes& sizes = call.layer.sizes;
  const Shares shares(call, kernels, threads);
  const ptrdiff_t size = kernels.packed_size(sizes, true), gradient = kernels.gradient_size(sizes);
  const Floats packed = floats_on_lines(call.members * size);
  const Floats gradients = floats_on_lines(call.members * shares.count * gradient);
  const auto begin = [&](ptrdiff_t i, ptrdiff_t parts) {
    const ptrdiff_t m = i / shares.count, carry = m * sizes.batch * sizes.hidden;
    const Cotangents given = {cotangents.ys + sizes.length * carry, cotangents.h + carry,
                              advanced(cotangents.c, carry)};
    return kernels.backward(member_of(call, m, kernels.gates), packed.get() + m * size, shares.rows(i % shares.count),
                            member_of(forward, kernels, sizes, m), given, gradients.get() + i * gradient,
                            member_of(out, sizes, m, kernels.gates), parts);
  };
  const ptrdiff_t parts = kernels.pack_parts(sizes, false);
  const auto add_up = [&](ptrdiff_t, ptrdiff_t i) {
    const ptrdiff_t m = i / parts;
    kernels.add_up(member_of(call, m, kernels.gates), i % parts, gradients.get() + m * shares.count * gradient,
                   shares.count, member_of(out, sizes, m, kernels.gates));
  };
  return run_shares(pool, threads, call, shares,
                    {packing(call, kernels, true, packed.get()), {}, {1, call.members * parts, add_up}}, 1, begin);
}

}  // namespace gatedrnn
