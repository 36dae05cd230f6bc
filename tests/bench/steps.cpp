// Whole training steps, beside the peak of the multiply-adds on as many threads at the same time.
//
//   bench_steps [Google Benchmark's options]
//
// Names: step_ARCHITECTURE_PRECISION/SIDE/BATCH/THREADS and fma_peak/THREADS/n, which stands between them so that a
// slow minute hits all alike. SGD, stagewise, random pictures and weights, nothing is read: load, forward, costs,
// gradients, update (learner.h). pool_norm_small: pooling up and down and normalisation up of small.conf's three
// stages, all that is not local filters in a step but sums over the input; one thread.
//
// FLOP: step_flop in learner.h. Bounds: the peak, and for weights that no cache holds (paper8: 1.1 GB) the memory: a
// step reads every weight five times and writes it once.
#include "learner.h"

#include "fma.h"

#include "model/layers.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <memory>
#include <string>

namespace
{

using namespace nonna;

constexpr auto per_second = benchmark::Counter::kIsIterationInvariantRate;

Architecture architecture(const std::string& name, int side)
{
    const std::string folder = name == "small" ? "/tests/study/" : "/share/nonna/architectures/";
    Architecture a = Architecture::read(NONNA_SOURCE_DIR + folder + name + ".conf");
    a.side = side ? side : a.side;
    a.complete(name);
    return a;
}

std::unique_ptr<Learner> make_learner(const Architecture& a, int batch, int threads, Precision precision)
{
    std::vector<float> parameters;
    for (const StageArchitecture& s : a.stages) {
        const double size = std::sqrt(3.0 / (s.field * s.field * s.input.maps));    // filters of norm 1
        const std::vector<float> part = quick_numbers(s.encoder_weights() + s.decoder_weights(), size);
        parameters.insert(parameters.end(), part.begin(), part.end());
    }
    // A rate that moves no weight: a step takes the same time whatever came before it.
    return std::make_unique<Learner>(a, batch, threads, Rule::sgd, 1e-12, quick_numbers(a.input().size() * batch, 1.7),
                                     parameters, precision);
}

void add_step(const std::string& name, int side, int batch, int threads, Precision precision = Precision::fp32)
{
    const Architecture a = architecture(name, side);
    const std::string label = "step_" + name + (precision == Precision::fp32 ? "_fp32/" : "_bf16/") +
                              std::to_string(a.side) + "/" + std::to_string(batch) + "/" + std::to_string(threads);
    benchmark::RegisterBenchmark(label.c_str(),
                                 [=](benchmark::State& state) {
                                     // kept from one repetition to the next, given back before another kind is made
                                     static std::pair<std::string, std::unique_ptr<Learner>> kept;
                                     if (kept.first != label) {
                                         kept = {};
                                         kept = {label, make_learner(a, batch, threads, precision)};
                                         kept.second->step();
                                     }
                                     for (auto _ : state)
                                         benchmark::DoNotOptimize(kept.second->step());
                                     state.counters["FLOPS"] = benchmark::Counter(step_flop(a, batch), per_second);
                                 })
        ->Unit(benchmark::kMillisecond)
        ->Iterations(1)
        ->UseRealTime();
}

void add_peak(int threads)
{
    static int n = 0;
    const std::string name = "fma_peak/" + std::to_string(threads) + "/" + std::to_string(n++);
    benchmark::RegisterBenchmark(name.c_str(),
                                 [=](benchmark::State& state) {
                                     Pool pool(threads);
                                     constexpr int parts = 8;
                                     const double each = 2e9;
                                     for (auto _ : state)
                                         pool.for_each(std::size_t(parts) * threads,
                                                       [&](std::size_t, int) { run_fma(kernels<float>().name, each); });
                                     state.counters["FLOPS"] = benchmark::Counter(parts * threads * each, per_second);
                                 })
        ->Unit(benchmark::kMillisecond)
        ->Iterations(1)
        ->UseRealTime();
}

void add_pool_norm(int batch)
{
    const Architecture a = architecture("small", 0);
    benchmark::RegisterBenchmark("pool_norm_small",
                                 [=](benchmark::State& state) {
                                     Pool pool(1);
                                     const int lanes = padded_lanes(batch);
                                     struct Part {
                                         L2Pool<float> pooling;
                                         ContrastNorm<float> norm;
                                         Aligned<float> h, dh, q, y;
                                     };
                                     const auto filled = [&](const Shape& s) {
                                         Aligned<float> values(s.size() * lanes);
                                         const std::vector<float> numbers = quick_numbers(values.size(), 1);
                                         std::copy(numbers.begin(), numbers.end(), values.begin());
                                         return values;
                                     };
                                     Workspace<float> workspace;
                                     std::vector<Part> parts;
                                     for (const StageArchitecture& s : a.stages)
                                         parts.push_back({{s, lanes, workspace, pool},
                                                          {s, lanes, workspace, pool},
                                                          filled(s.filter),
                                                          filled(s.filter),
                                                          filled(s.pooled),
                                                          filled(s.output)});
                                     const auto all = [&] {
                                         for (Part& p : parts) {
                                             p.pooling.up(lanes, p.h.data(), p.q.data());
                                             p.norm.up(lanes, p.q.data(), p.y.data());
                                             p.pooling.down(lanes, p.h.data(), p.q.data(), nullptr, 0.01F, p.dh.data());
                                         }
                                     };
                                     all();
                                     for (auto _ : state)
                                         all();
                                 })
        ->Unit(benchmark::kMillisecond)
        ->Iterations(1)
        ->UseRealTime();
}

}    // namespace

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    for (const int threads : {1, 2}) {
        for (const std::string name : {"small", "paper8"}) {
            add_peak(threads);
            add_step(name, 0, 96, threads);
            add_step(name, 0, 96, threads, Precision::bf16);
        }
        for (const int batch : {32, 64, 128})
            add_step("small", 0, batch, threads);
        add_peak(threads);
        for (const int side : {64, 80, 96})
            add_step("small", side, 96, threads);
        if (threads == 1)
            add_pool_norm(96);
    }
    return benchmark::RunSpecifiedBenchmarks() > 0 ? 0 : 1;
}
