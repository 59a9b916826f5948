// Gradients of weights: for a block of steps at once, what each product read, transposed, by the cotangents of what it
// gave; and their sum over the shares of a batch.
#pragma once

#include "cells.h"
#include "packing.h"

namespace gatedrnn {
inline namespace INSTRUCTION_SET {

// Adds a(k, i) * b(k, :) to the gradient of row i, for the rows of one tile and the gates from kFirst to kLast; `rows`
// is [K, tile], packed.
template <class Cell, int kFirst, int kLast>
void add_products(const float* rows, const float* columns, ptrdiff_t depth, float* gradient) {
  constexpr int kTile = Packing<Cell>::kTile, kGates = Cell::kGates, kCount = kLast - kFirst;
  const float* a[kTile];
  Vector sum[kTile][kCount];
  for (int r = 0; r < kTile; ++r) {
    a[r] = rows + r;
    for (int v = 0; v < kCount; ++v) sum[r][v] = at(gradient, r * kGates + kFirst + v);
  }
  multiply<kTile, kGates>(sum, a, columns + kFirst * kWidth, depth);
  for (int r = 0; r < kTile; ++r) {
    for (int v = 0; v < kCount; ++v) put(gradient, r * kGates + kFirst + v, sum[r][v]);
  }
}

// What the products of a block's steps read, row by row of steps and sequences, laid across tiles; in parts, each with
// some of the rows or of the groups of units, that may run at the same time.
template <class Cell>
class WeightGradients {
 public:
  static constexpr bool kOpens = Cell::kEarly > 0;

  WeightGradients(const Sizes& sizes, ptrdiff_t rows, ptrdiff_t parts, float* gradient)
      : packing_(sizes),
        most_(rows),
        read_((packing_.z_tiles() + (kOpens ? 2 : 1) * packing_.u_tiles()) * kTile * rows),
        copied_(parts * rows * Cell::kGates * kWidth),
        gradient_(gradient) {
    clear(gradient, packing_.gradient_size());
  }

  // Lays out row r of `count`: the input, the carried output that was consumed, and what the early gates gave.
  void read(ptrdiff_t r, ptrdiff_t count, const float* x, const float* h, const float* opened) {
    float* const of_u = read_.get() + packing_.z_tiles() * kTile * count;
    lay(x, packing_.inputs, packing_.z_tiles(), count, read_.get() + r * kTile);
    if (Cell::kRecurrent) lay(h, packing_.hidden, packing_.u_tiles(), count, of_u + r * kTile);
    float* const of_late = of_u + packing_.u_tiles() * kTile * count;
    if (kOpens) lay(opened, packing_.hidden, packing_.u_tiles(), count, of_late + r * kTile);
  }

  // Adds the products of a group of units, by cotangents of `count` rows.
  void add(ptrdiff_t group, ptrdiff_t count, const float* d_z, const float* d_u, ptrdiff_t part) {
    const ptrdiff_t tile = kTile * count, tiles = packing_.z_tiles() + packing_.u_tiles();
    float* const copied = copied_.get() + part * most_ * Cell::kGates * kWidth;
    float* to = gradient_ + group * tiles * packing_.tile_size();
    copy_columns(d_z, group, count, copied);
    for (ptrdiff_t i = 0; i < tiles; ++i, to += packing_.tile_size()) {
      if (Cell::kSplit && i == packing_.z_tiles()) copy_columns(d_u, group, count, copied);
      const float* read = read_.get() + i * tile;
      if constexpr (kOpens) {
        const float* late = i < packing_.z_tiles() ? read : read + packing_.u_tiles() * tile;
        add_products<Cell, 0, Cell::kEarly>(read, copied, count, to);
        add_products<Cell, Cell::kEarly, Cell::kGates>(late, copied, count, to);
      } else {
        add_products<Cell, 0, Cell::kGates>(read, copied, count, to);
      }
    }
  }

 private:
  static constexpr int kTile = Packing<Cell>::kTile;

  // Lays a row, and a one for the bias, across tiles of kTile columns each.
  static void lay(const float* from, ptrdiff_t size, ptrdiff_t tiles, ptrdiff_t count, float* to) {
    const ptrdiff_t whole = size / kTile;
    for (ptrdiff_t i = 0; i < whole; ++i, to += kTile * count) std::memcpy(to, from + i * kTile, sizeof(float) * kTile);
    for (ptrdiff_t i = whole; i < tiles; ++i, to += kTile * count) {
      for (int j = 0; j < kTile; ++j) {
        const ptrdiff_t k = i * kTile + j;
        to[j] = k < size ? from[k] : (k == size ? 1.0f : 0.0f);
      }
    }
  }

  void copy_columns(const float* d, ptrdiff_t group, ptrdiff_t count, float* to) const {
    for (ptrdiff_t r = 0; r < count; ++r) {
      for (int v = 0; v < Cell::kGates; ++v) {
        put(to, r * Cell::kGates + v, at(d + r * packing_.columns, v * packing_.groups + group));
      }
    }
  }

  const Packing<Cell> packing_;
  const ptrdiff_t most_;
  Scratch<float> read_, copied_;
  float* const gradient_;
};

// Sums the shares' gradients of one group of units, in the order of the shares, and lays them out as weights are.
template <class Cell>
void add_up(const Layer& layer, ptrdiff_t group, const float* gradients, ptrdiff_t shares, const BackwardResults& out) {
  const Packing<Cell> packing(layer.sizes);
  const ptrdiff_t z_rows = packing.z_tiles() * Packing<Cell>::kTile, units = packing.units_of(group);
  const ptrdiff_t rows = z_rows + packing.u_tiles() * Packing<Cell>::kTile;
  for (ptrdiff_t row = 0; row < rows; ++row) {
    const bool of_z = row < z_rows;
    const ptrdiff_t k = of_z ? row : row - z_rows, size = of_z ? packing.inputs : packing.hidden;
    for (int gate = 0; gate < Cell::kGates; ++gate) {
      const ptrdiff_t place = ((group * rows + row) * Cell::kGates + gate) * kWidth;
      Vector sum = load(gradients + place);
      for (ptrdiff_t i = 1; i < shares; ++i) sum += load(gradients + i * packing.gradient_size() + place);
      const ptrdiff_t column = gate * packing.hidden + group * kWidth;
      if (k < size) store_some((of_z ? out.w_x : out.w_h) + k * Cell::kGates * packing.hidden + column, sum, units);
      if (k == size && of_z) store_some(out.b + column, sum, units);
      if (k == size && !of_z && Cell::kHasRecurrentBias && gate == Cell::kGates - 1) {
        store_some(out.b_h + group * kWidth, sum, units);
      }
    }
  }
}

}  // namespace INSTRUCTION_SET
}  // namespace gatedrnn
