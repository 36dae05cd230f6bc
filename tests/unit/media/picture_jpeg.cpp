#include "base/error.h"
#include "jpegs.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdlib>

using namespace nonna;
using nonna::test::Factors;
using nonna::test::jpeg;

namespace
{

// Smooth in both directions, each channel its own way.
Picture slopes()
{
    Picture p = blank_picture(64, 48);
    for (int y = 0; y < p.height; ++y)
        for (int x = 0; x < p.width; ++x) {
            p.at(x, y)[0] = std::uint8_t(x * 4);
            p.at(x, y)[1] = std::uint8_t(y * 5);
            p.at(x, y)[2] = std::uint8_t(255 - x * 2 - y);
        }
    return p;
}

double difference(const Picture& a, const Picture& b)
{
    BOOST_REQUIRE(a.width == b.width && a.height == b.height);
    double sum = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i)
        sum += std::abs(a.rgb[i] - b.rgb[i]);
    return sum / double(a.rgb.size());
}

}    // namespace

BOOST_AUTO_TEST_SUITE(picture_jpeg)

// Slopes lose next to nothing by fewer samples: half of them cost less than two levels, a quarter less than four.
BOOST_AUTO_TEST_CASE(any_sampling_factors)
{
    const Picture p = slopes();
    for (const std::vector<Factors>& factors : std::vector<std::vector<Factors>>{
             {{1, 1}, {1, 1}, {1, 1}},
             {{2, 2}, {1, 1}, {1, 1}},
             {{4, 2}, {1, 1}, {1, 1}},
             {{3, 1}, {1, 1}, {1, 1}},
             {{2, 4}, {1, 1}, {1, 1}},
             {{1, 4}, {1, 1}, {1, 1}},
             {{4, 1}, {2, 1}, {1, 1}},
             {{2, 2}, {2, 1}, {1, 1}},
             {{2, 2}, {1, 2}, {2, 1}},
             {{1, 1}, {2, 2}, {2, 2}},    // more colour than brightness
         }) {
        const Bytes file = jpeg(p, factors);
        BOOST_CHECK_LE(difference(decode_picture(file, "x"), p), 4);
        const GreyPicture luma = decode_grey(file, "x");
        const std::vector<std::uint8_t> expected = grey(p);
        double sum = 0;
        for (std::size_t i = 0; i < expected.size(); ++i)
            sum += std::abs(luma.levels[i] - expected[i]);
        BOOST_CHECK_LE(sum / double(expected.size()), 3);
        Bytes cut = file;
        cut.resize(cut.size() - 40);
        BOOST_CHECK_THROW(decode_picture(cut, "x"), Error);
    }
}

BOOST_AUTO_TEST_CASE(what_libjpeg_cannot_do_is_not_called_damaged)
{
    const auto reason = [](const Bytes& file) {
        try {
            decode_picture(file, "x");
        } catch (const Error& e) {
            return e.reason();
        }
        return std::string();
    };
    Bytes file = jpeg(slopes(), {{3, 1}, {1, 1}, {1, 1}});
    for (std::size_t i = 2; i + 16 < file.size(); ++i)
        if (file[i] == std::byte{0xff} && file[i + 1] == std::byte{0xc0})
            file[i + 14] = std::byte{0x21};    // one and a half columns a sample
    BOOST_CHECK_EQUAL(reason(file), "unsupported kind of JPEG");
}

BOOST_AUTO_TEST_CASE(cmyk_is_inverted_with_a_marker_or_without)
{
    const Picture p = slopes();
    for (const bool adobe : {false, true})
        BOOST_CHECK_LE(difference(decode_picture(jpeg(p, {}, JCS_CMYK, adobe), "x"), p), 2);
    BOOST_CHECK_LE(difference(decode_picture(jpeg(p, {}, JCS_YCCK, true), "x"), p), 3);
}

// Phones write zeros where a scan names its frequencies, which a sequential file does not need.
BOOST_AUTO_TEST_CASE(spectral_numbers_of_a_sequential_file_do_not_matter)
{
    const Picture p = slopes();
    Bytes file = jpeg(p, {});
    const Picture plain = decode_picture(file, "x");
    for (std::size_t i = 2; i + 14 < file.size(); ++i)
        if (file[i] == std::byte{0xff} && file[i + 1] == std::byte{0xda}) {
            for (const int end : {0, 5, 63}) {
                file[i + 11] = std::byte{0};
                file[i + 12] = std::byte(end);
                file[i + 13] = std::byte{0};
                BOOST_CHECK(decode_picture(file, "x") == plain);
            }
            return;
        }
    BOOST_ERROR("no scan");
}

BOOST_AUTO_TEST_SUITE_END()
