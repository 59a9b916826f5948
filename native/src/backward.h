// The backward pass of some sequences of a batch: cotangents of the carry go back through time, and a block of steps at
// once gives gradients of weights and inputs while its cotangents are still in the cache.
#pragma once

#include "gradients.h"

namespace gatedrnn {
inline namespace INSTRUCTION_SET {

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
               const Cotangents& cotangents, float* gradient, const BackwardResults& out, ptrdiff_t parts)
      : layer_(layer),
        sizes_(layer_.sizes),
        packing_(layer.sizes),
        packed_(packed),
        rows_(rows),
        forward_(forward),
        given_(cotangents),
        out_(out),
        parts_(parts),
        panels_(parts_of(sizes_.hidden, kPanel * kWidth)),
        padded_(panels_ * kPanel * kWidth),
        block_(least(sizes_.length, rows.count > kBlockRows ? 1 : kBlockRows / rows.count)),
        d_z_(block_ * rows.count * packing_.columns),
        d_u_(Cell::kSplit ? block_ * rows.count * packing_.columns : 0),
        opened_(kOpens ? block_ * rows.count * packing_.padded() : 0),
        weights_(sizes_, block_ * rows.count, parts, gradient),
        sources_(sizes_.length * rows.count),
        states_((kOpens ? 3 : 2) * rows.count * padded_),
        d_h_(states_.get()),
        d_c_(d_h_ + rows.count * padded_),
        d_opened_(d_c_ + rows.count * padded_) {
    find_sources();
    clear(d_h_, 2 * rows_.count * padded_);
    for (ptrdiff_t b = 0; b < rows_.count; ++b) {
      std::memcpy(d_h_ + b * padded_, given_.h + carry(b), bytes());
      clear(out_.h_initial + carry(b), sizes_.hidden);
      if (Cell::kHasCell) std::memcpy(d_c_ + b * padded_, given_.c + carry(b), bytes());
      if (Cell::kHasCell) clear(out_.c_initial + carry(b), sizes_.hidden);
    }
  }

  // For each block of steps kStages rounds for each of them, and two that close it.
  ptrdiff_t rounds() const { return 2 * parts_of(sizes_.length, block_) + kStages * sizes_.length; }

  void run(ptrdiff_t round, ptrdiff_t part) {
    const ptrdiff_t last = sizes_.length - round / (2 + kStages * block_) * block_;
    const ptrdiff_t within = round % (2 + kStages * block_), steps = least(last, block_), first = last - steps;
    const Range panels = range_of(panels_, part, parts_);
    if (within >= kStages * steps) {
      if (within > kStages * steps) return close(first, steps, part);
      go_back(first, 0, panels);
      return read_rows(first, steps, part);
    }
    const ptrdiff_t n = last - 1 - within / kStages, at_row = (n - first) * rows_.count;
    if constexpr (kOpens) {
      if (within % kStages == 1) return open(n, at_row, panels);
    }
    if (n + 1 < last) go_back(n + 1, at_row + rows_.count, panels);
    step(n, at_row, panels);
  }

  void end() {
    for (ptrdiff_t b = 0; b < rows_.count; ++b) {
      std::memcpy(out_.h + carry(b), d_h_ + b * padded_, bytes());
      if (Cell::kHasCell) std::memcpy(out_.c + carry(b), d_c_ + b * padded_, bytes());
    }
  }

 private:
  static constexpr ptrdiff_t kBlockRows = 256;
  static constexpr bool kOpens = Cell::kEarly > 0;
  static constexpr int kStages = kOpens ? 2 : 1;

  size_t bytes() const { return sizeof(float) * static_cast<size_t>(sizes_.hidden); }
  ptrdiff_t carry(ptrdiff_t b) const { return (rows_.first + b) * sizes_.hidden; }
  ptrdiff_t row(ptrdiff_t n, ptrdiff_t b) const { return step_at(sizes_, n) * sizes_.batch + rows_.first + b; }
  bool exists(ptrdiff_t n, ptrdiff_t b) const { return layer_.valid == nullptr || layer_.valid[row(n, b)]; }
  float* d_z(ptrdiff_t r) const { return d_z_.get() + r * packing_.columns; }
  float* d_u(ptrdiff_t r) const { return (Cell::kSplit ? d_u_.get() : d_z_.get()) + r * packing_.columns; }
  const float* source(ptrdiff_t n, ptrdiff_t b) const { return sources_.get()[n * rows_.count + b]; }
  const float* kept(ptrdiff_t n, ptrdiff_t b, ptrdiff_t group) const {
    return forward_.kept + (row(n, b) * packing_.groups + group) * Cell::kKept * kWidth;
  }

  // The groups of units that some panels hold.
  Range groups_of(Range panels) const { return {panels.first * kPanel, least(panels.end * kPanel, packing_.groups)}; }

  // The h that each step consumed: what a step before it put out, the first carry or the initial one.
  void find_sources() {
    for (ptrdiff_t b = 0; b < rows_.count; ++b) {
      const float* h = layer_.h + carry(b);
      for (ptrdiff_t n = 0; n < sizes_.length; ++n) {
        if (layer_.reset != nullptr && layer_.reset[row(n, b)]) h = layer_.h_initial + carry(b);
        sources_.get()[n * rows_.count + b] = h;
        if (exists(n, b)) h = forward_.ys + row(n, b) * sizes_.hidden;
      }
    }
  }

  void step(ptrdiff_t n, ptrdiff_t at_row, Range panels) {
    const Range groups = groups_of(panels);
    for (ptrdiff_t b = 0; b < rows_.count; ++b) {
      for (ptrdiff_t group = groups.first; group < groups.end; ++group) {
        exists(n, b) ? gate(n, b, group, d_z(at_row + b), d_u(at_row + b))
                     : no_gate(group, d_z(at_row + b), d_u(at_row + b));
      }
    }
  }

  void no_gate(ptrdiff_t group, float* to_z, float* to_u) const {
    for (int v = 0; v < Cell::kGates; ++v) {
      put(to_z, v * packing_.groups + group, Vector{});
      if (Cell::kSplit) put(to_u, v * packing_.groups + group, Vector{});
    }
  }

  void gate(ptrdiff_t n, ptrdiff_t b, ptrdiff_t group, float* to_z, float* to_u) {
    const ptrdiff_t units = packing_.units_of(group), place = b * padded_ + group * kWidth;
    const Vector d_y = load_some(given_.ys + row(n, b) * sizes_.hidden + group * kWidth, units);
    const State d = {load(d_h_ + place) + d_y, Cell::kHasCell ? load(d_c_ + place) : Vector{}};
    Vector d_z[Cell::kGates], d_u[Cell::kGates];
    const Vector h = load_some(source(n, b) + group * kWidth, units);
    const State before = Cell::transpose(kept(n, b, group), h, d, d_z, d_u);
    store(d_h_ + place, before.h);
    if (Cell::kHasCell) store(d_c_ + place, before.c);
    for (int v = 0; v < Cell::kGates; ++v) {
      // Behind the last unit stands nothing that a sum over all of them may read.
      put(to_z, v * packing_.groups + group, first_of(d_z[v], units));
      if (Cell::kSplit) put(to_u, v * packing_.groups + group, first_of(d_u[v], units));
    }
  }

  // Back through the product that waited for the early gates, and through these.
  void open(ptrdiff_t n, ptrdiff_t at_row, Range panels) {
    const Range groups = groups_of(panels);
    for (ptrdiff_t b = 0; b < rows_.count; ++b) {
      const ptrdiff_t from = panels.first * kPanel * kWidth;
      clear(d_opened_ + b * padded_ + from, panels.end * kPanel * kWidth - from);
    }
    const ptrdiff_t early = Cell::kEarly * packing_.padded();
    recur(d_u(at_row) + early, Cell::kGates - Cell::kEarly, packed_ + early * kPanel * kWidth, d_opened_, panels);
    for (ptrdiff_t b = 0; b < rows_.count; ++b) {
      float *opened = opened_.get() + (at_row + b) * packing_.padded(), *d_h = d_h_ + b * padded_;
      for (ptrdiff_t group = groups.first; group < groups.end; ++group) {
        if (!exists(n, b)) {
          put(opened, group, Vector{});
          continue;
        }
        const ptrdiff_t units = packing_.units_of(group);
        const Vector before = load_some(source(n, b) + group * kWidth, units), d = at(d_opened_ + b * padded_, group);
        Vector to_z;
        put(d_h, group, at(d_h, group) + Cell::transpose_open(kept(n, b, group), before, d, to_z));
        put(d_z(at_row + b), group, first_of(to_z, units));
        put(opened, group, Cell::opened(kept(n, b, group), before));
      }
    }
  }

  // From the cotangents of a step's sums to those of the carry that it consumed.
  void go_back(ptrdiff_t n, ptrdiff_t at_row, Range panels) {
    if constexpr (Cell::kRecurrent) {
      recur(d_u(at_row), kOpens ? Cell::kEarly : Cell::kGates, packed_, d_h_, panels);
    }
    if (layer_.reset == nullptr) return;
    for (ptrdiff_t b = 0; b < rows_.count; ++b) {
      if (!layer_.reset[row(n, b)]) continue;
      hand_over(out_.h_initial + carry(b), d_h_ + b * padded_, panels);
      if (Cell::kHasCell) hand_over(out_.c_initial + carry(b), d_c_ + b * padded_, panels);
    }
  }

  // What a reset step consumed was the initial carry, and not the one before.
  void hand_over(float* to, float* from, Range panels) const {
    const ptrdiff_t first = panels.first * kPanel * kWidth, end = panels.end * kPanel * kWidth;
    for (ptrdiff_t unit = first; unit < least(end, sizes_.hidden); ++unit) to[unit] += from[unit];
    clear(from + first, end - first);
  }

  // Adds what a recurrent product of `gates` gates hands back of their cotangents to `to`, by panels of weights.
  void recur(const float* d, int gates, const float* weights, float* to, Range panels) {
    for (ptrdiff_t panel = panels.first; panel < panels.end; ++panel) {
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

  void read_rows(ptrdiff_t first, ptrdiff_t steps, ptrdiff_t part) {
    const Range rows = range_of(steps * rows_.count, part, parts_);
    for (ptrdiff_t r = rows.first; r < rows.end; ++r) {
      const ptrdiff_t n = first + r / rows_.count, b = r % rows_.count;
      const float *x = layer_.x + row(n, b) * sizes_.inputs, *opened = opened_.get() + r * packing_.padded();
      weights_.read(r, steps * rows_.count, x, source(n, b), opened);
    }
  }

  // Gradients of weights and inputs, while a block's cotangents are in the cache.
  void close(ptrdiff_t first, ptrdiff_t steps, ptrdiff_t part) {
    const Range groups = range_of(packing_.groups, part, parts_), panels = range_of(packing_.x_panels, part, parts_);
    for (ptrdiff_t group = groups.first; group < groups.end; ++group) {
      weights_.add(group, steps * rows_.count, d_z(0), d_u(0), part);
    }
    for (ptrdiff_t panel = panels.first; panel < panels.end; ++panel) inputs(first, steps, panel);
  }

  void inputs(ptrdiff_t first, ptrdiff_t steps, ptrdiff_t panel) {
    const float* weights = packed_ + (packing_.h_panels + panel) * packing_.panel_size();
    tiles<most_rows<kPanel>()>(steps * rows_.count, [&](auto rows, ptrdiff_t from) {
      constexpr int kRows = decltype(rows)::value;
      Vector sum[kRows][kPanel] = {};
      multiply_panel(sum, d_z(from), packing_.columns, packing_.columns, weights);
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

  const Layer layer_;
  const Sizes& sizes_;
  const Packing<Cell> packing_;
  const float* packed_;
  const Rows rows_;
  const ForwardResults forward_;
  const Cotangents given_;
  const BackwardResults out_;
  const ptrdiff_t parts_, panels_, padded_, block_;
  Scratch<float> d_z_, d_u_;
  Scratch<float> opened_;  // what the early gates gave, of each step of a block
  WeightGradients<Cell> weights_;
  Scratch<const float*> sources_;
  Scratch<float> states_;          // cotangents
  float *d_h_, *d_c_, *d_opened_;  // of what a step left, and of what its early gates gave
};

}  // namespace INSTRUCTION_SET
}  // namespace gatedrnn
