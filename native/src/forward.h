// The forward pass of some sequences of a batch, from the first step to the last.
#pragma once

#include "cells.h"
#include "packing.h"

namespace gatedrnn {
inline namespace INSTRUCTION_SET {

template <class Cell>
class ForwardPass {
 public:
  ForwardPass(const Layer& layer, const float* packed, Rows rows, const ForwardResults& out)
      : layer_(layer),
        sizes_(layer.sizes),
        packing_(layer.sizes),
        packed_(packed),
        rows_(rows),
        out_(out),
        padded_(packing_.groups * kWidth),
        block_(least(sizes_.length, rows.count > kBlockRows ? 1 : kBlockRows / rows.count)),
        z_(block_ * rows.count * packing_.columns),
        x_(block_ * rows.count),
        states_((Cell::kEarly > 0 ? 4 : 3) * rows.count * padded_),
        h_(states_.get()),
        next_h_(h_ + rows.count * padded_),
        c_(next_h_ + rows.count * padded_),
        opened_(Cell::kEarly > 0 ? c_ + rows.count * padded_ : nullptr) {}

  void run() {
    for (ptrdiff_t b = 0; b < rows_.count; ++b) set_state(b, layer_.h, layer_.c);
    for (ptrdiff_t first = 0; first < sizes_.length; first += block_) {
      const ptrdiff_t steps = least(sizes_.length - first, block_);
      project(first, steps);
      for (ptrdiff_t n = 0; n < steps; ++n) step(first + n, z_.get() + n * rows_.count * packing_.columns);
    }
    for (ptrdiff_t b = 0; b < rows_.count; ++b) {
      const size_t bytes = sizeof(float) * static_cast<size_t>(sizes_.hidden);
      std::memcpy(out_.h + (rows_.first + b) * sizes_.hidden, h_ + b * padded_, bytes);
      if (Cell::kHasCell) std::memcpy(out_.c + (rows_.first + b) * sizes_.hidden, c_ + b * padded_, bytes);
    }
  }

 private:
  static constexpr int kLate = Cell::kGates - Cell::kEarly;
  static constexpr ptrdiff_t kBlockRows = 256;  // rows whose projected inputs stay in a core's cache

  // The row of step n and sequence b in arrays over all steps and sequences.
  ptrdiff_t row(ptrdiff_t n, ptrdiff_t b) const { return step_at(sizes_, n) * sizes_.batch + rows_.first + b; }

  void set_state(ptrdiff_t b, const float* h, const float* c) {
    for (ptrdiff_t group = 0; group < packing_.groups; ++group) {
      const ptrdiff_t from = (rows_.first + b) * sizes_.hidden + group * kWidth, to = b * padded_ + group * kWidth;
      store(h_ + to, load_some(h + from, packing_.units_of(group)));
      if (Cell::kHasCell) store(c_ + to, load_some(c + from, packing_.units_of(group)));
    }
  }

  // Project the inputs of some steps: group by group, so that its columns of weights stay in the nearest cache.
  void project(ptrdiff_t first, ptrdiff_t steps) {
    const float** from_row = x_.get();
    for (ptrdiff_t n = 0; n < steps; ++n) {
      for (ptrdiff_t b = 0; b < rows_.count; ++b) *from_row++ = layer_.x + row(first + n, b) * sizes_.inputs;
    }
    for (ptrdiff_t group = 0; group < packing_.groups; ++group) {
      const float* weights = packed_ + group * packing_.group_size();
      tiles<most_rows<Cell::kGates>()>(steps * rows_.count, [&](auto rows, ptrdiff_t from) {
        constexpr int kRows = decltype(rows)::value;
        const float* x[kRows];
        Vector sum[kRows][Cell::kGates];
        for (int r = 0; r < kRows; ++r) {
          x[r] = x_.get()[from + r];
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

  void step(ptrdiff_t n, float* z) {
    if (layer_.reset != nullptr) {
      for (ptrdiff_t b = 0; b < rows_.count; ++b) {
        if (layer_.reset[row(n, b)]) set_state(b, layer_.h_initial, layer_.c_initial);
      }
    }
    if constexpr (Cell::kEarly > 0) {
      for (ptrdiff_t group = 0; group < packing_.groups; ++group) {
        tiles<most_rows<Cell::kEarly>()>(rows_.count, [&](auto rows, ptrdiff_t from) {
          open<decltype(rows)::value>(z, group, from);
        });
      }
    }
    for (ptrdiff_t group = 0; group < packing_.groups; ++group) {
      tiles<most_rows<kLate>()>(rows_.count, [&](auto rows, ptrdiff_t from) {
        tile<decltype(rows)::value>(n, z, group, from);
      });
    }
    float* before = h_;
    h_ = next_h_;
    next_h_ = before;
  }

  // The weights of a group's recurrent product.
  const float* recurrent(ptrdiff_t group) const {
    return packed_ + group * packing_.group_size() + (Cell::kGates + 1 + sizes_.inputs * Cell::kGates) * kWidth;
  }

  // Open the gates for which the others' product waits.
  template <int kRows>
  void open(float* z, ptrdiff_t group, ptrdiff_t from) {
    const float* h[kRows];
    float* own[kRows];
    Vector sum[kRows][Cell::kEarly];
    for (int r = 0; r < kRows; ++r) {
      h[r] = h_ + (from + r) * padded_;
      own[r] = z + (from + r) * packing_.columns + group * Cell::kGates * kWidth;
      for (int v = 0; v < Cell::kEarly; ++v) sum[r][v] = at(own[r], v);
    }
    multiply_rows<Cell::kGates>(sum, h, recurrent(group), sizes_.hidden);
    for (int r = 0; r < kRows; ++r) {
      put(opened_ + (from + r) * padded_, group, Cell::open(sum[r], own[r], at(h[r], group)));
    }
  }

  template <int kRows>
  void tile(ptrdiff_t n, const float* z, ptrdiff_t group, ptrdiff_t from) {
    const float* bias = packed_ + group * packing_.group_size() + Cell::kGates * kWidth;
    const float *h[kRows], *own[kRows];
    Vector sum[kRows][kLate];
    for (int r = 0; r < kRows; ++r) {
      h[r] = (Cell::kEarly > 0 ? opened_ : h_) + (from + r) * padded_;
      own[r] = z + (from + r) * packing_.columns + group * Cell::kGates * kWidth;
      Cell::start(own[r], load(bias), sum[r]);
    }
    if constexpr (Cell::kRecurrent) {
      multiply_rows<Cell::kGates>(sum, h, recurrent(group) + Cell::kEarly * kWidth, sizes_.hidden);
    }
    for (int r = 0; r < kRows; ++r) finish(row(n, from + r), group, from + r, sum[r], own[r]);
  }

  // Open and close the gates of a sequence's units of one group, where the step exists.
  void finish(ptrdiff_t row, ptrdiff_t group, ptrdiff_t b, const Vector (&sum)[kLate], const float* z) {
    const ptrdiff_t place = b * padded_ + group * kWidth;
    float* ys = out_.ys + row * sizes_.hidden + group * kWidth;
    if (layer_.valid != nullptr && !layer_.valid[row]) {
      store(next_h_ + place, load(h_ + place));
      return store_some(ys, Vector{}, packing_.units_of(group));
    }
    float* kept = out_.kept;
    if (kept != nullptr) kept += (row * packing_.groups + group) * Cell::kKept * kWidth;
    const State before = {load(h_ + place), Cell::kHasCell ? load(c_ + place) : Vector{}};
    const State after = Cell::gate(sum, z, before, kept);
    store(next_h_ + place, after.h);
    if (Cell::kHasCell) store(c_ + place, after.c);
    store_some(ys, after.h, packing_.units_of(group));
  }

  const Layer& layer_;
  const Sizes& sizes_;
  const Packing<Cell> packing_;
  const float* packed_;
  const Rows rows_;
  const ForwardResults& out_;
  const ptrdiff_t padded_, block_;
  Scratch<float> z_;
  Scratch<const float*> x_;  // the row of each step and sequence that is projected
  Scratch<float> states_;
  float *h_, *next_h_, *c_, *opened_;
};

}  // namespace INSTRUCTION_SET
}  // namespace gatedrnn
