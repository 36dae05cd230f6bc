#include "images/picture_stream.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "io/image_shard.h"

#include <algorithm>

namespace nonna
{

namespace
{

// The next sample that is wanted; none: there are no more.
using NextSample = std::function<std::optional<Sample>()>;
using TakePictures = std::function<void(const PictureSet& pictures, std::size_t first)>;

// A batch is read by one thread, decoded by all, each picture into its place, and handed on; then the next. Reading and
// whoever takes the batch do not overlap: what takes long, decoding and the network behind `take`, has all threads
// each.
std::size_t stream(const std::string& name, const NextSample& next, const PictureForm& form, std::size_t batch,
                   Pool& pool, const TakePictures& take, Progress& progress)
{
    PictureSet pictures;
    pictures.name = name;
    pictures.side = form.side;
    pictures.channels = form.channels;
    const std::size_t size = std::size_t(form.side) * form.side * form.channels;
    std::size_t first = 0;
    for (bool more = true; more;) {
        throw_if_interrupted();
        std::vector<Sample> samples;
        while (samples.size() < batch) {
            std::optional<Sample> sample = next();
            if (!sample)
                break;
            samples.push_back(std::move(*sample));
        }
        more = samples.size() == batch;
        if (samples.empty())
            break;
        pictures.pixels.resize(samples.size() * size);
        pool.for_each(samples.size(), [&](std::size_t i, int) {
            const std::string subject = name + ": " + samples[i].key + "." + samples[i].extension;
            const std::vector<std::uint8_t> pixels = decode_square(samples[i].picture, subject, form);
            std::copy(pixels.begin(), pixels.end(), pictures.pixels.begin() + std::ptrdiff_t(i * size));
        });
        pictures.keys.clear();
        pictures.sources.clear();
        pictures.labels.clear();
        pictures.halves.clear();
        pictures.groups.clear();
        pictures.times.clear();
        pictures.columns.clear();
        for (Sample& sample : samples)
            pictures.add(std::move(sample));
        take(pictures, first);
        first += samples.size();
        progress.advance(samples.size());
    }
    return first;
}

}    // namespace

std::size_t stream_pictures(const std::string& path, const PictureForm& form, std::size_t batch, Pool& pool,
                            const TakePictures& take, const WantSample& want)
{
    ImageReader reader(path);
    Progress progress("reading " + reader.name(), 0, "images");
    bool any = false;
    const NextSample next = [&] {
        std::optional<Sample> sample = reader.next();
        any = any || sample;
        while (sample && want && !want(sample->meta))
            sample = reader.next();
        progress.read(reader.so_far().bytes, reader.so_far().whole);
        return sample;
    };
    const std::size_t count = stream(reader.name(), next, form, batch, pool, take, progress);
    if (!any)
        throw Error(reader.name(), "no pictures in it");
    return count;
}

std::size_t stream_sample(const std::string& path, const PictureSample& sample, const PictureForm& form,
                          std::size_t batch, Pool& pool, const TakePictures& take)
{
    const ImageShardSet set({path});
    const std::string name = path == "-" ? "standard input" : path;
    if (set.count() == 0)
        throw Error(name, "no pictures in it");
    const std::vector<std::size_t> places = drawn(set.count(), sample.count, Random(sample.seed, sample.purpose));
    Progress progress("reading " + name, places.size(), "images");
    auto place = places.begin();
    const NextSample next = [&] { return place == places.end() ? std::nullopt : std::optional(set.sample(*place++)); };
    stream(name, next, form, batch, pool, take, progress);
    return set.count();
}

}    // namespace nonna
