"""netc beside PyTorch: the training step of the article's AlexNet, and the check of its table.

Run by `make bench`, which makes the environment. PyTorch is eager, in the same precision and memory layout, with the
fused optimiser, the same decay groups (kernels decay, biases and batch norm do not) and the same number of threads, on
the same version of libtorch. The two take turns, each in a process of its own, so that a machine that slows down slows
both; what counts is the ratio of their medians, absolute times drift.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SPEC = ROOT / "specs" / "alexnet.spec"
WARM_UP = 3


def network():
    """The net of specs/alexnet.spec in PyTorch: SAME convolutions, ReLU, batch norm of Keras's constants."""
    import torch.nn as nn

    def block(inputs, outputs, kernel, stride=1, padding=0):
        # conv1's SAME padding of 227 is 4 + 4, the others are k // 2.
        conv = nn.Conv2d(inputs, outputs, kernel, stride, padding or kernel // 2)
        return [conv, nn.ReLU(inplace=True), nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01)]

    def dense(inputs, outputs):
        norm = nn.BatchNorm1d(outputs, eps=1e-3, momentum=0.01)
        return [nn.Linear(inputs, outputs), nn.ReLU(inplace=True), norm, nn.Dropout(0.5)]

    pool = [nn.MaxPool2d(3, 2), nn.Dropout(0.25)]
    return nn.Sequential(
        *block(3, 96, 11, 4, 4), *pool,
        *block(96, 256, 5), *pool,
        *block(256, 384, 3), *block(384, 384, 3), *block(384, 256, 3), *pool,
        nn.Flatten(), *dense(9216, 4096), *dense(4096, 4096), nn.Linear(4096, 1000),
    )  # fmt: skip


def torch_steps(batch: int, steps: int, threads: int, precision: str) -> float:
    """Median seconds of PyTorch's step."""
    import torch
    import torch.nn.functional as F

    torch.manual_seed(0)
    torch.set_num_threads(threads)
    net = network()
    trained = sum(p.numel() for p in net.parameters())
    assert trained == 62_397_480, trained
    kernels = [p for p in net.parameters() if p.dim() > 1]
    rest = [p for p in net.parameters() if p.dim() == 1]
    groups = [{"params": kernels, "weight_decay": 0.0004}, {"params": rest, "weight_decay": 0.0}]
    optimiser = torch.optim.SGD(groups, lr=0.001, momentum=0.9, fused=True)
    images, labels = torch.randn(batch, 3, 227, 227), torch.randint(0, 1000, (batch,))
    times = []
    for step in range(WARM_UP + steps):
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            loss = F.cross_entropy(net(images), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        loss.item()
        if step >= WARM_UP:
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def beside(command: list, environment=None) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def training(netc: str, batch: int, steps: int, rounds: int, threads: int, precision: str) -> None:
    ours, theirs = [], []
    for _ in range(rounds):
        run = [sys.executable, __file__, "--torch", "--batch", str(batch), "--steps", str(steps)]
        theirs.append(float(beside([*run, "--threads", str(threads), "--precision", precision])))
        run = [netc, "bench", str(SPEC), "--format", "json", "--device", "cpu", "--batch", str(batch)]
        run += ["--steps", str(steps), "--threads", str(threads), "--precision", precision]
        ours.append(json.loads(beside(run))["repeated"]["median_ms"] / 1e3)
    ratios = [a / b for a, b in zip(ours, theirs)]
    netc_ms, torch_ms = 1e3 * statistics.median(ours), 1e3 * statistics.median(theirs)
    print(f"training step, AlexNet, batch {batch}, {precision}, {threads} threads, {rounds} rounds of {steps} steps")
    print(f"  netc    {netc_ms:7.1f} ms   {batch / netc_ms * 1e3:5.1f} images/s")
    print(f"  PyTorch {torch_ms:7.1f} ms   {batch / torch_ms * 1e3:5.1f} images/s   (eager, fused SGD)")
    spread = ", ".join(f"{ratio:.3f}" for ratio in ratios)
    print(f"  netc / PyTorch: {statistics.median(ratios):.3f}   (rounds: {spread})", flush=True)


def checking(netc: str, runs: int) -> None:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([netc, "check", str(SPEC)], check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    milliseconds = sorted(1e3 * t for t in times)
    print(f"netc check specs/alexnet.spec, whole process, {runs} runs")
    print(f"  median {milliseconds[runs // 2]:.2f} ms, least {milliseconds[0]:.2f} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--netc", help="the netc command")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--torch", action="store_true", help="PyTorch's half alone: median seconds of a step")
    options = parser.parse_args()
    if options.torch:
        print(torch_steps(options.batch, options.steps, options.threads, options.precision))
        return
    if not options.netc:
        parser.error("--netc names the netc command")
    checking(options.netc, 101)
    training(options.netc, options.batch, options.steps, options.rounds, options.threads, options.precision)


if __name__ == "__main__":
    main()
