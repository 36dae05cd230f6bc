#!/usr/bin/python3
"""The learner's benchmarks: runs the programs beside this file, prints one table, writes bench.tsv.

    bench.py PROGRAMS OUT.tsv       PROGRAMS: the folder with bench_kernels, bench_steps, bench_stage

All in one run on one machine, so that the figures can be divided by one another; medians. One-thread programs stay on
one processor, those of whole steps may use all. OUT.tsv has the columns name, value, unit and appears when everything
ran; a part that fails, or a peer that computes something else, ends the run with status 1 and leaves OUT.tsv as it was.
A peer whose library is missing is skipped and named.

Names. fma_peak: GFLOP/s of one core. gather_fp32, scatter_fp32, gradient_fp32 (weight gradient, written out),
update_fp32 (with SGD in one), update_fp32_adagrad, update_tied_*: GFLOP/s of one core, fields of 18x18x8, 8 maps, batch
96; *_bf16 likewise, fma_peak_avx512bf16 their peak where that is their best variant; with _i3 3 inputs, _m16 16 maps,
_b32 batch 32; with _generic, _avx2, ... that variant, else the best; _share: of the peak.
step_*: ms a step on two threads at batch 96, SGD; _1t one thread, _s64 side 64. step_*_share: of two cores' peak.
stage_*: ms a step of one stage on one thread (peers/stage_problem.py): pytorch the expert's, pytorch_unfold the common
formulation, both with the BLAS that the system has chosen for PyTorch (OpenBLAS, where nonna can be built: its package is
there); _refblas with the reference BLAS (libblas3), which PyTorch has where nothing else is installed.
"""
import glob
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"    # Debian's, which python3-torch belongs to
rows = []                      # name, value, unit, share of the bound or None, ratio to nonna or None, in print's order


def say(text):
    print(text, file=sys.stderr, flush=True)


def last_processor():
    return {max(os.sched_getaffinity(0))}


def environment(**more):
    # A forced core type would time another processor's kernels.
    kept = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "NONNA_ISA")}
    return {**kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **more}


def run(command, one_core, limit, **more):
    """The command's standard output; anything but status 0 ends the run."""
    pin = (lambda: os.sched_setaffinity(0, last_processor())) if one_core else None
    try:
        done = subprocess.run(command, env=environment(**more), preexec_fn=pin, timeout=limit, check=True,
                              stdout=subprocess.PIPE, text=True)
    except (OSError, subprocess.SubprocessError) as error:
        sys.exit(f"bench: {error}")
    return done.stdout


def benchmarks(program, one_core, repetitions, *options):
    """The benchmarks of a program: name -> (ms, FLOP a second or None), medians; and the context."""
    say(f"{program} ...")
    out = run([program, "--benchmark_format=json", f"--benchmark_repetitions={repetitions}",
               "--benchmark_report_aggregates_only=true", *options], one_core, 600)
    report = json.loads(out)
    found = {}
    for entry in report["benchmarks"]:
        if entry.get("error_occurred"):
            sys.exit(f"bench: {entry['name']}: {entry.get('error_message')}")
        if entry.get("aggregate_name") == "median":
            name = entry["run_name"].split("/iterations:")[0]
            time = "real_time" if "/real_time" in entry["run_name"] else "cpu_time"
            found[name] = (entry[time], entry.get("FLOPS"))
    return found, report["context"]


def row(name, value, unit, share=None, ratio=None):
    rows.append((name, value, unit, share, ratio))


def kernels(folder):
    found, context = benchmarks(folder + "/bench_kernels", True, 5, "--benchmark_enable_random_interleaving=true")
    best = context["kernels"]
    peak = found[f"fma_peak/{best}"][1]
    row("fma_peak", peak / 1e9, "GFLOP/s")
    for name, (_, flops) in found.items():
        isa = name.removeprefix("fma_peak/")
        if isa not in (name, best):
            row("fma_peak_" + isa, flops / 1e9, "GFLOP/s", flops / peak)
    best_bf16 = context["bf16_kernels"]
    bf16_peak = found.get(f"fma_peak/{best_bf16}", (0, peak))[1]
    order = ["gather", "scatter", "gradient", "update"]
    isas = sorted({name.split("/")[1] for name in found}, key=lambda isa: (isa != best, isa != best_bf16, isa))
    listed = [name.split("/") for name in found if name.count("/") == 4]    # they come in random order
    listed.sort(key=lambda p: (isas.index(p[1]), (p[2], p[3], p[4]) != ("8", "8", "96"), order.index(p[0].split("_")[0]),
                               p[0], -int(p[2]), int(p[3]), int(p[4])))
    for kernel, isa, inputs, maps, batch in listed:
        flops = found["/".join((kernel, isa, inputs, maps, batch))][1]
        suffix = "".join(f"_{letter}{value}" for letter, value, usual in
                         (("i", inputs, "8"), ("m", maps, "8"), ("b", batch, "96")) if value != usual)
        bf16 = "_bf16" in kernel
        suffix += "" if isa == (best_bf16 if bf16 else best) else "_" + isa
        bound = bf16_peak if bf16 and isa == best_bf16 else peak
        row(kernel + suffix, flops / 1e9, "GFLOP/s", flops / bound)
        if not suffix:
            of = "fma_peak" if bound == peak else "fma_peak_" + isa
            row(kernel + "_share", flops / bound, "of " + of)


def steps(folder):
    found, _ = benchmarks(folder + "/bench_steps", False, 3)
    peaks = {threads: statistics.median(flops for name, (_, flops) in found.items()
                                        if name.startswith(f"fma_peak/{threads}/")) for threads in ("1", "2")}
    row("fma_peak_2t", peaks["2"] / 1e9, "GFLOP/s")
    ms = {}
    for name, (time, flops) in found.items():
        parts = name.split("/")
        if not parts[0].startswith("step_"):
            continue
        step, side, batch, threads = parts
        suffix = ("" if side == usual_side(found, step) else "_s" + side) + ("" if batch == "96" else "_b" + batch)
        ms[step + suffix + "_" + threads] = time
        row(step + suffix + ("" if threads == "2" else "_1t"), time, "ms", flops / peaks[threads])
        if not suffix and threads == "2":
            label = step.removesuffix("_fp32") if step == "step_small_fp32" else step
            row(label + "_share", flops / peaks[threads], "of fma_peak_2t")
    pool_norm = found["pool_norm_small"][0]
    row("pool_norm_small_1t", pool_norm, "ms")
    row("pool_norm_small_share", pool_norm / ms["step_small_fp32_1"], "of step_small_fp32_1t")
    for network in ("small", "paper8"):
        row(f"step_{network}_bf16_speedup", ms[f"step_{network}_fp32_2"] / ms[f"step_{network}_bf16_2"],
            f"times step_{network}_fp32")


def usual_side(found, step):
    """The side of the first benchmark of its name: the architecture's own."""
    return next(name.split("/")[1] for name in found if name.startswith(step + "/"))


def stages(folder):
    times = {}
    torch = subprocess.run([PYTHON, "-c", "import torch"], stderr=subprocess.DEVNULL).returncode == 0
    if not torch:
        say("bench: python3-torch is missing: stage_pytorch, stage_pytorch_unfold are skipped")
    reference_blas = glob.glob("/usr/lib/*/blas/libblas.so.3")
    peers = [("stage_expert.py", "", 9, {}), ("stage_unfold.py", "", 2, {})]
    if reference_blas:
        path = os.path.dirname(reference_blas[0])
        peers += [("stage_expert.py", "_refblas", 3, {"LD_LIBRARY_PATH": path}),
                  ("stage_unfold.py", "_refblas", 1, {"LD_LIBRARY_PATH": path})]
    else:
        say("bench: libblas3 is missing: stage_*_refblas are skipped")
    with tempfile.TemporaryDirectory() as scratch:
        run([folder + "/bench_stage", "--reference", scratch], True, 60)
        for turn in range(2):    # twice in turns, so that a slow minute hits all alike
            found, context = benchmarks(folder + "/bench_stage", True, 5, "--benchmark_enable_random_interleaving=true")
            for name, (time, _) in found.items():
                times.setdefault(name, []).append(time)
            for script, suffix, repetitions, more in peers if torch else []:
                say(f"{script}{suffix} ...")
                done = json.loads(run([PYTHON, f"{HERE}/peers/{script}", "--reference", scratch, "--repetitions",
                                       str(repetitions)], True, 120, **more))
                if suffix and "/blas/libblas" not in done["blas"]:
                    sys.exit(f"bench: {script}{suffix}: PyTorch took {done['blas']}, not the reference BLAS")
                times.setdefault(done["name"] + suffix, []).append(done["ms"])
                if turn == 0:
                    say(f"  PyTorch's BLAS: {done['blas']}")
    say(f"  OpenBLAS's kernels for im2col: {context['openblas']}")
    middle = {name: statistics.median(values) for name, values in times.items()}
    for name, time in middle.items():
        row(name, time, "ms", None, time / middle["stage_nonna"])


def table():
    print(f"{'name':34}{'value':>11} {'unit':24}{'of bound':>9}{'to nonna':>10}")
    for name, value, unit, share, ratio in rows:
        print(f"{name:34}{value:11.4g} {unit:24}{'' if share is None else format(share, '8.1%'):>9}"
              f"{'' if ratio is None else format(ratio, '9.2f'):>10}")


def write(out):
    temporary = f"{out}.{os.getpid()}"
    try:
        with open(temporary, "w") as file:
            file.write("name\tvalue\tunit\n")
            for name, value, unit, _, _ in rows:
                file.write(f"{name}\t{value:.9g}\t{unit}\n")
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, out)
    except OSError as error:
        sys.exit(f"bench: {out}: {error.strerror}")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: bench.py PROGRAMS OUT.tsv")
    folder, out = sys.argv[1:]
    for part in (kernels, steps, stages):
        part(folder)
    table()
    write(out)


if __name__ == "__main__":
    main()
