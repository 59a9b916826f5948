// Which kernels a machine gets: those of the best instruction set that it has, asked once.
#include "run.h"

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

const Kernels* kernels_named(const char* name) {
  const std::string_view set(name);
#if defined(__x86_64__)
  const bool fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool wide = fma && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  if (set == "avx512") return wide ? avx512::kKernels : nullptr;
  if (set == "avx2") return fma ? avx2::kKernels : nullptr;
#endif
  return set == "portable" ? portable::kKernels : nullptr;
}

const Kernels& kernels_for(Cell cell) {
  static const Kernels* const best = [] {
    for (const char* name : {"avx512", "avx2"}) {
      if (const Kernels* found = kernels_named(name)) return found;
    }
    return kernels_named("portable");
  }();
  return best[cell];
}

}  // namespace gatedrnn
