// The kernels of every cell for one instruction set; this file is compiled once for each.
#include "backward.h"
#include "forward.h"

namespace gatedrnn {
inline namespace INSTRUCTION_SET {

template <class Pass>
Rounds rounds_of(Pass* pass) {
  return {pass, pass->rounds(),
          [](void* pass, ptrdiff_t round, ptrdiff_t part) { static_cast<Pass*>(pass)->run(round, part); },
          [](void* pass) { static_cast<Pass*>(pass)->end(); }, [](void* pass) { delete static_cast<Pass*>(pass); }};
}

template <class C>
constexpr Kernels kernels_of() {
  Kernels k = {};
  k.gates = C::kGates;
  k.width = kWidth;
  k.sums = most_rows<C::kGates>();
  k.kept = C::kKept;
  k.packed_size = [](const Sizes& sizes, bool backward) {
    const Packing<C> packing(sizes);
    return backward ? packing.backward_size() : packing.forward_size();
  };
  k.pack_parts = [](const Sizes& sizes, bool backward) {
    const Packing<C> packing(sizes);
    return backward ? packing.h_panels + packing.x_panels : packing.groups;
  };
  k.pack = [](const Layer& layer, bool backward, ptrdiff_t part, float* packed) {
    backward ? pack_panel<C>(layer, part, packed) : pack_group<C>(layer, part, packed);
  };
  k.forward = [](const Layer& layer, const float* packed, Rows rows, const ForwardResults& out, ptrdiff_t parts) {
    return rounds_of(new ForwardPass<C>(layer, packed, rows, out, parts));
  };
  k.gradient_size = [](const Sizes& sizes) { return Packing<C>(sizes).gradient_size(); };
  k.backward = [](const Layer& layer, const float* packed, Rows rows, const ForwardResults& forward,
                  const Cotangents& cotangents, float* gradient, const BackwardResults& out, ptrdiff_t parts) {
    return rounds_of(new BackwardPass<C>(layer, packed, rows, forward, cotangents, gradient, out, parts));
  };
  k.add_up = &add_up<C>;
  return k;
}

extern const Kernels kKernels[kCells];
const Kernels kKernels[kCells] = {kernels_of<Lstm>(), kernels_of<Gru>(), kernels_of<SimpleRnn>(),
                                  kernels_of<MinGru>(), kernels_of<GruResetBefore>()};

}  // namespace INSTRUCTION_SET
}  // namespace gatedrnn
