// The calls into libtorch that tch does not bind. Every function returns a null
// pointer when it did its work, else a message that netc_free releases; no
// exception leaves this file.

#include <ATen/ops/_fused_sgd.h>
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <exception>
#include <vector>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace {

char* message(const char* text) { return strdup(text); }

template <typename Work>
char* guarded(Work work) {
  try {
    work();
    return nullptr;
  } catch (const c10::Error& error) {
    return message(error.what_without_backtrace());
  } catch (const std::exception& error) {
    return message(error.what());
  } catch (...) {
    return message("libtorch threw something that is no exception");
  }
}

}  // namespace

extern "C" {

void netc_free(char* text) { std::free(text); }

// One step of SGD over `count` parameters in one pass over memory. Parameters
// without a gradient are left alone; the gradients are released. Velocities are
// `momentum * velocity + gradient + decay * parameter`, in place.
char* netc_fused_sgd(at::Tensor* const* parameters, at::Tensor* const* velocities, size_t count, double decay,
                     double momentum, double rate, bool nesterov) {
  return guarded([&] {
    std::vector<at::Tensor> weights, gradients, buffers;
    for (size_t i = 0; i < count; ++i) {
      at::Tensor& gradient = parameters[i]->mutable_grad();
      if (!gradient.defined()) continue;
      weights.push_back(parameters[i]->detach());
      gradients.push_back(gradient.is_contiguous() ? gradient : gradient.contiguous());
      if (momentum != 0) buffers.push_back(*velocities[i]);
      gradient = at::Tensor();
    }
    if (weights.empty()) return;
    at::_fused_sgd_(weights, gradients, buffers, decay, momentum, rate, /*dampening=*/0, nesterov,
                    /*maximize=*/false, /*is_first_step=*/false);
  });
}

// Loads libtorch's CUDA half. It must come before anything asks libtorch about devices.
char* netc_load_cuda() {
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL)) return nullptr;
  const char* why = dlerror();
  return message(why ? why : "libtorch_cuda.so cannot be loaded");
}

// Has malloc keep what large tensors give back: returned to the system, every
// step would fault the same pages in again.
void netc_keep_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, -1);
#endif
}

}  // extern "C"
