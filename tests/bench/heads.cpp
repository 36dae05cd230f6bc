// How fast a head of many classes is fitted, beside its bound: the two products of minibatch x features x classes that
// a step cannot do without, alone; and the memory it takes beside its plan. On made features.
//
//     bench_heads [CLASSES [FEATURES [STEPS]]]        22000 5000 3
#include "analysis/products.h"
#include "base/available_memory.h"
#include "base/parallel.h"
#include "base/random.h"
#include "recognition/fit_head.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sys/resource.h>

using namespace nonna;

namespace
{

// A picture's features are drawn when they are asked for, so that the features take no memory.
class DrawnFeatures final : public Features
{
  public:
    DrawnFeatures(std::size_t count, std::size_t length, Pool& pool) : count_(count), length_(length), pool_(pool) {}
    std::size_t count() const override { return count_; }
    std::size_t length() const override { return length_; }
    void read(std::span<const std::size_t> pictures, std::size_t stride, std::span<float> into) override
    {
        pool_.for_each(pictures.size(), [&](std::size_t i, int) {
            Random random(1, Purpose::tests, pictures[i]);
            for (std::size_t f = 0; f < length_; ++f)
                into[i * stride + f] = float(random.uniform());
        });
    }

  private:
    std::size_t count_, length_;
    Pool& pool_;
};

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Seconds of the two products of one minibatch, in the tiles of the fit (recognition/fit_head.cpp).
double bound(std::size_t classes, std::size_t features, std::size_t batch, Pool& pool)
{
    const std::size_t width = features + 1;
    Aligned<float> w(classes * width), x(batch * width), z(batch * classes);
    std::vector<std::vector<float>> gradient(std::size_t(pool.threads()), std::vector<float>(32 * 1024));
    for (float& value : x)
        value = 1;
    for (float& value : w)
        value = 0.001F;
    const double begin = seconds();
    pool.for_each((classes + 31) / 32, [&](std::size_t task, int) {
        const std::size_t c = task * 32, n = std::min<std::size_t>(32, classes - c);
        for (std::size_t i = 0; i < batch; i += 32)
            dot_products(x.data() + i * width, std::min<std::size_t>(32, batch - i), w.data() + c * width, n, width,
                         z.data() + i * classes + c, classes);
    });
    pool.for_each((classes + 31) / 32, [&](std::size_t task, int thread) {
        const std::size_t c = task * 32, n = std::min<std::size_t>(32, classes - c);
        for (std::size_t f = 0; f < width; f += 1024)
            outer_products(z.data() + c, classes, n, x.data() + f, width, std::min<std::size_t>(1024, width - f), batch,
                           gradient[std::size_t(thread)].data(), 1024);
    });
    return seconds() - begin;
}

}    // namespace

int main(int argc, char** argv)
{
    const auto argument = [&](int i, std::size_t otherwise) {
        return argc > i ? std::size_t(std::strtoull(argv[i], nullptr, 10)) : otherwise;
    };
    const std::size_t classes = argument(1, 22000), features = argument(2, 5000), steps = argument(3, 3);
    Pool pool(0);
    HeadOptions options;
    options.hold_out = 0;
    options.epochs = 1;
    const std::size_t pictures = steps * std::size_t(options.batch);
    const HeadPlan plan = plan_head(classes, features, options);
    DrawnFeatures made(pictures, features, pool);
    std::vector<std::string> names;
    for (std::size_t c = 0; c < classes; ++c)
        names.push_back("class" + std::to_string(c));
    HeadExamples examples{"made", names, {}};
    for (std::size_t i = 0; i < pictures; ++i)
        examples.labels.push_back(std::uint32_t(i * 7919 % classes));

    rusage before{}, after{};
    ::getrusage(RUSAGE_SELF, &before);
    const double begin = seconds();
    const LogisticHead head = fit_head(made, examples, options, "", pool);
    const double taken = seconds() - begin;
    ::getrusage(RUSAGE_SELF, &after);
    const double peak = double(after.ru_maxrss - before.ru_maxrss) * 1024;
    const double least = bound(classes, features, std::size_t(options.batch), pool);
    std::printf("%zu classes x %zu features, %zu steps of %lld pictures, %d threads\n", classes, features, steps,
                static_cast<long long>(options.batch), pool.threads());
    std::printf("fit    %8.1f pictures/s (with beginning and end)\n", double(pictures) / taken);
    std::printf("bound  %8.1f pictures/s: the two products alone, %.1f GFLOP/s; the fit has %.0f %% of it\n",
                double(options.batch) / least, plan.step_flop / least / 1e9,
                100 * double(pictures) / taken * least / double(options.batch));
    std::printf("memory %8.2f GB at its peak, planned %.2f\n", peak / 1e9, double(plan.total()) / 1e9);
    return head.classes.size() == classes ? 0 : 1;
}
