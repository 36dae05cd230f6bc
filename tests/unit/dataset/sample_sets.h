// What the tests of this room make image sets of.
#pragma once

#include "io/digest.h"
#include "io/image_stream.h"
#include "io/output.h"
#include "media/picture.h"

#include "../files.h"
#include <cstdlib>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace sample_sets
{

using nonna::test::Folder;

// Every pixel tells where it is: red = x, green = y, blue = number.
inline nonna::Picture map_picture(int width, int height, int number)
{
    nonna::Picture p = nonna::blank_picture(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            p.at(x, y)[0] = std::uint8_t(x);
            p.at(x, y)[1] = std::uint8_t(y);
            p.at(x, y)[2] = std::uint8_t(number);
        }
    return p;
}

// The source's digest is that of its name.
inline nonna::Sample make_sample(const nonna::Picture& picture, const std::string& source, int number)
{
    nonna::Sample s;
    s.picture = nonna::encode_png(picture);
    s.extension = "png";
    s.meta.source = source;
    s.meta.sha256 = nonna::sha256(std::as_bytes(std::span(source)));
    s.meta.pts = number;
    s.meta.width = picture.width;
    s.meta.height = picture.height;
    s.key = nonna::sample_key(s.meta.sha256, std::uint64_t(number));
    return s;
}

inline std::vector<nonna::Sample> read_all(const std::string& path)
{
    nonna::ImageReader reader(path);
    std::vector<nonna::Sample> samples;
    while (std::optional<nonna::Sample> s = reader.next())
        samples.push_back(std::move(*s));
    return samples;
}

inline void write_all(const std::string& path, const std::vector<nonna::Sample>& samples)
{
    nonna::ImageWriter writer(path);
    for (const nonna::Sample& s : samples)
        writer.write(s);
    writer.commit();
}

inline std::string content(const std::string& path) { return nonna::read_whole_file(path, 1 << 28); }

}    // namespace sample_sets
