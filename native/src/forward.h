// The forward pass of some sequences of a batch, from the first step to the last.
#pragma once

#include "cells.h"
#include "packing.h"

namespace gatedrnn {
inline namespace INSTRUCTION_SET {

template <class Cell>
class ForwardPass {
 public:
  ForwardPass(const Layer& layer, const float* packed, Rows rows, const ForwardResults& out, ptrdiff_t parts)
      : layer_(layer),
        sizes_(layer_.sizes),
        packing_(layer.sizes),
        packed_(packed),
        rows_(rows),
        out_(out),
        parts_(parts),
        padded_(packing_.padded()),
        ahead_(rows.count < (most_rows<Cell::kGates>() + 1) / 2),
        block_(least(sizes_.length, ahead_ ? kBlockRows / rows.count : sizes_.length)),
        z_(ahead_ ? block_ * rows.count * packing_.columns : 0),
        x_(sizes_.length * rows.count),
        states_((kStages > 1 ? 6 : 3) * rows.count * padded_),
        c_(states_.get() + 2 * rows.count * padded_),
        opened_(c_ + rows.count * padded_),
        apart_(opened_ + (kStages > 1 ? rows.count * padded_ : 0)) {
    for (ptrdiff_t n = 0; n < sizes_.length; ++n) {
      for (ptrdiff_t b = 0; b < rows.count; ++b) x_.get()[n * rows.count + b] = layer_.x + row(n, b) * sizes_.inputs;
    }
    for (ptrdiff_t b = 0; b < rows.count; ++b) {
      for (ptrdiff_t group = 0; group < packing_.groups; ++group) {
        resets(0, b) ? set_state(0, b, group, layer_.h_initial, layer_.c_initial)
                     : set_state(0, b, group, layer_.h, layer_.c);
      }
    }
  }

  // kStages rounds for each step; where inputs are projected ahead, one more for each block of steps.
  ptrdiff_t rounds() const { return (ahead_ ? parts_of(sizes_.length, block_) : 0) + kStages * sizes_.length; }

  void run(ptrdiff_t round, ptrdiff_t part) {
    const Range groups = range_of(packing_.groups, part, parts_);
    const ptrdiff_t lead = ahead_ ? 1 : 0, rounds = lead + kStages * block_, within = round % rounds - lead;
    const ptrdiff_t first = round / rounds * block_;
    if (within < 0) return project(first, least(sizes_.length - first, block_), groups);
    const ptrdiff_t n = first + within / kStages;
    if constexpr (kStages > 1) {
      if (within % kStages == 0) return open(n, groups);
    }
    step(n, groups);
  }

  void end() {
    for (ptrdiff_t b = 0; b < rows_.count; ++b) {
      const size_t bytes = sizeof(float) * static_cast<size_t>(sizes_.hidden);
      const ptrdiff_t to = (rows_.first + b) * sizes_.hidden;
      std::memcpy(out_.h + to, h(sizes_.length) + b * padded_, bytes);
      if (Cell::kHasCell) std::memcpy(out_.c + to, c_ + b * padded_, bytes);
    }
  }

 private:
  static constexpr int kLate = Cell::kGates - Cell::kEarly, kStages = Cell::kEarly > 0 ? 2 : 1;
  static constexpr ptrdiff_t kBlockRows = 256;  // rows whose projected inputs stay in a core's cache

  // The row of step n and sequence b in arrays over all steps and sequences.
  ptrdiff_t row(ptrdiff_t n, ptrdiff_t b) const { return step_at(sizes_, n) * sizes_.batch + rows_.first + b; }

  // The h that step n consumes; two of them are enough.
  float* h(ptrdiff_t n) const { return states_.get() + n % 2 * rows_.count * padded_; }

  // Whether step n consumes the initial carry, and not what the step before it left.
  bool resets(ptrdiff_t n, ptrdiff_t b) const {
    return layer_.reset != nullptr && n < sizes_.length && layer_.reset[row(n, b)];
  }

  void set_state(ptrdiff_t n, ptrdiff_t b, ptrdiff_t group, const float* from_h, const float* from_c) {
    const ptrdiff_t from = (rows_.first + b) * sizes_.hidden + group * kWidth;
    put(h(n) + b * padded_, group, load_some(from_h + from, packing_.units_of(group)));
    if (Cell::kHasCell) put(c_ + b * padded_, group, load_some(from_c + from, packing_.units_of(group)));
  }

  // Project the inputs of some steps, where one has too few rows for weights to be read once for many: group by group,
  // so that its columns of weights stay in the nearest cache.
  void project(ptrdiff_t first, ptrdiff_t steps, Range groups) {
    for (ptrdiff_t group = groups.first; group < groups.end; ++group) {
      const float* weights = packed_ + group * packing_.group_size();
      tiles<most_rows<Cell::kGates>()>(steps * rows_.count, [&](auto rows, ptrdiff_t from) {
        constexpr int kRows = decltype(rows)::value;
        const float* x[kRows];
        Vector sum[kRows][Cell::kGates];
        for (int r = 0; r < kRows; ++r) {
          x[r] = x_.get()[first * rows_.count + from + r];
          for (int v = 0; v < Cell::kGates; ++v) sum[r][v] = at(weights, v);
        }
        multiply_rows<Cell::kGates>(sum, x, weights + (Cell::kGates + 1) * kWidth, sizes_.inputs);
        for (int r = 0; r < kRows; ++r) {
          float* z = z_.get() + (from + r) * packing_.columns + group * Cell::kGates * kWidth;
          for (int v = 0; v < Cell::kGates; ++v) put(z, v, sum[r][v]);
        }
      });
    }
  }

  // The weights of a group's two products.
  const float* of_inputs(ptrdiff_t group) const {
    return packed_ + group * packing_.group_size() + (Cell::kGates + 1) * kWidth;
  }
  const float* recurrent(ptrdiff_t group) const { return of_inputs(group) + sizes_.inputs * Cell::kGates * kWidth; }

  // The projected inputs of a step for the gates from kFirst on: made now, or ahead.
  template <int kFirst, int kRows, int kCount>
  void begin(ptrdiff_t n, ptrdiff_t group, ptrdiff_t from, Vector (&sum)[kRows][kCount]) const {
    const float *weights = of_inputs(group), *bias = packed_ + group * packing_.group_size();
    const float* read[kRows];
    for (int r = 0; r < kRows; ++r) {
      const ptrdiff_t place = n % block_ * rows_.count + from + r;
      read[r] = ahead_ ? z_.get() + place * packing_.columns + group * Cell::kGates * kWidth : x_.get()[place];
      for (int v = 0; v < kCount; ++v) sum[r][v] = at(ahead_ ? read[r] : bias, kFirst + v);
    }
    if (!ahead_) multiply_rows<Cell::kGates>(sum, read, weights + kFirst * kWidth, sizes_.inputs);
  }

  // Open the gates for which the others' product waits.
  void open(ptrdiff_t n, Range groups) {
    for (ptrdiff_t group = groups.first; group < groups.end; ++group) {
      tiles<most_rows<Cell::kEarly>()>(rows_.count, [&](auto rows, ptrdiff_t from) {
        constexpr int kRows = decltype(rows)::value;
        const float* before[kRows];
        Vector sum[kRows][Cell::kEarly];
        begin<0>(n, group, from, sum);
        for (int r = 0; r < kRows; ++r) before[r] = h(n) + (from + r) * padded_;
        multiply_rows<Cell::kGates>(sum, before, recurrent(group), sizes_.hidden);
        for (int r = 0; r < kRows; ++r) {
          Apart apart;
          put(opened_ + (from + r) * padded_, group, Cell::open(sum[r], at(before[r], group), apart));
          put(apart_ + (from + r) * padded_, group, apart.first);
          put(apart_ + (rows_.count + from + r) * padded_, group, apart.second);
        }
      });
    }
  }

  void step(ptrdiff_t n, Range groups) {
    for (ptrdiff_t group = groups.first; group < groups.end; ++group) {
      tiles<most_rows<kLate>()>(rows_.count, [&](auto rows, ptrdiff_t from) {
        tile<decltype(rows)::value>(n, group, from);
      });
    }
  }

  template <int kRows>
  void tile(ptrdiff_t n, ptrdiff_t group, ptrdiff_t from) {
    const Vector bias = at(packed_ + group * packing_.group_size(), Cell::kGates);
    const float* read[kRows];
    Vector sum[kRows][kLate];
    Apart apart[kRows];
    begin<Cell::kEarly>(n, group, from, sum);
    for (int r = 0; r < kRows; ++r) {
      read[r] = (kStages > 1 ? opened_ : h(n)) + (from + r) * padded_;
      Cell::start(sum[r], bias, apart[r]);
    }
    if constexpr (Cell::kRecurrent) {
      multiply_rows<Cell::kGates>(sum, read, recurrent(group) + Cell::kEarly * kWidth, sizes_.hidden);
    }
    for (int r = 0; r < kRows; ++r) {
      const ptrdiff_t place = (from + r) * padded_ + group * kWidth;
      if (kStages > 1) apart[r] = {load(apart_ + place), load(apart_ + rows_.count * padded_ + place)};
      finish(n, from + r, group, sum[r], apart[r]);
    }
  }

  // Open and close the gates of a sequence's units of one group, where the step exists.
  void finish(ptrdiff_t n, ptrdiff_t b, ptrdiff_t group, const Vector (&sum)[kLate], const Apart& apart) {
    const ptrdiff_t from = row(n, b), place = b * padded_ + group * kWidth;
    float* ys = out_.ys + from * sizes_.hidden + group * kWidth;
    State state = {load(h(n) + place), Cell::kHasCell ? load(c_ + place) : Vector{}};
    if (layer_.valid != nullptr && !layer_.valid[from]) {
      store_some(ys, Vector{}, packing_.units_of(group));
    } else {
      float* kept = out_.kept;
      if (kept != nullptr) kept += (from * packing_.groups + group) * Cell::kKept * kWidth;
      state = Cell::gate(sum, apart, state, kept);
      store_some(ys, state.h, packing_.units_of(group));
    }
    if (resets(n + 1, b)) return set_state(n + 1, b, group, layer_.h_initial, layer_.c_initial);
    store(h(n + 1) + place, state.h);
    if (Cell::kHasCell) store(c_ + place, state.c);
  }

  const Layer layer_;
  const Sizes& sizes_;
  const Packing<Cell> packing_;
  const float* packed_;
  const Rows rows_;
  const ForwardResults out_;
  const ptrdiff_t parts_, padded_;
  const bool ahead_;  // whether inputs are projected for a block of steps at once
  const ptrdiff_t block_;
  Scratch<float> z_;
  Scratch<const float*> x_;  // the row of each step and sequence
  Scratch<float> states_;    // h before and after a step, and:
  float *c_, *opened_, *apart_;
};

}  // namespace INSTRUCTION_SET
}  // namespace gatedrnn
