"""Checking: netc beside ONNX's shape inference, torchinfo and Keras; and large tables to check.

Run by `make bench`, which makes the environment. Every figure is a whole process unless it says otherwise, netc and
its peers taking turns; what does not drift from run to run is in `instructions.py`.

    check.py --netc target/release/netc         the comparison
    check.py --generate chain 100000            a table of so many rows, on standard output
    check.py --generate forked 1000 --wrong 50  a graph with forks and so many corrupted cells
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SPEC = ROOT / "specs" / "alexnet.spec"


def chain(rows: int) -> list:
    """Convolutions of several widths with batch norm and ReLU, as `(name, layer, size, filter, from)`."""
    table = [("", "INPUT", (32, 32, 3), "", "")]
    widths = [16, 32, 64, 48, 96, 24, 128, 80]
    number = 0
    while len(table) < rows:
        k = widths[number % len(widths)]
        kernel, padding = [(3, 1), (1, 0), (5, 2)][number % 3]
        table.append(("", "CONV", (32, 32, k), f"{kernel}x{kernel}; K={k}; p={padding}", ""))
        table.append(("", "BN", (32, 32, k), "", ""))
        table.append(("", "RELU", (32, 32, k), "", ""))
        number += 1
    return table[:rows]


def forked(rows: int) -> list:
    """Residual blocks of seven rows; every fourth block is two branches that are concatenated."""
    table = [("", "INPUT", (32, 32, 3), "", ""), ("b0", "CONV", (32, 32, 16), "3x3; K=16; p=1", "")]
    size, number = (32, 32, 16), 0
    while len(table) < rows:
        before, number = f"b{number}", number + 1
        h, w, c = size
        if number % 4 == 0:
            table += [
                (f"l{number}", "CONV", (h, w, c // 2), f"1x1; K={c // 2}", before),
                (f"m{number}", "CONV", (h, w, c), f"1x1; K={c}", before),
                (f"r{number}", "CONV", (h, w, c // 2), f"3x3; K={c // 2}; p=1", f"m{number}"),
                ("", "CONCAT", size, "", f"l{number}, r{number}"),
                (f"b{number}", "RELU", size, "", ""),
            ]
            continue
        table += [
            ("", "CONV", size, f"3x3; K={c}; p=1", before),
            ("", "BN", size, "", ""),
            ("", "RELU", size, "", ""),
            ("", "CONV", size, f"3x3; K={c}; p=1", ""),
            (f"r{number}", "BN", size, "", ""),
            ("", "ADD", size, "", f"r{number}, {before}"),
            (f"b{number}", "RELU", size, "", ""),
        ]
    return table[:rows]


def corrupted(table: list, wrong: int) -> list:
    """So many cells changed, spread over the table: two claims for each stride."""
    chosen = random.Random(20)
    step = max(1, (len(table) - 10) // max(1, wrong))
    for number in range(wrong):
        at = 4 + number * step + chosen.randrange(max(1, step // 2))
        while number % 3 == 2 and table[at][1] != "CONV":
            at += 1
        name, layer, (h, w, c), filters, reads = table[at]
        if number % 3 == 2:
            filters = filters.replace(";", "/2;", 1)
        else:
            h, w = (h * 2, w * 2) if number % 2 else (h - 1, w - 1)
        table[at] = (name, layer, (h, w, c), filters, reads)
    return table


def text(table: list) -> str:
    """The table as a document."""
    named = any(row[0] or row[4] for row in table)
    head = "---\nname: generated\ndialect: pytorch\n---\n\n"
    if named:
        head += "| Name | Layer Type | Output Size | Filter Size / Stride | From |\n|---|---|---|---|---|\n"
        lines = (f"| {n} | {kind} | {h}x{w}x{c} | {f} | {r} |\n" for n, kind, (h, w, c), f, r in table)
    else:
        head += "| Layer Type | Output Size | Filter Size / Stride |\n|---|---|---|\n"
        lines = (f"| {kind} | {h}x{w}x{c} | {f} |\n" for _, kind, (h, w, c), f, _ in table)
    return head + "".join(lines)


def generate(shape: str, rows: int, wrong: int) -> str:
    return text(corrupted({"chain": chain, "forked": forked}[shape](rows), wrong))


def torchinfo_peer(n: int) -> None:
    import torch
    import torchinfo

    net = torch.nn.Sequential(*[torch.nn.Conv2d(16, 16, 3, padding=1, device="meta") for _ in range(n)])
    torchinfo.summary(net, input_data=torch.empty(1, 16, 32, 32, device="meta"), verbose=0, device="meta")


def onnx_peer(n: int) -> None:
    """Prints the seconds of the inference alone, file to file."""
    import onnx
    from onnx import TensorProto, helper

    kernel = helper.make_tensor("w", TensorProto.FLOAT, [16, 16, 3, 3], [0.0] * 2304)
    nodes = [helper.make_node("Conv", [f"y{i}", "w"], [f"y{i + 1}"], pads=[1, 1, 1, 1]) for i in range(n)]
    entry = helper.make_tensor_value_info("y0", TensorProto.FLOAT, [1, 16, 32, 32])
    exit_ = helper.make_tensor_value_info(f"y{n}", TensorProto.FLOAT, None)
    with tempfile.TemporaryDirectory() as folder:
        before, after = os.path.join(folder, "in.onnx"), os.path.join(folder, "out.onnx")
        onnx.save(helper.make_model(helper.make_graph(nodes, "g", [entry], [exit_], [kernel])), before)
        start = time.perf_counter()
        onnx.shape_inference.infer_shapes_path(before, after)
        print(time.perf_counter() - start)


def keras_peer(n: int) -> None:
    import keras

    layers = [keras.layers.Conv2D(16, 3, padding="same") for _ in range(n)]
    keras.Sequential([keras.Input((32, 32, 16)), *layers]).summary(print_fn=lambda *_, **__: None)


PEERS = {"torchinfo": torchinfo_peer, "onnx": onnx_peer, "keras": keras_peer}


def timed(command: list, runs: int, status: int = 0) -> float:
    """Median milliseconds of a whole process."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        times.append(1e3 * (time.perf_counter() - start))
        if done.returncode != status:
            sys.exit(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stderr.decode()[-2000:]}")
    return statistics.median(times)


def peak(command: list) -> float:
    """MB of memory that a process of its own held at most."""
    script = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=-3, stderr=-3); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    out = subprocess.run([sys.executable, "-c", script, *command], check=True, capture_output=True, text=True)
    return int(out.stdout) / 1e3


def compare(netc: str) -> None:
    print("checking, whole processes; medians")
    print(f"  netc check specs/alexnet.spec            {timed([netc, 'check', str(SPEC)], 101):9.2f} ms")
    with tempfile.TemporaryDirectory() as folder:
        for shape, rows, wrong, runs in [
            ("chain", 1_000, 0, 21),
            ("chain", 10_000, 0, 21),
            ("chain", 100_000, 0, 11),
            ("chain", 1_000_000, 0, 3),
            ("forked", 1_000, 0, 21),
            ("forked", 1_000, 50, 11),
        ]:
            path = Path(folder) / f"{shape}-{rows}-{wrong}.spec"
            path.write_text(generate(shape, rows, wrong))
            command = [netc, "check", "--format", "concise", str(path)]
            what = f"netc, {shape} of {rows:,} rows" + (f", {wrong} wrong cells" if wrong else "")
            took = timed(command, runs, status=1 if wrong else 0)
            print(f"  {what:<40} {took:9.2f} ms   {peak(command):7.1f} MB", flush=True)
    for name, n in [("onnx", 32), ("onnx", 10_000), ("onnx", 100_000), ("torchinfo", 32), ("keras", 32)]:
        command = [sys.executable, __file__, "--peer", name, str(n)]
        environment = {**os.environ, "KERAS_BACKEND": "torch"}
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        took = 1e3 * (time.perf_counter() - start)
        if done.returncode != 0:
            print(f"  {name}, {n:,} convolutions: {done.stderr.strip().splitlines()[-1]}")
            continue
        alone = f"   inference alone {1e3 * float(done.stdout):.1f} ms" if name == "onnx" else ""
        print(f"  {f'{name}, {n:,} convolutions':<40} {took:9.2f} ms{alone}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--netc", help="the netc command")
    parser.add_argument("--generate", nargs=2, metavar=("SHAPE", "ROWS"), help="print a table: chain or forked")
    parser.add_argument("--wrong", type=int, default=0, help="how many of its cells are corrupted")
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        PEERS[options.peer[0]](int(options.peer[1]))
    elif options.generate:
        sys.stdout.write(generate(options.generate[0], int(options.generate[1]), options.wrong))
    elif options.netc:
        compare(options.netc)
    else:
        parser.error("--netc names the netc command")


if __name__ == "__main__":
    main()
