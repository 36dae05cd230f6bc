#include "images/picture_stream.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"

#include <algorithm>

namespace nonna
{

// The next wanted of the stream, at most `most` of them; where there are fewer, it has ended. `any`: some sample came.
static std::vector<Sample> next_samples(ImageReader& reader, std::size_t most, const WantSample& want, bool& any)
{
    std::vector<Sample> samples;
    while (samples.size() < most) {
        std::optional<Sample> next = reader.next();
        if (!next)
            break;
        any = true;
        if (want && !want(next->meta))
            continue;
        samples.push_back(std::move(*next));
    }
    return samples;
}

// A batch is read by one thread, decoded by all, each picture into its place, and handed on; then the next. Reading and
// whoever takes the batch do not overlap: what takes long, decoding and the network behind `take`, has all threads
// each.
std::size_t stream_pictures(const std::string& path, const PictureForm& form, std::size_t batch, Pool& pool,
                            const std::function<void(const PictureSet& pictures, std::size_t first)>& take,
                            const WantSample& want)
{
    ImageReader reader(path);
    Progress progress("reading " + reader.name(), 0, "images");
    PictureSet pictures;
    pictures.name = reader.name();
    pictures.side = form.side;
    pictures.channels = form.channels;
    const std::size_t size = std::size_t(form.side) * form.side * form.channels;
    std::size_t first = 0;
    bool any = false;
    for (bool more = true; more;) {
        throw_if_interrupted();
        std::vector<Sample> samples = next_samples(reader, batch, want, any);
        more = samples.size() == batch;
        if (samples.empty())
            break;
        pictures.pixels.resize(samples.size() * size);
        pool.for_each(samples.size(), [&](std::size_t i, int) {
            const std::string subject = reader.name() + ": " + samples[i].key + "." + samples[i].extension;
            const std::vector<std::uint8_t> pixels = decode_square(samples[i].picture, subject, form);
            std::copy(pixels.begin(), pixels.end(), pictures.pixels.begin() + std::ptrdiff_t(i * size));
        });
        pictures.keys.clear();
        pictures.sources.clear();
        pictures.labels.clear();
        pictures.halves.clear();
        pictures.groups.clear();
        pictures.times.clear();
        for (Sample& sample : samples)
            pictures.add(std::move(sample));
        take(pictures, first);
        first += samples.size();
        progress.advance(samples.size());
    }
    if (!any)
        throw Error(reader.name(), "no pictures in it");
    return first;
}

}    // namespace nonna
