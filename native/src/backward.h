// The backward pass of some sequences of a batch: cotangents of the carry go back through time, and a block of steps at
// once gives gradients of weights and inputs while its cotangents are still in the cache.
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

// Adds products of `depth` cotangents, of rows of so many columns, by a panel of transposed weights.
template <int kRows>
void multiply_panel(Vector (&sum)[kRows][kPanel], const float* d, ptrdiff_t columns, ptrdiff_t depth,
                    const float* panel) {
  const float* rows[kRows];
  for (int r = 0; r < kRows; ++r) rows[r] = d + r * columns;
  multiply_rows<kPanel>(sum, rows, panel, depth);
}

template <class Cell>
class BackwardPass {
 public:
  BackwardPass(const Layer& layer, const float* packed, Rows rows, const ForwardResults& forward,
               const Cotangents& cotangents, float* gradient, const BackwardResults& out)
      : layer_(layer),
        sizes_(layer.sizes),
        packing_(layer.sizes),
        packed_(packed),
        rows_(rows),
        forward_(forward),
        given_(cotangents),
        gradient_(gradient),
        out_(out),
        padded_(parts_of(sizes_.hidden, kPanel * kWidth) * kPanel * kWidth),
        block_(least(sizes_.length, rows.count > kBlockRows ? 1 : kBlockRows / rows.count)),
        d_z_(block_ * rows.count * packing_.columns),
        d_u_(Cell::kSplit ? block_ * rows.count * packing_.columns : 0),
        read_(read_tiles() * Packing<Cell>::kTile * block_ * rows.count),
        copied_(block_ * rows.count * Cell::kGates * kWidth),
        d_state_((kOpens ? 3 : 2) * rows.count * padded_),
        d_h_(d_state_.get()),
        d_c_(d_h_ + rows.count * padded_),
        d_opened_(d_c_ + rows.count * padded_),
        opened_(kOpens ? block_ * rows.count * packing_.padded() : 0),
        sources_(sizes_.length * rows.count) {}

  void run() {
    find_sources();
    clear(gradient_, packing_.gradient_size());
    clear(d_h_, 2 * rows_.count * padded_);
    for (ptrdiff_t b = 0; b < rows_.count; ++b) {
      std::memcpy(d_h_ + b * padded_, given_.h + carry(b), bytes());
      clear(out_.h_initial + carry(b), sizes_.hidden);
      if (Cell::kHasCell) std::memcpy(d_c_ + b * padded_, given_.c + carry(b), bytes());
      if (Cell::kHasCell) clear(out_.c_initial + carry(b), sizes_.hidden);
    }
    for (ptrdiff_t last = sizes_.length; last > 0; last -= block_) {
      const ptrdiff_t first = last < block_ ? 0 : last - block_;
      for (ptrdiff_t n = last - 1; n >= first; --n) step(n, (n - first) * rows_.count);
      weights(first, last - first);
      inputs(first, last - first);
    }
    for (ptrdiff_t b = 0; b < rows_.count; ++b) {
      std::memcpy(out_.h + carry(b), d_h_ + b * padded_, bytes());
      if (Cell::kHasCell) std::memcpy(out_.c + carry(b), d_c_ + b * padded_, bytes());
    }
  }

 private:
  static constexpr ptrdiff_t kBlockRows = 256;
  static constexpr bool kOpens = Cell::kEarly > 0;

  // Tiles of what the products read: x, h, and what the early gates gave.
  ptrdiff_t read_tiles() const { return packing_.z_tiles() + (kOpens ? 2 : 1) * packing_.u_tiles(); }
  size_t bytes() const { return sizeof(float) * static_cast<size_t>(sizes_.hidden); }
  ptrdiff_t carry(ptrdiff_t b) const { return (rows_.first + b) * sizes_.hidden; }
  ptrdiff_t row(ptrdiff_t n, ptrdiff_t b) const { return step_at(sizes_, n) * sizes_.batch + rows_.first + b; }
  float* d_u(ptrdiff_t r) const { return (Cell::kSplit ? d_u_.get() : d_z_.get()) + r * packing_.columns; }

  // The h that each step consumed: what a step before it put out, the first carry or the initial one.
  void find_sources() {
    for (ptrdiff_t b = 0; b < rows_.count; ++b) {
      const float* h = layer_.h + carry(b);
      for (ptrdiff_t n = 0; n < sizes_.length; ++n) {
        if (layer_.reset != nullptr && layer_.reset[row(n, b)]) h = layer_.h_initial + carry(b);
        sources_.get()[n * rows_.count + b] = h;
        if (layer_.valid == nullptr || layer_.valid[row(n, b)]) h = forward_.ys + row(n, b) * sizes_.hidden;
      }
    }
  }

  const float* source(ptrdiff_t n, ptrdiff_t b) const { return sources_.get()[n * rows_.count + b]; }

  void step(ptrdiff_t n, ptrdiff_t at_row) {
    for (ptrdiff_t b = 0; b < rows_.count; ++b) {
      float* d_z = d_z_.get() + (at_row + b) * packing_.columns;
      if (layer_.valid != nullptr && !layer_.valid[row(n, b)]) {
        clear(d_z, packing_.columns);
        if (Cell::kSplit) clear(d_u(at_row + b), packing_.columns);
        continue;
      }
      for (ptrdiff_t group = 0; group < packing_.groups; ++group) gate(n, b, group, d_z, d_u(at_row + b));
    }
    if constexpr (kOpens) open(n, at_row);
    if constexpr (Cell::kRecurrent) recur(d_u(at_row), kOpens ? Cell::kEarly : Cell::kGates, packed_, d_h_);
    if (layer_.reset == nullptr) return;
    for (ptrdiff_t b = 0; b < rows_.count; ++b) {
      if (!layer_.reset[row(n, b)]) continue;
      hand_over(out_.h_initial + carry(b), d_h_ + b * padded_);
      if (Cell::kHasCell) hand_over(out_.c_initial + carry(b), d_c_ + b * padded_);
    }
  }

  // What a reset step consumed was the initial carry, and not the one before.
  void hand_over(float* to, float* from) const {
    for (ptrdiff_t unit = 0; unit < sizes_.hidden; ++unit) to[unit] += from[unit];
    clear(from, padded_);
  }

  void gate(ptrdiff_t n, ptrdiff_t b, ptrdiff_t group, float* to_z, float* to_u) {
    const ptrdiff_t units = packing_.units_of(group), place = b * padded_ + group * kWidth;
    const ptrdiff_t from = row(n, b);
    const float* kept = forward_.kept + (from * packing_.groups + group) * Cell::kKept * kWidth;
    const Vector d_y = load_some(given_.ys + from * sizes_.hidden + group * kWidth, units);
    const State d = {load(d_h_ + place) + d_y, Cell::kHasCell ? load(d_c_ + place) : Vector{}};
    Vector d_z[Cell::kGates], d_u[Cell::kGates];
    const State before = Cell::transpose(kept, load_some(source(n, b) + group * kWidth, units), d, d_z, d_u);
    store(d_h_ + place, before.h);
    if (Cell::kHasCell) store(d_c_ + place, before.c);
    for (int v = 0; v < Cell::kGates; ++v) {
      // Behind the last unit stands nothing that a sum over all of them may read.
      put(to_z, v * packing_.groups + group, first_of(d_z[v], units));
      if (Cell::kSplit) put(to_u, v * packing_.groups + group, first_of(d_u[v], units));
    }
  }

  // Back through the product that waited for the early gates, and through these.
  void open(ptrdiff_t n, ptrdiff_t at_row) {
    clear(d_opened_, rows_.count * padded_);
    const ptrdiff_t early = Cell::kEarly * packing_.padded();
    recur(d_u(at_row) + early, Cell::kGates - Cell::kEarly, packed_ + early * kPanel * kWidth, d_opened_);
    for (ptrdiff_t b = 0; b < rows_.count; ++b) {
      float* opened = opened_.get() + (at_row + b) * packing_.padded();
      if (layer_.valid != nullptr && !layer_.valid[row(n, b)]) {
        clear(opened, packing_.padded());
        continue;
      }
      for (ptrdiff_t group = 0; group < packing_.groups; ++group) {
        const ptrdiff_t units = packing_.units_of(group);
        const float* kept = forward_.kept + (row(n, b) * packing_.groups + group) * Cell::kKept * kWidth;
        const Vector h = load_some(source(n, b) + group * kWidth, units);
        float* d_h = d_h_ + b * padded_;
        Vector d_z;
        put(d_h, group, at(d_h, group) + Cell::transpose_open(kept, h, at(d_opened_ + b * padded_, group), d_z));
        put(d_z_.get() + (at_row + b) * packing_.columns, group, first_of(d_z, units));
        put(opened, group, Cell::opened(kept, h));
      }
    }
  }

  // Adds what a recurrent product of `gates` gates hands back of their cotangents to `to`, by panels of weights.
  void recur(const float* d, int gates, const float* weights, float* to) {
    for (ptrdiff_t panel = 0; panel < packing_.h_panels; ++panel) {
      tiles<most_rows<kPanel>()>(rows_.count, [&](auto rows, ptrdiff_t from) {
        constexpr int kRows = decltype(rows)::value;
        Vector sum[kRows][kPanel];
        float* d_h = to + from * padded_ + panel * kPanel * kWidth;
        for (int r = 0; r < kRows; ++r) {
          for (int v = 0; v < kPanel; ++v) sum[r][v] = at(d_h + r * padded_, v);
        }
        multiply_panel(sum, d + from * packing_.columns, packing_.columns, gates * packing_.padded(),
                       weights + panel * packing_.panel_size());
        for (int r = 0; r < kRows; ++r) {
          for (int v = 0; v < kPanel; ++v) put(d_h + r * padded_, v, sum[r][v]);
        }
      });
    }
  }

  // Gradients of weights: what each product read, transposed, by the cotangents of what it gave.
  void weights(ptrdiff_t first, ptrdiff_t steps) {
    const ptrdiff_t count = steps * rows_.count, tile = Packing<Cell>::kTile * count;
    const ptrdiff_t tiles = packing_.z_tiles() + packing_.u_tiles();
    const ptrdiff_t late = packing_.u_tiles() * tile;  // from what reads h to what reads what the early gates gave
    float* of_u = read_.get() + packing_.z_tiles() * tile;
    for (ptrdiff_t r = 0; r < count; ++r) {
      const ptrdiff_t n = first + r / rows_.count, b = r % rows_.count;
      spread(layer_.x + row(n, b) * sizes_.inputs, sizes_.inputs, packing_.z_tiles(), tile, read_.get(), r);
      if (Cell::kRecurrent) spread(source(n, b), sizes_.hidden, packing_.u_tiles(), tile, of_u, r);
      if (kOpens) spread(opened_.get() + r * packing_.padded(), sizes_.hidden, packing_.u_tiles(), tile, of_u + late, r);
    }
    for (ptrdiff_t group = 0; group < packing_.groups; ++group) {
      float* gradient = gradient_ + group * tiles * packing_.tile_size();
      copy_columns(d_z_.get(), group, count);
      for (ptrdiff_t i = 0; i < tiles; ++i) {
        if (Cell::kSplit && i == packing_.z_tiles()) copy_columns(d_u_.get(), group, count);
        const float *read = read_.get() + i * tile, *d = copied_.get();
        float* to = gradient + i * packing_.tile_size();
        if constexpr (kOpens) {
          const bool of_x = i < packing_.z_tiles();
          add_products<Cell, 0, Cell::kEarly>(read, d, count, to);
          add_products<Cell, Cell::kEarly, Cell::kGates>(of_x ? read : read + late, d, count, to);
        } else {
          add_products<Cell, 0, Cell::kGates>(read, d, count, to);
        }
      }
    }
  }

  // Lay a row, and a one for the bias, across tiles of kTile columns each.
  void spread(const float* from, ptrdiff_t size, ptrdiff_t tiles, ptrdiff_t tile, float* to, ptrdiff_t r) const {
    constexpr int kTile = Packing<Cell>::kTile;
    for (ptrdiff_t i = 0; i < tiles; ++i) {
      float* place = to + i * tile + r * kTile;
      for (int j = 0; j < kTile; ++j) {
        const ptrdiff_t k = i * kTile + j;
        place[j] = k < size ? from[k] : (k == size ? 1.0f : 0.0f);
      }
    }
  }

  void copy_columns(const float* d, ptrdiff_t group, ptrdiff_t count) {
    for (ptrdiff_t r = 0; r < count; ++r) {
      for (int v = 0; v < Cell::kGates; ++v) {
        put(copied_.get(), r * Cell::kGates + v, at(d + r * packing_.columns, v * packing_.groups + group));
      }
    }
  }

  void inputs(ptrdiff_t first, ptrdiff_t steps) {
    for (ptrdiff_t panel = 0; panel < packing_.x_panels; ++panel) {
      const float* weights = packed_ + (packing_.h_panels + panel) * packing_.panel_size();
      tiles<most_rows<kPanel>()>(steps * rows_.count, [&](auto rows, ptrdiff_t from) {
        constexpr int kRows = decltype(rows)::value;
        Vector sum[kRows][kPanel] = {};
        multiply_panel(sum, d_z_.get() + from * packing_.columns, packing_.columns, packing_.columns, weights);
        for (int r = 0; r < kRows; ++r) {
          const ptrdiff_t to = row(first + (from + r) / rows_.count, (from + r) % rows_.count);
          for (int v = 0; v < kPanel; ++v) {
            const ptrdiff_t place = (panel * kPanel + v) * kWidth;
            if (place < sizes_.inputs) {
              store_some(out_.x + to * sizes_.inputs + place, sum[r][v], sizes_.inputs - place);
            }
          }
        }
      });
    }
  }

  const Layer& layer_;
  const Sizes& sizes_;
  const Packing<Cell> packing_;
  const float* packed_;
  const Rows rows_;
  const ForwardResults& forward_;
  const Cotangents& given_;
  float* gradient_;
  const BackwardResults& out_;
  const ptrdiff_t padded_, block_;
  Scratch<float> d_z_, d_u_, read_, copied_, d_state_;
  float *d_h_, *d_c_, *d_opened_;  // of what a step left, and of what its early gates gave
  Scratch<float> opened_;
  Scratch<const float*> sources_;
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
