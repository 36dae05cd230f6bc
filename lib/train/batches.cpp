#include "train/batches.h"

#include "base/parallel.h"
#include "base/random.h"

#include <numeric>

namespace nonna
{

void preprocess_pictures(const PictureSet& pictures, const Preprocessing& preprocessing, std::size_t first,
                         std::size_t count, std::span<float> into, Pool& pool)
{
    const std::size_t size = std::size_t(pictures.side) * pictures.side * pictures.channels;
    pool.for_each(count, [&](std::size_t i, int) {
        preprocessing.apply(pictures.image(first + i), into.subspan(i * size, size));
    });
}

Batches::Batches(const std::vector<Source>& sources, const Preprocessing& preprocessing, int batch, std::uint64_t seed,
                 Pool& pool)
    : sources_(sources), preprocessing_(preprocessing), batch_(batch), seed_(seed), pool_(pool),
      positions_(sources.size()), orders_(sources.size()),
      images_(std::size_t(batch) * preprocessing.side * preprocessing.side * preprocessing.channels)
{
}

std::size_t Batches::draw(std::size_t source)
{
    const std::uint64_t count = sources_[source].pictures.count(), at = positions_[source]++;
    Order& order = orders_[source];
    if (order.epoch != at / count) {
        order.epoch = at / count;
        order.order.resize(count);
        std::iota(order.order.begin(), order.order.end(), 0u);
        Random random(seed_, Purpose::batch_order, (std::uint64_t(source) << 40) + order.epoch);
        shuffle(order.order, random);
    }
    return order.order[at % count];
}

std::span<const float> Batches::next(std::int64_t step)
{
    double total = 0;
    for (const Source& s : sources_)
        total += s.weight;
    Random mix(seed_, Purpose::source_mix, std::uint64_t(step));
    std::vector<std::span<const std::uint8_t>> chosen;
    for (int i = 0; i < batch_; ++i) {
        std::size_t source = 0;
        if (sources_.size() > 1) {
            double left = mix.uniform() * total;
            while (source + 1 < sources_.size() && (left -= sources_[source].weight) >= 0)
                ++source;
        }
        chosen.push_back(sources_[source].pictures.image(draw(source)));
    }
    const std::size_t size = images_.size() / batch_;
    pool_.for_each(chosen.size(), [&](std::size_t i, int) {
        preprocessing_.apply(chosen[i], std::span(images_).subspan(i * size, size));
    });
    return images_;
}

}    // namespace nonna
