// What a call brings, in plain pointers: the one thing that the interface to XLA and the kernels share.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gatedrnn {

enum Cell : int64_t { kLstm = 0, kGru = 1, kSimpleRnn = 2, kMinGru = 3, kGruResetBefore = 4, kCells = 5 };

// Instruction sets that kernels are compiled for, the best last.
enum InstructionSet : int64_t { kPortable = 0, kAvx2 = 1, kAvx512 = 2, kInstructionSets = 3 };

// One recurrent layer over one batch of sequences; all arrays are dense, time first.
struct Sizes {
  ptrdiff_t length, batch, inputs, hidden;
  bool reverse;  // whether the last step is consumed first
};

// What both passes read.
struct Layer {
  Sizes sizes;
  const float* x;          // [T, B, I]
  const float* w_x;        // [I, G*H]
  const float* w_h;        // [H, G*H]
  const float* b;          // [G*H]
  const float* b_h;        // [H], inside the GRU's reset product
  const float* h;          // [B, H], and so on: the carry before the first step
  const float* c;          // of an LSTM alone
  const float* h_initial;  // what a reset puts in the place of the carry
  const float* c_initial;
  const bool* valid;  // [T, B]: whether the step exists; null where all do
  const bool* reset;  // [T, B]: whether the carry is the initial one before the step; null where it never is
};

struct ForwardResults {
  float* ys;  // [T, B, H]
  float* h;   // the carry after the last step
  float* c;
  float* kept;  // what the backward pass needs of each step, as the kernels lay it out; null where nobody asks
};

struct Cotangents {
  const float* ys;
  const float* h;
  const float* c;
};

struct BackwardResults {
  float* x;
  float* w_x;
  float* w_h;
  float* b;
  float* b_h;
  float* h;
  float* c;
  float* h_initial;
  float* c_initial;
};

// A share of a layer's batch, which one thread runs from the first step to the last: rows of different sequences
// never meet, so that no thread waits for another inside the loop.
struct Rows {
  ptrdiff_t first, count;
};

// A pass over some sequences, cut into rounds. A round reads nothing that the same round writes but what the same part
// wrote, so that its parts, each with some of the units, may run at the same time on several threads.
struct Rounds {
  void* pass;
  ptrdiff_t count;
  void (*run)(void* pass, ptrdiff_t round, ptrdiff_t part);
  void (*end)(void* pass);   // after the last round: writes what the pass leaves
  void (*drop)(void* pass);  // frees the pass, whether it came to its end or not
};

// The kernels of one cell for one instruction set.
struct Kernels {
  int gates;  // G
  int width;  // floats of a vector
  int sums;   // rows that a product serves at once
  int kept;   // vectors that the forward pass leaves for each step and each vector of units
  ptrdiff_t (*packed_size)(const Sizes&, bool backward);  // floats of the weights, packed
  ptrdiff_t (*pack_parts)(const Sizes&, bool backward);
  void (*pack)(const Layer&, bool backward, ptrdiff_t part, float* packed);
  Rounds (*forward)(const Layer&, const float* packed, Rows, const ForwardResults&, ptrdiff_t parts);
  // Adds nothing up over shares: each has gradients of weights of its own, laid out as packed weights are.
  ptrdiff_t (*gradient_size)(const Sizes&);
  Rounds (*backward)(const Layer&, const float* packed, Rows, const ForwardResults&, const Cotangents&, float* gradient,
                     const BackwardResults&, ptrdiff_t parts);
  void (*add_up)(const Layer&, ptrdiff_t part, const float* gradients, ptrdiff_t shares, const BackwardResults&);
};

// The kernels of all cells for an instruction set; null where the machine lacks it.
const Kernels* kernels_of(InstructionSet set);

}  // namespace gatedrnn
