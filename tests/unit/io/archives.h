// Image sets for a test: a small picture, samples, and archives by hand, so that what the writer never writes can be
// read too.
#pragma once

#include "../files.h"
#include "io/image_stream.h"

#include <cstdio>
#include <cstring>

namespace nonna::test
{

// A 1x1 png.
inline const std::string
    png("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\x0aIDAT\x78\x9c"
        "\x63\x60\0\0\0\x02\0\x01\x48\xaf\xa4\x71\0\0\0\0IEND\xae\x42\x60\x82",
        67);

inline Bytes to_bytes(const std::string& text)
{
    const auto* data = reinterpret_cast<const std::byte*>(text.data());
    return {data, data + text.size()};
}

inline std::vector<Sample> golden_samples()
{
    Sample frame;
    frame.meta.source = "clips/street “5”.mp4";
    frame.meta.sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    frame.meta.pts = 1.0 / 3;
    frame.meta.width = frame.meta.height = 1;
    frame.meta.detections = {{"face", "haar frontal 1.1 3", {{1.5, 2, 30, 40.25, 0.1}, {0, 0, 1, 1, -3}}},
                             {"people", "hog", {}}};
    frame.meta.other = R"({"note":{"by":[1,2.5,null]}})";
    frame.key = sample_key(frame.meta.sha256);
    frame.extension = "png";
    frame.picture = to_bytes(png);
    Sample second = frame;
    second.key = sample_key(frame.meta.sha256, 1);
    second.meta.pts.reset();
    second.meta.label = "cat";
    second.meta.detections.clear();
    second.meta.other = "{}";
    return {frame, second};
}

inline void write_set(const std::string& path, const std::vector<Sample>& samples)
{
    ImageWriter writer(path);
    for (const auto& sample : samples)
        writer.write(sample);
    writer.commit();
}

inline std::vector<Sample> read_set(const std::string& path)
{
    ImageReader reader(path);
    std::vector<Sample> samples;
    while (auto sample = reader.next())
        samples.push_back(std::move(*sample));
    return samples;
}

inline const char* const minimal_json =
    R"({"source":"a","sha256":"00000000000000000000000000000000000000000000000000000000000000ff","width":1,"height":1})";

struct Member {
    std::string name, content;
    char type = '0';
    std::string link{};
};

inline std::string tar_of(const std::vector<Member>& members, std::size_t end_blocks = 2)
{
    std::string archive;
    for (const auto& member : members) {
        char header[513] = {};
        std::snprintf(header, 100, "%s", member.name.c_str());
        std::snprintf(header + 100, 8, "%07o", 0644);
        std::snprintf(header + 108, 8, "%07o", 0);
        std::snprintf(header + 116, 8, "%07o", 0);
        std::snprintf(header + 124, 12, "%011zo", member.content.size());
        std::snprintf(header + 136, 12, "%011o", 0);
        header[156] = member.type;
        std::snprintf(header + 157, 100, "%s", member.link.c_str());
        std::memcpy(header + 257, "ustar\00000", 8);
        std::memset(header + 148, ' ', 8);
        unsigned sum = 0;
        for (int i = 0; i < 512; ++i)
            sum += static_cast<unsigned char>(header[i]);
        std::snprintf(header + 148, 8, "%06o", sum);
        archive.append(header, 512).append(member.content);
        archive.resize((archive.size() + 511) / 512 * 512, '\0');
    }
    return archive.append(end_blocks * 512, '\0');
}

inline const std::string key = "0123456789abcdef";

inline std::vector<Member> pair(const std::string& json = minimal_json, const std::string& k = key)
{
    return {{k + ".png", png}, {k + ".json", json}};
}

inline std::vector<Member> operator+(std::vector<Member> a, const std::vector<Member>& b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

}    // namespace nonna::test
