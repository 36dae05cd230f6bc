#include "analysis/linear_filters.h"

#include "analysis/products.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>

namespace nonna
{

namespace
{

constexpr std::size_t block = 1024;    // filters a task; part of the result, as a product's last bits may be
constexpr std::size_t fitted_on = 2000;

// Pictures as vectors of length 1, ready for products.
class UnitPictures
{
  public:
    UnitPictures(const RandomCrops& crops, const LinearOptions& options, Pool& pool)
        : centred_(options.pixels == LinearPixels::centred)
    {
        if (options.pixels == LinearPixels::whitened)
            whiten(crops, options, pool);
    }

    void prepare(std::span<const std::uint8_t> rgb, std::span<float> x) const
    {
        if (preprocessing_) {
            preprocessing_->apply(rgb, x);
        } else {
            double mean = 0;
            if (centred_)
                mean = double(std::accumulate(rgb.begin(), rgb.end(), std::uint64_t{0})) / double(rgb.size());
            for (std::size_t i = 0; i < rgb.size(); ++i)
                x[i] = float(rgb[i] - mean);
        }
        double squares = 0;
        for (const float v : x)
            squares += double(v) * v;
        const double norm = std::sqrt(squares);
        // What whitening leaves of a flat picture is rounding, without a direction.
        const float scale = norm > 1e-4 ? float(1 / norm) : 0;
        for (float& v : x)
            v *= scale;
    }

  private:
    bool centred_;
    std::optional<Preprocessing> preprocessing_;

    void whiten(const RandomCrops& crops, const LinearOptions& options, Pool& pool)
    {
        const std::size_t n = std::min<std::size_t>(fitted_on, std::size_t(options.filters));
        std::vector<std::uint8_t> pixels(n * crops.size());
        pool.for_each(
            n, [&](std::size_t i, int) { crops.read(i, std::span(pixels).subspan(i * crops.size(), crops.size())); });
        Architecture input;
        input.name = "whitening";
        input.side = crops.side();
        input.channels = crops.channels();
        WhiteningOptions whitening;
        whitening.seed = options.seed;
        preprocessing_ = fit_preprocessing(input, pixels, whitening, pool);
    }
};

}    // namespace

void RandomCrops::read(std::size_t index, std::span<std::uint8_t> into) const
{
    Random random(seed_, Purpose::linear_crops, index);
    for (int draw = 0; draw < 100; ++draw) {
        const std::size_t picture = random.below(source_.pictures);
        const CropSource::Pixels pixels = source_.read(picture);
        if (pixels.width < side_ || pixels.height < side_) {
            const std::lock_guard lock(mutex_);
            small_.insert(picture);
            continue;
        }
        if (pixels.width == side_ && pixels.height == side_) {
            const std::lock_guard lock(mutex_);
            whole_.insert(picture);
        }
        const std::size_t left = random.below(std::uint64_t(pixels.width - side_ + 1));
        const std::size_t top = random.below(std::uint64_t(pixels.height - side_ + 1));
        const std::size_t channels = std::size_t(source_.channels), line = std::size_t(side_) * channels;
        for (std::size_t r = 0; r < std::size_t(side_); ++r)
            std::copy_n(pixels.values.begin() +
                            std::ptrdiff_t(((top + r) * std::size_t(pixels.width) + left) * channels),
                        line, into.begin() + std::ptrdiff_t(r * line));
        return;
    }
    throw Error(source_.name, "a hundred pictures in a row are smaller than the test images, of " +
                                  std::to_string(side_) + "x" + std::to_string(side_) +
                                  ": pack them larger, 1.5 times or more");
}

std::set<std::size_t> RandomCrops::too_small() const
{
    const std::lock_guard lock(mutex_);
    return small_;
}

std::set<std::size_t> RandomCrops::only_whole() const
{
    const std::lock_guard lock(mutex_);
    return whole_;
}

// Every product of a filter with an image once, in two loops: images in batches whose responses fit into memory, for
// each batch all filters in blocks. Filters are cut anew for each batch, for held as floats they would be gigabytes;
// within a block they are made by one thread and used at once, as the product of two matrices, so that blocks, not
// single filters, are the threads' work.
ResponseSource linear_responses(const PictureBytes& images, const RandomCrops& crops, const LinearOptions& options,
                                const std::string& name, Pool& pool)
{
    ResponseSource source;
    source.name = name;
    source.images = images.count;
    source.layers.push_back({"linear", Shape{1, 1, int(options.filters)}});
    const auto unit = std::make_shared<UnitPictures>(crops, options, pool);
    source.stream = [=, &crops, &pool](std::span<const std::size_t> wanted, const TakeResponses& take) {
        const std::size_t size = crops.size(), filters = std::size_t(options.filters);
        const std::size_t batch =
            std::clamp<std::size_t>(options.batch_bytes / (filters * sizeof(float)), 1, images.count);
        const std::size_t blocks = (filters + block - 1) / block;
        struct Work {
            std::vector<std::uint8_t> rgb;
            std::vector<float> filters;
        };
        // One block's pictures a thread, made when it first works.
        std::vector<Work> work(std::size_t(pool.threads()));
        std::vector<float> x(batch * size), responses(batch * filters);
        Progress progress("linear filters", images.count * filters, "products");
        for (std::size_t first = 0; first < images.count; first += batch) {
            const std::size_t count = std::min(batch, images.count - first);
            pool.for_each(count, [&](std::size_t i, int) {
                unit->prepare(images.pixels.subspan((first + i) * size, size), std::span(x).subspan(i * size, size));
            });
            pool.for_each(blocks, [&](std::size_t b, int thread) {
                throw_if_interrupted();
                Work& w = work[std::size_t(thread)];
                w.rgb.resize(size);
                w.filters.resize(block * size);
                const std::size_t begin = b * block, n = std::min(block, filters - begin);
                for (std::size_t k = 0; k < n; ++k) {
                    crops.read(begin + k, w.rgb);
                    unit->prepare(w.rgb, std::span(w.filters).subspan(k * size, size));
                }
                dot_products(x.data(), count, w.filters.data(), n, size, responses.data() + begin, filters);
                progress.advance(count * n);
            });
            for (std::size_t l = 0; l < wanted.size(); ++l)    // there is one layer, wanted or not
                take(l, first, count, std::span(responses).first(count * filters));
        }
    };
    return source;
}

}    // namespace nonna
