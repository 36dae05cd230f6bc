// The kernels, one thread, as GFLOP/s: every variant this processor can run, beside the peak of its multiply-adds
// (fma.h). bench.py runs this and divides the one by the other.
//
//   bench_kernels [Google Benchmark's options]
//
// Names: KERNEL_fp32/ISA/INPUTS/MAPS/BATCH, KERNEL_bf16 likewise; fields 18x18. update: the weight gradient fused with
// SGD or Adagrad; tied: both parts of tied weights' gradient in one call, twice the arithmetic. gradient: written out,
// not fused.
//
// Time is the processor's, which a neighbour on the same core does not falsify. FLOP: 2 a weight and picture (tied: 4),
// padding lanes not counted, nor the update's own. As many positions as make 64 MB of weights, so that weights come
// from memory as they do in training; activations are those of that many positions. Bounds: the peak, and for a kernel
// that reads and writes a weight (update: 8 bytes, with Adagrad 16) the memory: at batch 96 192 FLOP a weight. bf16's
// gather and scatter read 2 bytes a weight where fp32's read 4; its update moves as many as fp32's.
#include "kernels/kernels.h"
#include "kernels/bf16.h"

#include "fma.h"

#include "kernels/aligned.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <functional>
#include <string>

namespace
{

using namespace nonna;

constexpr int field = 18;
constexpr std::size_t weight_count = std::size_t(16) << 20;

// All the arrays of one benchmark at a time, made once: the first touch of a page would be timed otherwise.
struct Arrays {
    Aligned<float> w{weight_count}, state{weight_count}, gradient{weight_count}, x, e, h, dh, scratch;

    Arrays(std::size_t inputs, std::size_t units, std::size_t matrix)
        : x(inputs), e(inputs), h(units), dh(units), scratch(matrix)
    {
        // Numbers of usual size, as denormals and zeros take another time than others on some processors.
        const auto fill = [](Aligned<float>& a, double size) {
            std::uint32_t v = 1;
            for (std::size_t i = 0; i < a.size(); ++i) {
                v = v * 1664525 + 1013904223;
                a.data()[i] = float((double(v) / 2147483648.0 - 1) * size);
            }
        };
        fill(w, 0.05);
        fill(x, 1);
        fill(e, 0.1);
        fill(h, 1);
        fill(dh, 0.1);
        for (std::size_t i = 0; i < weight_count; ++i)
            state.data()[i] = 1;
    }
};

FilterShape shape_for(int inputs, int maps)
{
    const int side = int(std::sqrt(double(weight_count) / (double(field) * field * inputs * maps)));
    FilterShape s;
    s.input = {side + field - 1, side + field - 1, inputs};
    s.output = {side, side, maps};
    s.field = field;
    s.stride = 1;
    return s;
}

Arrays& arrays()
{
    constexpr int most_lanes = 128;
    static Arrays all = [] {
        std::size_t inputs = 0, units = 0, matrix = 0;
        for (const int i : {3, 8})
            for (const int m : {8, 16}) {
                const FilterShape s = shape_for(i, m);
                inputs = std::max(inputs, s.input.size() * most_lanes);
                units = std::max(units, s.output.size() * most_lanes);
                matrix = std::max(matrix, 2 * s.fan_in() * m);
            }
        return Arrays(inputs, units, matrix);
    }();
    return all;
}

using Pass = std::function<void(const FilterShape&, int lanes)>;

void add(const std::string& kernel, const std::string& isa, int inputs, int maps, int batch, double parts, Pass pass)
{
    const std::string name =
        kernel + "/" + isa + "/" + std::to_string(inputs) + "/" + std::to_string(maps) + "/" + std::to_string(batch);
    benchmark::RegisterBenchmark(name.c_str(),
                                 [=](benchmark::State& state) {
                                     const FilterShape s = shape_for(inputs, maps);
                                     for (auto _ : state)
                                         pass(s, padded_lanes(batch));
                                     state.counters["FLOPS"] =
                                         benchmark::Counter(2 * parts * double(s.weights()) * batch,
                                                            benchmark::Counter::kIsIterationInvariantRate);
                                 })
        ->Unit(benchmark::kMillisecond)
        ->Iterations(1);
}

template <class F> void output_rows(const FilterShape& s, F f)
{
    for (int row = 0; row < s.output.rows; ++row)
        f(Band{row, 0, s.output.columns});
}

void add_kernels(const Kernels<float>& k, int inputs, int maps, int batch)
{
    Arrays& a = arrays();
    const auto with = [&](const std::string& kernel, double parts, Pass pass) {
        add(kernel, k.name, inputs, maps, batch, parts, std::move(pass));
    };
    with("gather_fp32", 1, [&](const FilterShape& s, int lanes) {
        output_rows(s, [&](Band band) { k.gather(s, lanes, a.w.data(), a.x.data(), false, a.h.data(), band); });
    });
    with("scatter_fp32", 1, [&](const FilterShape& s, int lanes) {
        for (int row = 0; row < s.input.rows; ++row)
            k.scatter(s, lanes, a.w.data(), a.h.data(), a.x.data(), Band{row, 0, s.input.columns});
    });
    with("gradient_fp32", 1, [&](const FilterShape& s, int lanes) {
        output_rows(s, [&](Band band) {
            k.weight_gradient(s, lanes, a.x.data(), a.dh.data(), nullptr, nullptr, a.gradient.data(), band);
        });
    });
    // A rate so small that no weight moves over the repetitions: what is timed does not depend on it.
    for (const Rule rule : {Rule::sgd, Rule::adagrad})
        for (const bool tied : {false, true}) {
            const std::string name =
                std::string("update") + (tied ? "_tied" : "") + "_fp32" + (rule == Rule::adagrad ? "_adagrad" : "");
            with(name, tied ? 2 : 1, [&a, &k, rule, tied](const FilterShape& s, int lanes) {
                const Update<float> update{rule, 1e-12F, 0, rule == Rule::sgd ? nullptr : a.state.data()};
                output_rows(s, [&](Band band) {
                    k.weight_update(s, lanes, a.x.data(), a.dh.data(), tied ? a.e.data() : nullptr,
                                    tied ? a.h.data() : nullptr, update, false, a.w.data(), band, a.scratch.data());
                });
            });
        }
}

// What the bf16 kernels read beside the same weights split and the same state.
struct Bf16Arrays {
    Aligned<Bf16> x_pairs, h_pairs, x, e, h, dh;
    Aligned<char> scratch;
};

Bf16Arrays& bf16_arrays()
{
    static Bf16Arrays all = [] {
        Arrays& a = arrays();
        const std::size_t inputs = a.x.size(), units = a.h.size();
        // an odd row of pairs ends beside a zero: a sixteenth more is enough
        Bf16Arrays b{Aligned<Bf16>(inputs + inputs / 16),
                     Aligned<Bf16>(units),
                     Aligned<Bf16>(inputs),
                     Aligned<Bf16>(inputs),
                     Aligned<Bf16>(units),
                     Aligned<Bf16>(units),
                     Aligned<char>(std::size_t(1) << 22)};
        const Bf16Kernels& k = bf16_kernels();
        k.narrow_lanes(inputs, a.x.data(), b.x_pairs.data());
        k.narrow_lanes(units, a.h.data(), b.h_pairs.data());
        k.narrow_lanes(inputs, a.x.data(), b.x.data());
        k.narrow_lanes(inputs, a.e.data(), b.e.data());
        k.narrow_lanes(units, a.h.data(), b.h.data());
        k.narrow_lanes(units, a.dh.data(), b.dh.data());
        return b;
    }();
    return all;
}

// The weights' upper halves are read as bf16 numbers, so the floats that the fp32 kernels read must be split first, and
// joined behind: both are done outside the time. No matrix is larger than the scratch.
void add_bf16(const std::string& kernel, const Bf16Kernels& k, int inputs, int maps, int batch, double parts, Pass pass)
{
    const std::string name =
        kernel + "/" + k.name + "/" + std::to_string(inputs) + "/" + std::to_string(maps) + "/" + std::to_string(batch);
    benchmark::RegisterBenchmark(name.c_str(),
                                 [=, &k](benchmark::State& state) {
                                     const FilterShape s = shape_for(inputs, maps);
                                     const std::size_t matrix = s.fan_in() * maps, positions = s.weights() / matrix;
                                     const auto every_matrix = [&](auto f) {
                                         for (std::size_t p = 0; p < positions; ++p)
                                             f(matrix, arrays().w.data() + p * matrix, bf16_arrays().scratch.data());
                                     };
                                     every_matrix(k.split);
                                     for (auto _ : state)
                                         pass(s, padded_lanes(batch));
                                     every_matrix(k.join);
                                     state.counters["FLOPS"] =
                                         benchmark::Counter(2 * parts * double(s.weights()) * batch,
                                                            benchmark::Counter::kIsIterationInvariantRate);
                                 })
        ->Unit(benchmark::kMillisecond)
        ->Iterations(1);
}

void add_bf16_kernels(const Bf16Kernels& k, int inputs, int maps, int batch)
{
    Arrays& a = arrays();
    Bf16Arrays& b = bf16_arrays();
    const auto split = [&] { return reinterpret_cast<Bf16*>(a.w.data()); };
    const auto with = [&](const std::string& kernel, double parts, Pass pass) {
        add_bf16(kernel, k, inputs, maps, batch, parts, std::move(pass));
    };
    with("gather_bf16", 1, [&, split](const FilterShape& s, int lanes) {
        output_rows(s, [&](Band band) {
            k.gather(s, lanes, split(), b.x_pairs.data(), false, a.h.data(), band, b.scratch.data());
        });
    });
    with("scatter_bf16", 1, [&, split](const FilterShape& s, int lanes) {
        for (int row = 0; row < s.input.rows; ++row)
            k.scatter(s, lanes, split(), b.h_pairs.data(), a.x.data(), Band{row, 0, s.input.columns}, b.scratch.data());
    });
    with("gradient_bf16", 1, [&](const FilterShape& s, int lanes) {
        output_rows(s, [&](Band band) {
            k.weight_gradient(s, lanes, b.x.data(), b.dh.data(), nullptr, nullptr, a.gradient.data(), band,
                              b.scratch.data());
        });
    });
    for (const Rule rule : {Rule::sgd, Rule::adagrad})
        for (const bool tied : {false, true}) {
            const std::string name =
                std::string("update") + (tied ? "_tied" : "") + "_bf16" + (rule == Rule::adagrad ? "_adagrad" : "");
            with(name, tied ? 2 : 1, [&, split, rule, tied](const FilterShape& s, int lanes) {
                const Update<float> update{rule, 1e-12F, 0, rule == Rule::sgd ? nullptr : a.state.data()};
                output_rows(s, [&](Band band) {
                    k.weight_update(s, lanes, b.x.data(), b.dh.data(), tied ? b.e.data() : nullptr,
                                    tied ? b.h.data() : nullptr, update, false, split(), band, b.scratch.data());
                });
            });
        }
}

void add_peak(const std::string& isa)
{
    benchmark::RegisterBenchmark(("fma_peak/" + isa).c_str(),
                                 [=](benchmark::State& state) {
                                     double flop = 0;
                                     for (auto _ : state)
                                         flop = run_fma(isa, isa == "generic" ? 1e9 : 4e9);
                                     state.counters["FLOPS"] =
                                         benchmark::Counter(flop, benchmark::Counter::kIsIterationInvariantRate);
                                 })
        ->Unit(benchmark::kMillisecond)
        ->Iterations(1)
        ->Repetitions(15);    // spread over the whole run
}

}    // namespace

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    const Kernels<float>* variants[3];
    const int n = kernel_variants(variants);
    for (int v = 0; v < n; ++v) {
        const std::string name = variants[v]->name;
        add_peak(name);
        const bool best = v == n - 1;
        for (const int inputs : {3, 8})
            for (const int maps : {8, 16})
                for (const int batch : {32, 64, 96, 100, 128})
                    if (best || (maps == 8 && batch == 96))    // the lower variants: that they are other paths
                        add_kernels(*variants[v], inputs, maps, batch);
    }
    const Bf16Kernels* narrow[4];
    const int narrow_variants = bf16_kernel_variants(narrow);
    for (int v = 0; v < narrow_variants; ++v) {
        if (narrow[v]->name == std::string("avx512bf16"))
            add_peak(narrow[v]->name);
        const bool best = v == narrow_variants - 1;
        for (const int inputs : {3, 8})
            for (const int maps : {8, 16})
                for (const int batch : {32, 64, 96, 100, 128}) {
                    const bool usual = maps == 8 && batch == 96;
                    if (usual ? best || inputs == 8 : best && (inputs == 8 ? maps == 8 || batch == 96 : false))
                        add_bf16_kernels(*narrow[v], inputs, maps, batch);
                }
    }
    benchmark::AddCustomContext("kernels", kernels<float>().name);
    benchmark::AddCustomContext("bf16_kernels", bf16_kernels().name);
    return benchmark::RunSpecifiedBenchmarks() > 0 ? 0 : 1;
}
