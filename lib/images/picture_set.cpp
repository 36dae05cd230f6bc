#include "images/picture_set.h"

#include "base/error.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "media/reduced_picture.h"

#include <algorithm>

namespace nonna
{

// The largest square, of the picture's middle (fit_square in media/picture.h), by way of what is decoded of it.
static Picture middle_square(std::span<const std::byte> encoded, const std::string& subject, const PictureForm& form)
{
    int reduction = 1;
    if (form.decode == DecodeSize::reduced) {
        const PictureInfo info = inspect_picture(encoded, subject);
        reduction = reduction_for(std::min(info.width, info.height), form.side);
    }
    ReducedPicture from = decode_reduced(encoded, subject, reduction);
    if (from.width == form.side && from.height == form.side)
        return std::move(from.picture);
    const int side = std::min(from.width, from.height);
    return cut_square(from, (from.width - side) / 2, (from.height - side) / 2, side, form.side);
}

std::vector<std::uint8_t> decode_square(std::span<const std::byte> encoded, const std::string& subject,
                                        const PictureForm& form)
{
    Picture picture = middle_square(encoded, subject, form);
    return form.channels == 1 ? grey(picture) : std::move(picture.rgb);
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
PictureSet read_pictures(const std::string& path, const PictureForm& form, Pool& pool, const WantSample& want)
{
    PictureSet set;
    set.name = path;
    set.side = form.side;
    set.channels = form.channels;
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
            decoded.pixels = decode_square(sample.picture, subject, form);
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
