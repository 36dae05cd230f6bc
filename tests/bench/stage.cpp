// One training step of one stage, by nonna and by im2col + OpenBLAS, one thread each, fp32.
//
//   bench_stage [--reference FOLDER] [Google Benchmark's options]
//
// peers/stage_problem.py has the problem: 64x64x3 pictures, 10x10 fields, 8 maps, 5x5 pooling, no contrast
// normalisation, tied, batch 96, Adagrad; forward, reconstruction, both gradients, update. nonna takes it as the
// trainer does (learner.h). With --reference the program writes its first two steps' results (stage.json, squares.f32,
// weights.f32) and ends: the peers are held against that.
//
// im2col: every position's patch is copied out into columns of its own and multiplied by cblas_sgemm; patches of one
// output row lie together, so that they come from the cache. Its two steps are held against nonna's before it is timed.
//
// Bound: 2 FLOP a weight and picture for each of encode, reconstruct, d_hidden and the two gradients of tied weights,
// 6.97 GFLOP, at the machine's FMA peak (bench_kernels).
#include "learner.h"

#include "kernels/aligned.h"
#include "kernels/kernels.h"

#include <benchmark/benchmark.h>
#include <cblas.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace
{

using namespace nonna;

constexpr int side = 64, channels = 3, field = 10, maps = 8, pool_window = 5, batch = 96;
constexpr int positions = side - field + 1, pooled = positions - pool_window + 1;
constexpr int run = field * channels, fan_in = field * run;
constexpr double rate = 0.01, lambda = 0.1, epsilon = 1e-3, decay = 0.99;

// The same numbers as stage_problem.numbers: float in [-half, half), a hash of seed + index.
std::vector<float> numbers(std::size_t count, std::uint64_t seed, double half)
{
    std::vector<float> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t v = (i + seed) * 2654435761 % (1ull << 32);
        v = (v ^ (v >> 16)) * 0x45d9f3b % (1ull << 32);
        v ^= v >> 16;
        out[i] = float((double(v) / 2147483648.0 - 1) * half);
    }
    return out;
}
std::vector<float> pictures() { return numbers(std::size_t(batch) * side * side * channels, 1, 1.7320508); }
std::vector<float> first_weights()
{
    return numbers(std::size_t(positions) * positions * fan_in * maps, 1000000007, 0.1);
}

double scale_of(double ux, double uu, double* statistics)
{
    statistics[0] = decay * statistics[0] + (1 - decay) * ux / batch;
    statistics[1] = decay * statistics[1] + (1 - decay) * uu / batch;
    return statistics[0] / statistics[1];
}

Architecture one_stage()
{
    Architecture a;
    a.name = "bench";
    a.side = side;
    a.channels = channels;
    a.whitening = 0;
    StageArchitecture s;
    s.field = field;
    s.maps = maps;
    s.pool = pool_window;
    s.norm = 0;
    s.tied = true;
    s.unit_norm = false;
    s.lambda = lambda;
    s.epsilon = epsilon;
    a.stages = {s};
    a.complete("bench");
    return a;
}

struct NonnaStage : Learner {
    NonnaStage() : Learner(one_stage(), batch, 1, Rule::adagrad, rate, pictures(), first_weights()) {}
    std::span<const float> squares() { return state(); }
    std::span<const float> weights() const { return parameters(); }
};

// Activations (row, column, map, lane) as nonna's, so that no layout is to blame.
class Im2colStage
{
  public:
    Im2colStage() : images_(pictures()), w_(first_weights()), squares_(w_.size()) {}

    double step()
    {
        for (std::size_t i = 0; i < x_.size() / batch; ++i)
            for (int l = 0; l < batch; ++l)
                x_.data()[i * batch + l] = images_[l * std::size_t(side * side * channels) + i];
        for (int r = 0; r < positions; ++r) {
            im2col(x_.data(), r);
            for (int c = 0; c < positions; ++c)    // h (maps x batch) = w' (maps x fan_in) * patch
                cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, maps, batch, fan_in, 1, weights_at(r, c), maps,
                            patch(c), batch, 0, unit(h_, r, c), batch);
        }
        const auto& k = kernels<float>();
        const PoolShape shape{{positions, positions, maps}, {pooled, pooled, maps}, pool_window};
        for (int r = 0; r < pooled; ++r)
            k.pool_up(shape, batch, float(epsilon), h_.data(), q_.data(), r, scratch_.data());

        std::memset(u_.data(), 0, u_.size() * sizeof(float));
        for (int r = 0; r < positions; ++r) {
            for (int c = 0; c < positions; ++c)    // patch (fan_in x batch) = w * h
                cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, fan_in, batch, maps, 1, weights_at(r, c), maps,
                            unit(h_, r, c), batch, 0, patch(c), batch);
            col2im(u_.data(), r);
        }
        const int n = int(x_.size());
        const double alpha =
            scale_of(cblas_sdot(n, u_.data(), 1, x_.data(), 1), cblas_sdot(n, u_.data(), 1, u_.data(), 1), statistics_);
        k.residual(x_.size(), float(alpha), u_.data(), x_.data(), e_.data());
        double cost = cblas_sdot(n, e_.data(), 1, e_.data(), 1);
        for (std::size_t i = 0; i < q_.size(); ++i)
            cost += lambda * q_.data()[i];
        cblas_sscal(n, float(2 * alpha / batch), e_.data(), 1);

        k.pool_ratio(q_.size(), nullptr, float(lambda / batch), q_.data(), t_.data());
        for (int r = 0; r < positions; ++r)
            k.pool_down(shape, batch, h_.data(), t_.data(), dh_.data(), r, scratch_.data());
        for (int r = 0; r < positions; ++r) {
            im2col(e_.data(), r);
            for (int c = 0; c < positions; ++c) {    // dh += w' * e;  g (fan_in x maps) = e * h' + x * dh'
                cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, maps, batch, fan_in, 1, weights_at(r, c), maps,
                            patch(c), batch, 1, unit(dh_, r, c), batch);
                cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, fan_in, maps, batch, 1, patch(c), batch,
                            unit(h_, r, c), batch, 0, gradient_.data() + std::size_t(c) * fan_in * maps, maps);
            }
            im2col(x_.data(), r);
            for (int c = 0; c < positions; ++c)
                cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, fan_in, maps, batch, 1, patch(c), batch,
                            unit(dh_, r, c), batch, 1, gradient_.data() + std::size_t(c) * fan_in * maps, maps);
            const std::size_t at = std::size_t(r) * positions * fan_in * maps;
            k.update({Rule::adagrad, float(rate), 0, squares_.data()}, at, gradient_.size(), gradient_.data(),
                     w_.data());
        }
        return cost / batch;
    }

    std::span<const float> squares() const { return squares_; }
    std::span<const float> weights() const { return w_; }

  private:
    std::vector<float> images_, w_, squares_;
    double statistics_[2] = {0, 0};
    Aligned<float> x_{std::size_t(side) * side * channels * batch}, u_{x_.size()}, e_{x_.size()};
    Aligned<float> h_{std::size_t(positions) * positions * maps * batch}, dh_{h_.size()};
    Aligned<float> q_{std::size_t(pooled) * pooled * maps * batch}, t_{q_.size()};
    Aligned<float> columns_{std::size_t(positions) * fan_in * batch};
    Aligned<float> gradient_{std::size_t(positions) * fan_in * maps};
    Aligned<float> scratch_{std::size_t(positions) * maps * batch};

    const float* weights_at(int r, int c) const { return w_.data() + (std::size_t(r) * positions + c) * fan_in * maps; }
    float* patch(int c) { return columns_.data() + std::size_t(c) * fan_in * batch; }
    static float* unit(Aligned<float>& a, int r, int c)
    {
        return a.data() + (std::size_t(r) * positions + c) * maps * batch;
    }
    static std::size_t input_at(int row, int column) { return (std::size_t(row) * side + column) * channels * batch; }
    void im2col(const float* from, int r)
    {
        for (int c = 0; c < positions; ++c)
            for (int dy = 0; dy < field; ++dy)
                std::memcpy(patch(c) + std::size_t(dy) * run * batch, from + input_at(r + dy, c),
                            std::size_t(run) * batch * sizeof(float));
    }
    void col2im(float* into, int r)
    {
        for (int c = 0; c < positions; ++c)
            for (int dy = 0; dy < field; ++dy) {
                float* to = into + input_at(r + dy, c);
                const float* from = patch(c) + std::size_t(dy) * run * batch;
                for (std::size_t i = 0; i < std::size_t(run) * batch; ++i)
                    to[i] += from[i];
            }
    }
};

template <class S> void stage(benchmark::State& state)
{
    S s;
    s.step();
    for (auto _ : state)
        benchmark::DoNotOptimize(s.step());
}

// As stage_problem.check: whoever computes something else is no peer.
bool same(NonnaStage& nonna, Im2colStage& other)
{
    double costs_apart = std::fabs(other.step() / nonna.step() - 1), mean = 0, gradients_apart = 0, weights_apart = 0;
    const auto a = nonna.squares(), b = other.squares();
    for (std::size_t i = 0; i < a.size(); ++i) {
        mean += a[i];
        gradients_apart = std::max(gradients_apart, std::fabs(std::sqrt(double(a[i])) - std::sqrt(double(b[i]))));
    }
    gradients_apart /= std::sqrt(mean / double(a.size()));
    costs_apart = std::max(costs_apart, std::fabs(other.step() / nonna.step() - 1));
    for (std::size_t i = 0; i < a.size(); ++i)
        weights_apart += std::fabs(double(nonna.weights()[i]) - other.weights()[i]) / rate / double(a.size());
    std::fprintf(stderr, "stage_im2col: against nonna: costs %.1e, gradients %.1e, weights %.1e of a step\n",
                 costs_apart, gradients_apart, weights_apart);
    return costs_apart < 1e-5 && gradients_apart < 1e-4 && weights_apart < 1e-3;
}

void write(const std::string& path, std::span<const float> values)
{
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(values.data()), std::streamsize(values.size_bytes()));
}

}    // namespace

int main(int argc, char** argv)
{
    openblas_set_num_threads(1);
    NonnaStage nonna;
    if (argc == 3 && std::strcmp(argv[1], "--reference") == 0) {
        const std::string folder = argv[2];
        const double first = nonna.step();
        write(folder + "/squares.f32", nonna.squares());
        const double second = nonna.step();
        write(folder + "/weights.f32", nonna.weights());
        char text[100];
        std::snprintf(text, sizeof text, "{\"costs\": [%.12g, %.12g]}\n", first, second);
        std::ofstream(folder + "/stage.json") << text;
        return std::ifstream(folder + "/stage.json").good() ? 0 : 1;
    }
    {
        Im2colStage im2col;
        if (!same(nonna, im2col)) {
            std::fprintf(stderr, "bench_stage: im2col computes something else than nonna\n");
            return 1;
        }
    }
    benchmark::AddCustomContext("openblas", openblas_get_corename());
    benchmark::AddCustomContext("kernels", kernels<float>().name);
    benchmark::RegisterBenchmark("stage_nonna", stage<NonnaStage>)->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("stage_im2col", stage<Im2colStage>)->Unit(benchmark::kMillisecond);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    return benchmark::RunSpecifiedBenchmarks() > 0 ? 0 : 1;
}
