#include "images/picture_set.h"

#include "base/error.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "media/picture.h"

namespace nonna
{

std::vector<std::uint8_t> decode_square(std::span<const std::byte> encoded, const std::string& subject, int side,
                                        int channels)
{
    Picture picture = decode_picture(encoded, subject);
    if (picture.width != side || picture.height != side)
        picture = fit_square(picture, side);
    return channels == 1 ? grey(picture) : std::move(picture.rgb);
}

void PictureSet::add(Sample&& sample)
{
    keys.push_back(std::move(sample.key));
    sources.push_back(std::move(sample.meta.source));
    labels.push_back(std::move(sample.meta.label));
    halves.push_back(std::move(sample.meta.half));
    groups.push_back(std::move(sample.meta.group));
    times.push_back(sample.meta.pts);
    columns.push_back(std::move(sample.meta.columns));
}

// Decoding takes nearly all of the time and is spread over threads, between a reader and an appender of pictures in the
// stream's order: how many there are nobody knows before its end. Encoded bytes go as soon as the pixels are there, so
// that memory is the pixels' and a few pictures' more.
PictureSet read_pictures(const std::string& path, int side, int channels, Pool& pool, const WantSample& want)
{
    PictureSet set;
    set.name = path;
    set.side = side;
    set.channels = channels;
    ImageReader reader(path);
    Progress progress("reading " + path, 0, "images");
    bool any = false;

    struct Decoded {
        Sample sample;
        std::vector<std::uint8_t> pixels;
    };
    in_order<Sample, Decoded>(
        pool.threads(),
        [&](Sample& sample) {
            std::optional<Sample> next = reader.next();
            any = any || next;
            while (next && want && !want(next->meta))
                next = reader.next();
            progress.read(reader.so_far().bytes, reader.so_far().whole);
            if (next)
                sample = std::move(*next);
            return next.has_value();
        },
        [&](Sample& sample, int) {
            Decoded decoded;
            const std::string subject = path + ": " + sample.key + "." + sample.extension;
            decoded.pixels = decode_square(sample.picture, subject, side, channels);
            sample.picture = {};
            decoded.sample = std::move(sample);
            return decoded;
        },
        [&](Decoded& decoded) {
            set.pixels.insert(set.pixels.end(), decoded.pixels.begin(), decoded.pixels.end());
            set.add(std::move(decoded.sample));
            progress.advance();
        });
    if (!any)
        throw Error(path, "no pictures in it");
    set.digest = reader.digest();
    return set;
}

void preprocess_pictures(const PictureSet& pictures, const Preprocessing& preprocessing, std::size_t first,
                         std::size_t count, std::span<float> into, Pool& pool)
{
    const std::size_t size = std::size_t(pictures.side) * pictures.side * pictures.channels;
    pool.for_each(count, [&](std::size_t i, int) {
        preprocessing.apply(pictures.image(first + i), into.subspan(i * size, size));
    });
}

}    // namespace nonna
