// Which kernels a machine can run.
#include "call.h"

namespace gatedrnn {

#if defined(__x86_64__)
namespace avx2 {
extern const Kernels kKernels[kCells];
}
namespace avx512 {
extern const Kernels kKernels[kCells];
}
#endif
namespace portable {
extern const Kernels kKernels[kCells];
}

const Kernels* kernels_of(InstructionSet set) {
#if defined(__x86_64__)
  const bool fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool wide = fma && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  if (set == kAvx512) return wide ? avx512::kKernels : nullptr;
  if (set == kAvx2) return fma ? avx2::kKernels : nullptr;
#endif
  return set == kPortable ? portable::kKernels : nullptr;
}

}  // namespace gatedrnn
