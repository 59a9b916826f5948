// Large blocks of memory in large pages.
//
// The C library takes blocks of more than 32 MB from the system anew at every call, and XLA has all that a program
// keeps between its passes in one block. Met for the first time 4 KB at a time, it costs a sixth of a training step.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace gatedrnn {

// Asks the system for large pages where whole ones lie in a block that is about to be written. It is a wish: where it
// isn't granted, nothing changes.
inline void ask_for_large_pages([[maybe_unused]] void* block, [[maybe_unused]] size_t bytes) {
#if defined(MADV_HUGEPAGE)
  constexpr uintptr_t kPage = uintptr_t{1} << 21;
  const uintptr_t from = reinterpret_cast<uintptr_t>(block), first = (from + kPage - 1) / kPage * kPage;
  const uintptr_t end = (from + bytes) / kPage * kPage;
  if (end > first + kPage) madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
#endif
}

}  // namespace gatedrnn
