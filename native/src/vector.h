// A vector of floats in the compiler's own vector types, and the functions of it that gates are made of.
//
// Everything that is compiled once for each instruction set lives in a namespace of its own, so that the linker can
// never put a function compiled for one machine in the place of the same function compiled for another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AVX__)
#include <immintrin.h>
#endif

#ifndef INSTRUCTION_SET
#define INSTRUCTION_SET portable
#endif

namespace gatedrnn {
inline namespace INSTRUCTION_SET {

#if defined(__AVX512F__)
constexpr int kWidth = 16;
constexpr int kSums = 24;  // registers that a product adds up in; the others hold its factors
#elif defined(__AVX2__)
constexpr int kWidth = 8;
constexpr int kSums = 12;
#elif defined(__aarch64__)
constexpr int kWidth = 4;
constexpr int kSums = 24;
#else
constexpr int kWidth = 4;
constexpr int kSums = 12;
#endif

typedef float Vector __attribute__((vector_size(4 * kWidth)));
typedef int32_t Integers __attribute__((vector_size(4 * kWidth)));

inline Vector load(const float* from) {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

inline void store(float* to, Vector v) { std::memcpy(to, &v, sizeof v); }

inline Vector at(const float* vectors, ptrdiff_t index) { return load(vectors + index * kWidth); }
inline void put(float* vectors, ptrdiff_t index, Vector v) { store(vectors + index * kWidth, v); }

// The first `count` numbers; zeros behind them.
inline Vector load_some(const float* from, ptrdiff_t count) {
  if (count >= kWidth) return load(from);
  Vector v = {};
  std::memcpy(&v, from, sizeof(float) * static_cast<size_t>(count));
  return v;
}

inline void store_some(float* to, Vector v, ptrdiff_t count) {
  if (count >= kWidth) return store(to, v);
  std::memcpy(to, &v, sizeof(float) * static_cast<size_t>(count));
}

inline Vector all(float x) { return x - Vector{}; }

// The vector with zeros, whatever stood there, from `count` on.
inline Vector first_of(Vector v, ptrdiff_t count) {
  if (count >= kWidth) return v;
  Vector kept = {};
  std::memcpy(&kept, &v, sizeof(float) * static_cast<size_t>(count));
  return kept;
}

inline Integers bits_of(Vector v) {
  Integers i;
  std::memcpy(&i, &v, sizeof i);
  return i;
}

inline Vector of_bits(Integers i) {
  Vector v;
  std::memcpy(&v, &i, sizeof v);
  return v;
}

// The smaller and the greater of two numbers, and the second of them where one is NaN. The compiler makes two
// instructions of such a comparison, where a processor has one.
inline Vector least_of(Vector one, Vector other) {
#if defined(__AVX512F__)
  return _mm512_maskz_min_ps(0xFFFF, one, other);  // GCC 12 warns of its own header at _mm512_min_ps
#elif defined(__AVX__)
  return _mm256_min_ps(one, other);
#else
  return one < other ? one : other;
#endif
}

inline Vector greatest_of(Vector one, Vector other) {
#if defined(__AVX512F__)
  return _mm512_maskz_max_ps(0xFFFF, one, other);
#elif defined(__AVX__)
  return _mm256_max_ps(one, other);
#else
  return one > other ? one : other;
#endif
}

// exp for |x| <= 87, where neither it nor its reciprocal leaves the normal numbers. NaN stays NaN.
inline Vector exp_within(Vector x) {
  // 1.5 * 2^23: what is added to it is rounded to a whole number n; and 127, so that its last bits are an exponent.
  const Vector magic = all(12582912.0f + 127.0f);
  const Vector shifted = x * all(1.44269504f) + magic;
  const Vector n = shifted - magic;
  // ln 2 in two parts, the first of which has few enough bits for n times it to be exact.
  const Vector r = (x - n * all(0.693359375f)) - n * all(-2.12194440e-4f);
  // (exp(r) - 1 - r) / r^2 for |r| <= ln(2) / 2: minimax, relative error of exp 3e-9.
  Vector p = all(1.3814596e-3f);
  p = p * r + all(8.3687171e-3f);
  p = p * r + all(4.16683881e-2f);
  p = p * r + all(1.666652063e-1f);
  p = p * r + all(4.999999345e-1f);
  p = p * r + all(1.0f);
  p = p * r + all(1.0f);
  return p * of_bits(bits_of(shifted) << 23);
}

inline Vector sigmoid(Vector x) {
  return all(1.0f) / (all(1.0f) + exp_within(least_of(all(87.0f), greatest_of(all(-87.0f), -x))));
}

inline Vector tanh(Vector x) {
  const Integers sign = bits_of(x) & bits_of(all(-0.0f));
  const Vector size = least_of(all(10.0f), of_bits(bits_of(x) ^ sign));
  const Vector large = all(1.0f) - all(2.0f) / (exp_within(size + size) + all(1.0f));
  // (tanh(x) - x) / x^3 as a polynomial of x^2, for |x| <= 0.625: minimax, relative error of tanh 4e-9.
  const Vector square = size * size;
  Vector p = all(-5.7170366e-3f);
  p = p * square + all(2.0650579e-2f);
  p = p * square + all(-5.37434953e-2f);
  p = p * square + all(1.333149125e-1f);
  p = p * square + all(-3.333328392e-1f);
  const Vector small = (p * square) * size + size;
  const Vector positive = size > all(0.625f) ? large : small;
  return of_bits(bits_of(positive) ^ sign);
}

}  // namespace INSTRUCTION_SET
}  // namespace gatedrnn
