// Matrix products of a few rows by packed weights, with their sums in registers.
#pragma once

#include "vector.h"

namespace gatedrnn {
inline namespace INSTRUCTION_SET {

// sum[r][v] += a(r, k) * b(k, v), where a(r, k) = rows[r][k * kStride] and b has kColumns vectors in a row, of which
// the first kVectors are read.
template <int kStride, int kColumns, int kRows, int kVectors>
inline void multiply(Vector (&sum)[kRows][kVectors], const float* const (&rows)[kRows], const float* b,
                     ptrdiff_t depth) {
  // A copy that nothing else can point to stays in registers; `sum` itself would be written after every addition.
  Vector own[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) own[r][v] = sum[r][v];
  }
  for (ptrdiff_t k = 0; k < depth; ++k) {
    Vector column[kVectors];
    for (int v = 0; v < kVectors; ++v) column[v] = at(b, k * kColumns + v);
    for (int r = 0; r < kRows; ++r) {
      const Vector factor = all(rows[r][k * kStride]);
      for (int v = 0; v < kVectors; ++v) own[r][v] += factor * column[v];
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) sum[r][v] = own[r][v];
  }
}

// One row keeps too few sums in flight to hide how long each takes, so it has two of each.
template <int kColumns, int kVectors>
inline void multiply_one_row(Vector (&sum)[1][kVectors], const float* row, const float* b, ptrdiff_t depth) {
  Vector other[kVectors] = {};
  ptrdiff_t k = 0;
  for (; k + 1 < depth; k += 2) {
    const Vector even = all(row[k]), odd = all(row[k + 1]);
    for (int v = 0; v < kVectors; ++v) sum[0][v] += even * at(b, k * kColumns + v);
    for (int v = 0; v < kVectors; ++v) other[v] += odd * at(b, (k + 1) * kColumns + v);
  }
  if (k < depth) {
    for (int v = 0; v < kVectors; ++v) sum[0][v] += all(row[k]) * at(b, k * kColumns + v);
  }
  for (int v = 0; v < kVectors; ++v) sum[0][v] += other[v];
}

template <int kColumns, int kRows, int kVectors>
inline void multiply_rows(Vector (&sum)[kRows][kVectors], const float* const (&rows)[kRows], const float* b,
                          ptrdiff_t depth) {
  if constexpr (kRows == 1) {
    multiply_one_row<kColumns>(sum, rows[0], b, depth);
  } else {
    multiply<1, kColumns>(sum, rows, b, depth);
  }
}

// The largest number of rows whose sums stay in registers.
template <int kVectors>
constexpr int most_rows() {
  return kSums / kVectors > 8 ? 8 : kSums / kVectors;
}

template <int kRows>
struct Constant {
  static constexpr int value = kRows;
};

// Calls tile(Constant<rows>, first) for tiles of at most kMost rows that together are `count`; they are evened
// out, as a tile of few rows takes nearly as long as one of many.
template <int kMost, class Tile>
inline void one_tile(ptrdiff_t rows, ptrdiff_t first, const Tile& tile) {
  if constexpr (kMost > 1) {
    if (rows < kMost) return one_tile<kMost - 1>(rows, first, tile);
  }
  tile(Constant<kMost>{}, first);
}

template <int kMost, class Tile>
inline void tiles(ptrdiff_t count, const Tile& tile) {
  const ptrdiff_t parts = (count + kMost - 1) / kMost;
  if (parts == 0) return;
  const ptrdiff_t rows = count / parts, larger = count % parts;
  ptrdiff_t first = 0;
  for (ptrdiff_t i = 0; i < larger; ++i, first += rows + 1) one_tile<kMost>(rows + 1, first, tile);
  for (; first < count; first += rows) one_tile<kMost>(rows, first, tile);
}

inline ptrdiff_t parts_of(ptrdiff_t count, ptrdiff_t size) { return (count + size - 1) / size; }

}  // namespace INSTRUCTION_SET
}  // namespace gatedrnn
