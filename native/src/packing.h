// How weights, and gradients of weights, lie in memory: units in groups of one vector, all gates of a group together.
#pragma once

#include <new>

#include "call.h"
#include "product.h"

namespace gatedrnn {
inline namespace INSTRUCTION_SET {

constexpr int kPanel = 2;  // vectors of a panel of transposed weights

inline ptrdiff_t step_at(const Sizes& sizes, ptrdiff_t n) { return sizes.reverse ? sizes.length - 1 - n : n; }

// Sizes and places of packed arrays, in floats.
template <class Cell>
struct Packing {
  static constexpr int kGates = Cell::kGates, kTile = most_rows<kGates>();
  ptrdiff_t inputs, hidden, groups, columns, h_panels, x_panels;

  explicit Packing(const Sizes& sizes)
      : inputs(sizes.inputs),
        hidden(sizes.hidden),
        groups(parts_of(hidden, kWidth)),
        columns(groups * kGates * kWidth),
        h_panels(Cell::kRecurrent ? parts_of(hidden, kPanel * kWidth) : 0),
        x_panels(parts_of(inputs, kPanel * kWidth)) {}

  ptrdiff_t units_of(ptrdiff_t group) const { return hidden - group * kWidth; }
  ptrdiff_t padded() const { return groups * kWidth; }  // units, in whole vectors
  ptrdiff_t recurrent_rows() const { return Cell::kRecurrent ? hidden : 0; }
  // Forward: for each group its biases, its columns of W_x and those of W_h.
  ptrdiff_t group_size() const { return (kGates + 1 + (inputs + recurrent_rows()) * kGates) * kWidth; }
  ptrdiff_t forward_size() const { return groups * group_size(); }
  // Backward: panels of W_h transposed, then of W_x; a gate's units stand together, as its cotangents do.
  ptrdiff_t panel_size() const { return columns * kPanel * kWidth; }
  ptrdiff_t backward_size() const { return (h_panels + x_panels) * panel_size(); }
  // Gradients: for each group those of W_x and b, then those of W_h and b_h, in whole tiles of rows.
  ptrdiff_t z_tiles() const { return parts_of(inputs + 1, kTile); }
  ptrdiff_t u_tiles() const { return Cell::kRecurrent ? parts_of(hidden + 1, kTile) : 0; }
  ptrdiff_t tile_size() const { return kTile * kGates * kWidth; }
  ptrdiff_t gradient_size() const { return groups * (z_tiles() + u_tiles()) * tile_size(); }
};

template <class Cell>
void pack_group(const Layer& layer, ptrdiff_t group, float* to) {
  const Packing<Cell> packing(layer.sizes);
  const ptrdiff_t hidden = packing.hidden, units = packing.units_of(group), first = group * kWidth;
  to += group * packing.group_size();
  const auto row = [&](const float* from) {
    for (int gate = 0; gate < Cell::kGates; ++gate, to += kWidth) {
      store(to, load_some(from + gate * hidden + first, units));
    }
  };
  row(layer.b);
  store(to, Cell::kHasRecurrentBias ? load_some(layer.b_h + first, units) : Vector{});
  to += kWidth;
  for (ptrdiff_t k = 0; k < packing.inputs; ++k) row(layer.w_x + k * Cell::kGates * hidden);
  for (ptrdiff_t k = 0; k < packing.recurrent_rows(); ++k) row(layer.w_h + k * Cell::kGates * hidden);
}

template <class Cell>
void pack_panel(const Layer& layer, ptrdiff_t panel, float* to) {
  const Packing<Cell> packing(layer.sizes);
  to += panel * packing.panel_size();
  const bool of_x = panel >= packing.h_panels;
  const float* from = of_x ? layer.w_x : layer.w_h;
  const ptrdiff_t rows = of_x ? packing.inputs : packing.hidden;
  const ptrdiff_t first = (of_x ? panel - packing.h_panels : panel) * kPanel * kWidth;
  for (ptrdiff_t n = 0; n < kPanel * kWidth; ++n) {
    for (ptrdiff_t k = 0; k < packing.columns; ++k) {
      const ptrdiff_t gate = k / packing.padded(), unit = k % packing.padded();
      const bool inside = first + n < rows && unit < packing.hidden;
      const ptrdiff_t from_row = (first + n) * Cell::kGates * packing.hidden;
      to[k * kPanel * kWidth + n] = inside ? from[from_row + gate * packing.hidden + unit] : 0.0f;
    }
  }
}

// Memory on whole cache lines, not set to anything. No container of the standard library is used in what is compiled
// for several instruction sets: the linker keeps one copy of each of its functions, for any of them.
template <class T>
class Scratch {
 public:
  explicit Scratch(ptrdiff_t count)
      : data_(static_cast<T*>(::operator new(sizeof(T) * static_cast<size_t>(count), kLine))) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { ::operator delete(data_, kLine); }
  T* get() const { return data_; }

 private:
  static constexpr std::align_val_t kLine{64};
  T* data_;
};

// One of so many parts of so many things, as even as can be.
struct Range {
  ptrdiff_t first, end;
};

inline Range range_of(ptrdiff_t count, ptrdiff_t part, ptrdiff_t parts) {
  return {count * part / parts, count * (part + 1) / parts};
}

inline ptrdiff_t least(ptrdiff_t one, ptrdiff_t other) { return one < other ? one : other; }

inline void clear(float* from, ptrdiff_t count) { std::memset(from, 0, sizeof(float) * static_cast<size_t>(count)); }

}  // namespace INSTRUCTION_SET
}  // namespace gatedrnn
