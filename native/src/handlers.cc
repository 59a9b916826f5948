// The interface to XLA: buffers are checked and handed on as plain pointers.
#include <exception>
#include <functional>
#include <numeric>

#include "pages.h"
#include "run.h"
#include "xla/ffi/api/ffi.h"

namespace gatedrnn {
namespace {

namespace ffi = xla::ffi;
using FloatBuffer = ffi::Buffer<ffi::F32>;
using FlagBuffer = ffi::Buffer<ffi::PRED>;

// What is wrong with a call, as an exception up to the handler that returns it.
struct Wrong {
  const char* what;
};

const float* floats(ffi::RemainingArgs args, size_t index, ptrdiff_t count) {
  const auto buffer = args.get<FloatBuffer>(index);
  if (!buffer.has_value() || static_cast<ptrdiff_t>(buffer->element_count()) != count) {
    throw Wrong{"an argument has another type or size than the others ask for"};
  }
  return count == 0 ? nullptr : buffer->typed_data();
}

// Flags are an empty array where there are none.
const bool* flags(ffi::RemainingArgs args, size_t index, ptrdiff_t count) {
  const auto buffer = args.get<FlagBuffer>(index);
  if (!buffer.has_value()) throw Wrong{"flags are not bool"};
  if (buffer->element_count() == 0) return nullptr;
  if (static_cast<ptrdiff_t>(buffer->element_count()) != count) throw Wrong{"flags are not one for each step"};
  return buffer->typed_data();
}

float* result(ffi::RemainingRets results, size_t index, ptrdiff_t count) {
  auto buffer = results.get<FloatBuffer>(index);
  if (!buffer.has_value() || static_cast<ptrdiff_t>((*buffer)->element_count()) != count) {
    throw Wrong{"a result has another type or size than the arguments ask for"};
  }
  if (count == 0) return nullptr;
  ask_for_large_pages((*buffer)->typed_data(), (*buffer)->size_bytes());
  return (*buffer)->typed_data();
}

// Numbers in the arrays of a call, over all members.
struct Counts {
  ptrdiff_t x, w_x, w_h, b, b_h, carry, cell, steps, ys, kept;

  explicit Counts(const Call& call) {
    const Kernels& kernels = *call.kernels;
    const Sizes& s = call.layer.sizes;
    steps = call.members * s.length * s.batch;
    x = steps * s.inputs;
    b = call.members * kernels.gates * s.hidden;
    w_x = s.inputs * b;
    w_h = call.cell == kMinGru ? 0 : s.hidden * b;
    b_h = call.cell == kGru ? call.members * s.hidden : 0;
    carry = call.members * s.batch * s.hidden;
    cell = call.cell == kLstm ? carry : 0;
    ys = steps * s.hidden;
    kept = call.members * kept_size(kernels, s);
  }
};

constexpr size_t kLayerArguments = 11;

Call decoded(ffi::RemainingArgs args, int64_t set, int64_t cell, bool reverse) {
  const Kernels* const kernels = kernels_of(static_cast<InstructionSet>(set));
  if (kernels == nullptr) throw Wrong{"this machine lacks the instruction set that the program was traced for"};
  const auto x = args.get<FloatBuffer>(0), h = args.get<FloatBuffer>(5);
  if (cell < 0 || cell >= kCells || !x.has_value() || !h.has_value()) throw Wrong{"an unknown cell, or no floats"};
  const auto sizes = x->dimensions(), carry = h->dimensions();
  if (sizes.size() < 3 || carry.size() < 2) throw Wrong{"inputs are not [T, B, I], or the carry is not [B, H]"};
  const auto leading = sizes.end() - 3;
  const ptrdiff_t members = std::accumulate(sizes.begin(), leading, int64_t{1}, std::multiplies<int64_t>());
  Call call = {static_cast<Cell>(cell), kernels + cell, members, {}};
  call.layer.sizes = {leading[0], leading[1], leading[2], carry.back(), reverse};
  const Counts n(call);
  call.layer.x = floats(args, 0, n.x);
  call.layer.w_x = floats(args, 1, n.w_x);
  call.layer.w_h = floats(args, 2, n.w_h);
  call.layer.b = floats(args, 3, n.b);
  call.layer.b_h = floats(args, 4, n.b_h);
  call.layer.h = floats(args, 5, n.carry);
  call.layer.c = floats(args, 6, n.cell);
  call.layer.h_initial = floats(args, 7, n.carry);
  call.layer.c_initial = floats(args, 8, n.cell);
  call.layer.valid = flags(args, 9, n.steps);
  call.layer.reset = flags(args, 10, n.steps);
  return call;
}

// Runs body(), and turns whatever it throws into an error of the call.
template <class Body>
ffi::Error guarded(const Body& body) {
  try {
    return body() ? ffi::Error::Success() : ffi::Error(ffi::ErrorCode::kResourceExhausted, "out of memory");
  } catch (const Wrong& wrong) {
    return ffi::Error::InvalidArgument(wrong.what);
  } catch (const std::exception& error) {
    return ffi::Error(ffi::ErrorCode::kResourceExhausted, error.what());
  }
}

ffi::Error forward_handler(ffi::ThreadPool pool, ffi::RemainingArgs args, ffi::RemainingRets results, int64_t set,
                           int64_t cell, bool reverse, bool keep) {
  return guarded([&] {
    const Call call = decoded(args, set, cell, reverse);
    const Counts n(call);
    const ForwardResults out = {result(results, 0, n.ys), result(results, 1, n.carry), result(results, 2, n.cell),
                                result(results, 3, keep ? n.kept : 0)};
    return n.ys == 0 || forward(pool, pool.num_threads(), call, out);
  });
}

ffi::Error backward_handler(ffi::ThreadPool pool, ffi::RemainingArgs args, ffi::RemainingRets results, int64_t set,
                            int64_t cell, bool reverse) {
  return guarded([&] {
    const Call call = decoded(args, set, cell, reverse);
    const Counts n(call);
    // The forward pass wrote these; here they are read alone.
    const ForwardResults ran = {const_cast<float*>(floats(args, kLayerArguments, n.ys)), nullptr, nullptr,
                                const_cast<float*>(floats(args, kLayerArguments + 1, n.kept))};
    const Cotangents given = {floats(args, kLayerArguments + 2, n.ys), floats(args, kLayerArguments + 3, n.carry),
                              floats(args, kLayerArguments + 4, n.cell)};
    const BackwardResults out = {result(results, 0, n.x),     result(results, 1, n.w_x),   result(results, 2, n.w_h),
                                 result(results, 3, n.b),     result(results, 4, n.b_h),   result(results, 5, n.carry),
                                 result(results, 6, n.cell),  result(results, 7, n.carry), result(results, 8, n.cell)};
    return n.ys == 0 || backward(pool, pool.num_threads(), call, ran, given, out);
  });
}

}  // namespace
}  // namespace gatedrnn

// All that the library shows to others.
#pragma GCC visibility push(default)

XLA_FFI_DEFINE_HANDLER_SYMBOL(gatedrnn_forward, gatedrnn::forward_handler,
                              xla::ffi::Ffi::Bind()
                                  .Ctx<xla::ffi::ThreadPool>()
                                  .RemainingArgs()
                                  .RemainingRets()
                                  .Attr<int64_t>("set")
                                  .Attr<int64_t>("cell")
                                  .Attr<bool>("reverse")
                                  .Attr<bool>("keep"));

XLA_FFI_DEFINE_HANDLER_SYMBOL(gatedrnn_backward, gatedrnn::backward_handler,
                              xla::ffi::Ffi::Bind()
                                  .Ctx<xla::ffi::ThreadPool>()
                                  .RemainingArgs()
                                  .RemainingRets()
                                  .Attr<int64_t>("set")
                                  .Attr<int64_t>("cell")
                                  .Attr<bool>("reverse"));

// Whether this machine has an instruction set.
extern "C" bool gatedrnn_has(int64_t set) {
  return gatedrnn::kernels_of(static_cast<gatedrnn::InstructionSet>(set)) != nullptr;
}

// Floats of the forward pass's fourth result, which Python has to know before it runs.
extern "C" int64_t gatedrnn_kept(int64_t set, int64_t cell, int64_t length, int64_t batch, int64_t hidden) {
  using namespace gatedrnn;
  return kept_size(kernels_of(static_cast<InstructionSet>(set))[cell], {length, batch, 1, hidden, false});
}

#pragma GCC visibility pop
