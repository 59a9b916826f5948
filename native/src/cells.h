// The cells: what a step does to W units of one sequence at once, and its transpose.
//
// start()      between the product of the input and the recurrent one, which go into the same sums: puts apart what the
//              second must not go into
// open()       where kEarly gates open before the product of the others: puts them apart, and returns what that product
//              reads
// gate()       the carry before the step becomes the one after it; `kept` gets what transpose() reads, unless null
// transpose()  cotangents of the sums in z's place (d_z) and in u's (d_u), and of the carry but for the product's share
#pragma once

#include "vector.h"

namespace gatedrnn {
inline namespace INSTRUCTION_SET {

struct State {
  Vector h, c;
};

// What start() or open() puts apart for gate().
struct Apart {
  Vector first, second;
};

// Gates i, f, g, o.
struct Lstm {
  static constexpr int kGates = 4, kKept = 5;
  static constexpr bool kRecurrent = true, kHasCell = true, kHasRecurrentBias = false, kSplit = false;
  static constexpr int kEarly = 0;

  static void start(Vector (&)[kGates], Vector, Apart&) {}

  static State gate(const Vector (&sum)[kGates], const Apart&, State before, float* kept) {
    const Vector i = sigmoid(sum[0]), f = sigmoid(sum[1]), g = tanh(sum[2]), o = sigmoid(sum[3]);
    const Vector c = f * before.c + i * g;
    if (kept != nullptr) {
      put(kept, 0, i);
      put(kept, 1, f);
      put(kept, 2, g);
      put(kept, 3, o);
      put(kept, 4, before.c);
    }
    return {o * tanh(c), c};
  }

  static State transpose(const float* kept, Vector, State d, Vector (&d_z)[kGates], Vector (&)[kGates]) {
    const Vector one = all(1.0f), i = at(kept, 0), f = at(kept, 1), g = at(kept, 2), o = at(kept, 3), c = at(kept, 4);
    const Vector squashed = tanh(f * c + i * g);
    const Vector d_c = d.c + d.h * o * (one - squashed * squashed);
    d_z[0] = d_c * (g * i * (one - i));
    d_z[1] = d_c * (c * f * (one - f));
    d_z[2] = d_c * (i * (one - g * g));
    d_z[3] = d.h * squashed * (o * (one - o));
    return {Vector{}, d_c * f};
  }
};

// Gates r, z, n, with the reset gate after the recurrent product.
struct Gru {
  static constexpr int kGates = 3, kKept = 4;
  static constexpr bool kRecurrent = true, kHasCell = false, kHasRecurrentBias = true, kSplit = true;
  static constexpr int kEarly = 0;

  static void start(Vector (&sum)[kGates], Vector bias, Apart& apart) {
    apart.first = sum[2];
    sum[2] = bias;
  }

  static State gate(const Vector (&sum)[kGates], const Apart& apart, State before, float* kept) {
    const Vector reset = sigmoid(sum[0]), keep = sigmoid(sum[1]), candidate = tanh(apart.first + reset * sum[2]);
    if (kept != nullptr) {
      put(kept, 0, reset);
      put(kept, 1, keep);
      put(kept, 2, candidate);
      put(kept, 3, sum[2]);
    }
    return {(all(1.0f) - keep) * candidate + keep * before.h, Vector{}};
  }

  static State transpose(const float* kept, Vector h, State d, Vector (&d_z)[kGates], Vector (&d_u)[kGates]) {
    const Vector one = all(1.0f), reset = at(kept, 0), keep = at(kept, 1), candidate = at(kept, 2);
    d_z[2] = d.h * (one - keep) * (one - candidate * candidate);
    d_u[2] = d_z[2] * reset;
    d_u[0] = d_z[0] = d_z[2] * at(kept, 3) * (reset * (one - reset));
    d_u[1] = d_z[1] = d.h * (h - candidate) * (keep * (one - keep));
    return {d.h * keep, Vector{}};
  }
};

// Gates r, z, n, with the reset gate before the recurrent product of n.
struct GruResetBefore {
  static constexpr int kGates = 3, kKept = 3;
  static constexpr bool kRecurrent = true, kHasCell = false, kHasRecurrentBias = false, kSplit = false;
  static constexpr int kEarly = 2;

  static Vector open(const Vector (&sum)[kEarly], Vector h, Apart& apart) {
    apart = {sigmoid(sum[0]), sigmoid(sum[1])};
    return apart.first * h;
  }

  static void start(Vector (&)[kGates - kEarly], Vector, Apart&) {}

  static State gate(const Vector (&sum)[kGates - kEarly], const Apart& apart, State before, float* kept) {
    const Vector keep = apart.second, candidate = tanh(sum[0]);
    if (kept != nullptr) {
      put(kept, 0, apart.first);
      put(kept, 1, keep);
      put(kept, 2, candidate);
    }
    return {(all(1.0f) - keep) * candidate + keep * before.h, Vector{}};
  }

  // All but the reset gate, whose cotangent needs the candidate's product.
  static State transpose(const float* kept, Vector h, State d, Vector (&d_z)[kGates], Vector (&)[kGates]) {
    const Vector one = all(1.0f), keep = at(kept, 1), candidate = at(kept, 2);
    d_z[0] = Vector{};
    d_z[1] = d.h * (h - candidate) * (keep * (one - keep));
    d_z[2] = d.h * (one - keep) * (one - candidate * candidate);
    return {d.h * keep, Vector{}};
  }

  // From the cotangent of what open() returned: that of the reset gate's sum; and h's share, which is returned.
  static Vector transpose_open(const float* kept, Vector h, Vector d_opened, Vector& d_z) {
    const Vector reset = at(kept, 0);
    d_z = d_opened * h * (reset * (all(1.0f) - reset));
    return d_opened * reset;
  }

  // What open() returned.
  static Vector opened(const float* kept, Vector h) { return at(kept, 0) * h; }
};

struct SimpleRnn {
  static constexpr int kGates = 1, kKept = 1;
  static constexpr bool kRecurrent = true, kHasCell = false, kHasRecurrentBias = false, kSplit = false;
  static constexpr int kEarly = 0;

  static void start(Vector (&)[kGates], Vector, Apart&) {}

  static State gate(const Vector (&sum)[kGates], const Apart&, State, float* kept) {
    const Vector h = tanh(sum[0]);
    if (kept != nullptr) put(kept, 0, h);
    return {h, Vector{}};
  }

  static State transpose(const float* kept, Vector, State d, Vector (&d_z)[kGates], Vector (&)[kGates]) {
    const Vector h = at(kept, 0);
    d_z[0] = d.h * (all(1.0f) - h * h);
    return {Vector{}, Vector{}};
  }
};

// Blocks z, n; no recurrent product, and a candidate without activation.
struct MinGru {
  static constexpr int kGates = 2, kKept = 2;
  static constexpr bool kRecurrent = false, kHasCell = false, kHasRecurrentBias = false, kSplit = false;
  static constexpr int kEarly = 0;

  static void start(Vector (&)[kGates], Vector, Apart&) {}

  static State gate(const Vector (&sum)[kGates], const Apart&, State before, float* kept) {
    const Vector update = sigmoid(sum[0]);
    if (kept != nullptr) {
      put(kept, 0, update);
      put(kept, 1, sum[1]);
    }
    return {(all(1.0f) - update) * before.h + update * sum[1], Vector{}};
  }

  static State transpose(const float* kept, Vector h, State d, Vector (&d_z)[kGates], Vector (&)[kGates]) {
    const Vector one = all(1.0f), update = at(kept, 0);
    d_z[0] = d.h * (at(kept, 1) - h) * (update * (one - update));
    d_z[1] = d.h * update;
    return {d.h * (one - update), Vector{}};
  }
};

}  // namespace INSTRUCTION_SET
}  // namespace gatedrnn
