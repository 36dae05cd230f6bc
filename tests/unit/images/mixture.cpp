#include "images/mixture.h"

#include "../files.h"
#include "io/image_stream.h"
#include "media/picture.h"

using namespace nonna;
using nonna::test::Folder;
using nonna::test::refusal;

namespace
{

// An archive of `count` grey pictures of 4x4, each of one level of its own: first, first + 1 ...
std::string write_set(const Folder& folder, const std::string& name, int count, int first)
{
    const std::string path = folder / name;
    ImageWriter out(path);
    for (int i = 0; i < count; ++i) {
        const Picture picture{4, 4, std::vector<std::uint8_t>(48, std::uint8_t(first + i))};
        const Bytes png = encode_png(picture);
        Sample sample;
        sample.meta.sha256 = std::string(48, '0') + std::to_string(1000000000000000 + i);
        sample.key = sample_key(sample.meta.sha256, std::uint64_t(i) + 1);
        sample.extension = "png";
        sample.picture = png;
        sample.meta.width = sample.meta.height = 4;
        sample.meta.source = std::to_string(i);
        out.write(sample);
    }
    out.commit();
    return path;
}

std::vector<int> levels(const Mixture& mixture, int channels = 3)
{
    std::vector<int> all;
    std::vector<std::uint8_t> pixels(std::size_t(16) * channels);
    for (std::size_t i = 0; i < mixture.count(); ++i) {
        mixture.read(i, 4, channels, pixels);
        all.push_back(pixels[0]);
    }
    return all;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(mixture)

BOOST_AUTO_TEST_CASE(weights)
{
    const Folder folder;
    const std::string odd = folder / "odd:2";
    test::write_bytes(odd, "");
    BOOST_TEST(parse_weighted("a.tar").path == "a.tar");
    BOOST_TEST(parse_weighted("a.tar").weight == 1);
    BOOST_TEST(parse_weighted("a:b.tar:0.25").path == "a:b.tar");
    BOOST_TEST(parse_weighted("a:b.tar:0.25").weight == 0.25);
    BOOST_TEST(parse_weighted(odd).path == odd);    // such a file exists
    BOOST_TEST(refusal([&] { parse_weighted(odd + ":2:3"); }) ==
               odd + ":2:3: more than FILE:WEIGHT: a set has one weight");
    BOOST_TEST(parse_weighted(odd + ":3").path == odd);
    for (const char* text : {"a.tar:0", "a.tar:-1", "a.tar:x", "a.tar:", "a.tar:1x", "a.tar:nan", "a.tar:1e13"})
        BOOST_TEST(refusal([&] { parse_weighted(text); }) ==
                   std::string(text) + ": no such file, and no FILE:WEIGHT with a weight greater than 0");
}

BOOST_AUTO_TEST_CASE(one_set_is_itself)
{
    const Folder folder;
    const std::string path = write_set(folder, "a.tar", 5, 10);
    const std::vector<int> own = {10, 11, 12, 13, 14};
    BOOST_TEST(levels(Mixture({path}, 1)) == own);
    BOOST_TEST(levels(Mixture({path + ":7"}, 2)) == own);
    BOOST_TEST(levels(Mixture({path}, 1), 1) == own);
    BOOST_TEST(Mixture({path}, 1).digest() == ImageShardSet({path}).digest());
    BOOST_TEST(Mixture({path}, 1).sample_name(1).starts_with(path + ": "));
}

// Twenty pictures and ten: by weights of 1 to 5 five places of thirty are the first's, which has more, and 25 the
// second's, which begins again.
BOOST_AUTO_TEST_CASE(shares)
{
    const Folder folder;
    const std::string many = write_set(folder, "many.tar", 20, 0), few = write_set(folder, "few.tar", 10, 100);
    const Mixture mixed({many + ":1", few + ":5"}, 3);
    const std::vector<int> all = levels(mixed);
    BOOST_TEST(all.size() == 30u);
    std::map<int, int> times;
    for (const int level : all)
        ++times[level];
    int of_many = 0;
    for (const auto& [level, n] : times) {
        of_many += level < 100 ? n : 0;
        BOOST_TEST((level < 100 ? n == 1 : n == 2 || n == 3));
    }
    BOOST_TEST(of_many == 5);
    BOOST_TEST(times.size() == 15u);
    BOOST_TEST(levels(Mixture({many + ":2", few + ":10"}, 3)) == all);    // weights are ratios
    BOOST_TEST(levels(Mixture({many + ":1", few + ":5"}, 4)) != all);
    BOOST_TEST(Mixture({many, few + ":5"}, 3).digest() == mixed.digest());
    BOOST_TEST(Mixture({many, few}, 3).digest() != mixed.digest());
    // without weights as in nonna-train: a half each, however many pictures there are
    std::vector<int> equal = levels(Mixture({many, few}, 3));
    BOOST_TEST(std::count_if(equal.begin(), equal.end(), [](int level) { return level < 100; }) == 15);
    BOOST_TEST(refusal([&] { Mixture({many, few + ":1e-6"}, 3); }).find("not one of 30 pictures") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
