#include "media/low_level_look.h"
#include "media/dft.h"
#include "media/phase_scramble.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <map>
#include <set>

using namespace nonna;

namespace
{

Picture made(int n)
{
    Picture p = blank_picture(n, n);
    for (int y = 0; y < n; ++y)
        for (int x = 0; x < n; ++x)
            for (int c = 0; c < 3; ++c)
                p.at(x, y)[c] = std::uint8_t((7 * x * x + 13 * y + 5 * x * y) % 256);
    return p;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(low_level_looks)

// Expected: NumPy, from the header's words alone (np.fft.fft2, cells by a matrix of overlaps); 20 is no multiple of 6,
// and has no frequencies from 12 to n / 2.
BOOST_AUTO_TEST_CASE(numbers_are_numpys)
{
    const std::map<int, std::array<double, 12>> expected = {
        {48,
         {-0.801757, 0.229073, 0.435239, -0.183259, -1.199681, 0.505120, -1.035056, -1.086868, 4.899277, 5.003090,
          5.210429, 5.278185}},
        {20,
         {-2.734428, 0.428014, -0.135599, -0.393883, -1.207688, 0.504039, -1.098399, -1.110481, 2.991546, 3.106141,
          3.795026, -20.723266}}};
    for (const auto& [n, numbers] : expected) {
        const LowLevelLook look = low_level_look(made(n));
        const std::array<std::size_t, 12> which = {0, 7, 20, 35, 36, 37, 38, 39, 40, 41, 42, 43};
        for (std::size_t i = 0; i < which.size(); ++i)
            BOOST_CHECK_SMALL(look[which[i]] - numbers[i], 2e-6);    // both are rounded to six places
    }
}

BOOST_AUTO_TEST_CASE(colour_counts_by_its_luma)
{
    Picture red = blank_picture(12, 12);
    for (int y = 0; y < 12; ++y)
        for (int x = 0; x < 12; ++x)
            red.at(x, y)[0] = std::uint8_t(20 * x);
    Picture luma = red;
    const std::vector<std::uint8_t> levels = grey(red);
    for (std::size_t i = 0; i < luma.rgb.size(); ++i)
        luma.rgb[i] = levels[i / 3];
    BOOST_CHECK(low_level_look(red) == low_level_look(luma));
    // A flat picture has no contrast, edges or spectrum, and no blur but its mean.
    const LowLevelLook flat = low_level_look(blank_picture(12, 12, 51));
    BOOST_CHECK_SMALL(flat[0], 1e-9);
    BOOST_CHECK_SMALL(flat[36] - std::log(0.01), 1e-6);
    BOOST_CHECK_SMALL(flat[37] - 0.2, 1e-9);
    BOOST_CHECK_SMALL(flat[39] - std::log(0.001), 1e-6);
    BOOST_CHECK_SMALL(flat[40] - std::log(1e-9), 1e-6);
}

BOOST_AUTO_TEST_CASE(scrambling_keeps_the_spectrum_and_moves_the_pixels)
{
    // Levels in the middle of the range, so that none is cut.
    for (const int n : {16, 15}) {
        Picture p = made(n);
        for (std::uint8_t& level : p.rgb)
            level = std::uint8_t(112 + level / 16);
        Random random(1, Purpose::tests), again(1, Purpose::tests), other(2, Purpose::tests);
        const Picture s = scramble_phases(p, random);
        BOOST_CHECK(s == scramble_phases(p, again));
        BOOST_CHECK(s != scramble_phases(p, other));
        const auto levels = [&](const Picture& of) {
            std::vector<double> values;
            for (std::size_t i = 0; i < of.rgb.size(); i += 3) {
                BOOST_CHECK(of.rgb[i] == of.rgb[i + 1] && of.rgb[i] == of.rgb[i + 2]);    // grey stays grey
                values.push_back(of.rgb[i]);
            }
            return values;
        };
        const auto before = dft(levels(p), n), after = dft(levels(s), n);
        double most = 0, turned = 0, error = 0;
        for (std::size_t i = 0; i < before.size(); ++i) {
            error += std::pow(std::abs(after[i]) - std::abs(before[i]), 2);
            turned += std::norm(after[i] - before[i]);
            most += i > 0 ? std::norm(before[i]) : 0;
        }
        // Rounding to whole levels adds a power of 1/12 a pixel, n^2 / 12 a frequency.
        BOOST_CHECK_LE(error, 2 * std::pow(n, 4) / 12);
        BOOST_CHECK_GE(turned, most);    // phases drawn anew: 2 in the mean
        BOOST_CHECK_SMALL(std::abs(after[0] - before[0]) / (n * n), 0.2);
    }
}

BOOST_AUTO_TEST_CASE(the_transform_is_the_sum_it_says_and_comes_back)
{
    constexpr int n = 7;
    std::vector<double> values;
    Random random(3, Purpose::tests);
    for (int i = 0; i < n * n; ++i)
        values.push_back(random.normal());
    const auto spectrum = dft(values, n);
    for (const auto& [u, v] : {std::pair(0, 0), {2, 5}, {6, 1}}) {
        std::complex<double> sum = 0;
        for (int y = 0; y < n; ++y)
            for (int x = 0; x < n; ++x)
                sum += values[std::size_t(y * n + x)] * std::polar(1.0, -2 * M_PI * (u * x + v * y) / n);
        BOOST_CHECK_SMALL(std::abs(spectrum[std::size_t(v * n + u)] - sum), 1e-10);
    }
    const std::vector<double> back = inverse_dft(spectrum, n);
    for (std::size_t i = 0; i < values.size(); ++i)
        BOOST_CHECK_SMALL(back[i] - values[i], 1e-12);
}

BOOST_AUTO_TEST_SUITE_END()
