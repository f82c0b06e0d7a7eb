"""Runs nets that netc exported, in the framework itself, and compares what they give with what netc gave.

    compare.py keras|pytorch|torchscript FOLDER

FOLDER holds a folder a net: data.safetensors with `x` [N, C, H, W] and netc's own `y`, and KERAS|PYTORCH/model.py with
weights.safetensors, or torchscript/model.pt. Status 1 where one differs.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True
os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
from safetensors.numpy import load_file

# fp32 in both, sums in another order.
TOLERANCE = 2e-4
# What the nets were exported with.
L2 = 0.0002


def module(path: Path):
    spec = importlib.util.spec_from_file_location("model", path)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def keras(folder: Path, x: np.ndarray) -> np.ndarray:
    import keras

    model = module(folder / "model.py").load(folder / "weights.safetensors")
    y = np.asarray(model(x.transpose(0, 2, 3, 1) if x.ndim == 4 else x, training=False))
    penalty, kernels = float(sum(model.losses)), [w for w in model.weights if w.name == "kernel"]
    wanted = L2 * sum(float((np.asarray(kernel) ** 2).sum()) for kernel in kernels)
    assert abs(penalty - wanted) <= 1e-4 * wanted, f"the penalty is {penalty}, not {wanted}"
    keras.backend.clear_session()
    return y.transpose(0, 3, 1, 2) if y.ndim == 4 else y


def pytorch(folder: Path, x: np.ndarray) -> np.ndarray:
    import torch
    from safetensors.torch import load_file as load

    found = module(folder / "model.py")
    classes = [c for c in vars(found).values() if isinstance(c, type) and issubclass(c, torch.nn.Module)]
    model = classes[-1]()
    model.load_state_dict(load(folder / "weights.safetensors"))
    with torch.no_grad():
        return model.eval()(torch.from_numpy(x)).numpy()


def torchscript(folder: Path, x: np.ndarray) -> np.ndarray:
    import torch

    with torch.no_grad():
        return torch.jit.load(folder / "model.pt")(torch.from_numpy(x)).numpy()


def main() -> int:
    framework, folder = sys.argv[1], Path(sys.argv[2])
    run = {"keras": keras, "pytorch": pytorch, "torchscript": torchscript}[framework]
    wrong = []
    nets = sorted(path.parent for path in folder.glob("*/data.safetensors"))
    for net in nets:
        data = load_file(net / "data.safetensors")
        try:
            y = run(net / framework, data["x"])
        except Exception as error:  # the program itself is what is tested
            wrong.append(f"{net.name}: {type(error).__name__}: {error}")
            continue
        if y.shape != data["y"].shape:
            wrong.append(f"{net.name}: {y.shape}, not {data['y'].shape}")
            continue
        apart = np.abs(y - data["y"]).max() / max(np.abs(data["y"]).max(), 1e-3)
        if not apart < TOLERANCE:
            wrong.append(f"{net.name}: {apart:.1e} apart")
    print(f"{framework}: {len(nets) - len(wrong)} of {len(nets)} nets give netc's output")
    print("\n".join(wrong))
    return 1 if wrong or not nets else 0


if __name__ == "__main__":
    sys.exit(main())
