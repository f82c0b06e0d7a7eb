// The calls into libtorch that tch does not bind. Every function returns a null
// pointer when it did its work, else a message that netc_free releases; no
// exception leaves this file.

#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/full.h>
#include <ATen/ops/where.h>
#include <c10/util/Exception.h>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <exception>
#include <optional>
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

using AdamPass = void(at::TensorList, at::TensorList, at::TensorList, at::TensorList, at::TensorList, at::TensorList,
                      double, double, double, double, double, bool, bool, const std::optional<at::Tensor>&,
                      const std::optional<at::Tensor>&);

// Parameters that have a gradient, with their gradients and optimiser state. The gradients are taken from them.
struct Taken {
  std::vector<at::Tensor> weights, gradients, first, second;

  Taken(at::Tensor* const* parameters, at::Tensor* const* a, at::Tensor* const* b, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      at::Tensor& gradient = parameters[i]->mutable_grad();
      if (!gradient.defined()) continue;
      weights.push_back(parameters[i]->detach());
      gradients.push_back(gradient.is_contiguous() ? gradient : gradient.contiguous());
      if (a) first.push_back(*a[i]);
      if (b) second.push_back(*b[i]);
      gradient = at::Tensor();
    }
  }
};

}  // namespace

extern "C" {

void netc_free(char* text) { std::free(text); }

// One step of SGD over `count` parameters in one pass over memory. Parameters
// without a gradient are left alone; the gradients are released. Velocities are
// `momentum * velocity + gradient + decay * parameter`, in place.
char* netc_fused_sgd(at::Tensor* const* parameters, at::Tensor* const* velocities, size_t count, double decay,
                     double momentum, double rate, bool nesterov) {
  return guarded([&] {
    Taken taken(parameters, momentum != 0 ? velocities : nullptr, nullptr, count);
    if (taken.weights.empty()) return;
    at::_fused_sgd_(taken.weights, taken.gradients, taken.first, decay, momentum, rate, /*dampening=*/0, nesterov,
                    /*maximize=*/false, /*is_first_step=*/false);
  });
}

// Step `step` (from 1) of Adam, or of AdamW where `apart`, in one pass over memory. `coupled` times the parameter
// joins the gradient first.
char* netc_fused_adam(at::Tensor* const* parameters, at::Tensor* const* means, at::Tensor* const* squares,
                      size_t count, double step, double rate, double beta1, double beta2, double eps, double decay,
                      double coupled, bool apart) {
  return guarded([&] {
    Taken taken(parameters, means, squares, count);
    if (taken.weights.empty()) return;
    if (coupled != 0) {
      for (size_t i = 0; i < taken.weights.size(); ++i) taken.gradients[i].add_(taken.weights[i], coupled);
    }
    auto done = at::full({}, step, taken.weights[0].options());
    std::vector<at::Tensor> steps(taken.weights.size(), done);
    auto fused = apart ? static_cast<AdamPass*>(at::_fused_adamw_) : static_cast<AdamPass*>(at::_fused_adam_);
    fused(taken.weights, taken.gradients, taken.first, taken.second, {}, steps, rate, beta1, beta2, decay, eps,
          /*amsgrad=*/false, /*maximize=*/false, {}, {});
  });
}

// One step of RMSProp as PyTorch has it; velocities are read where momentum is not zero.
char* netc_rmsprop(at::Tensor* const* parameters, at::Tensor* const* squares, at::Tensor* const* velocities,
                   size_t count, double rate, double alpha, double eps, double decay, double momentum) {
  return guarded([&] {
    Taken taken(parameters, squares, momentum != 0 ? velocities : nullptr, count);
    for (size_t i = 0; i < taken.weights.size(); ++i) {
      at::Tensor &weight = taken.weights[i], &gradient = taken.gradients[i], &square = taken.first[i];
      if (decay != 0) gradient.add_(weight, decay);
      square.mul_(alpha).addcmul_(gradient, gradient, 1 - alpha);
      at::Tensor root = square.sqrt().add_(eps);
      if (momentum != 0) {
        weight.add_(taken.second[i].mul_(momentum).addcdiv_(gradient, root), -rate);
      } else {
        weight.addcdiv_(gradient, root, -rate);
      }
    }
  });
}

// LARS: each gradient becomes `trust |w| / (|g| + decay |w|) (g + decay w)`, unscaled where a norm is zero.
char* netc_lars(at::Tensor* const* parameters, size_t count, double trust, double decay) {
  return guarded([&] {
    for (size_t i = 0; i < count; ++i) {
      at::Tensor& gradient = parameters[i]->mutable_grad();
      if (!gradient.defined()) continue;
      at::Tensor weight = parameters[i]->detach();
      at::Tensor of_weight = weight.norm(), of_gradient = gradient.norm();
      at::Tensor share = of_weight.mul(trust).div(of_gradient.add(of_weight, decay));
      at::Tensor known = of_weight.gt(0).logical_and(of_gradient.gt(0));
      gradient.detach().add_(weight, decay).mul_(at::where(known, share, 1.0));
    }
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

// Whether convolutions and matrix products of fp32 may be rounded to tf32 on a GPU.
void netc_allow_tf32(bool allowed) {
  at::globalContext().setAllowTF32CuDNN(allowed);
  at::globalContext().setAllowTF32CuBLAS(allowed);
}

}  // extern "C"
