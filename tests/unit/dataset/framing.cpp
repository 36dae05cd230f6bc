#include "dataset/framing.h"
#include "base/error.h"
#include "base/random.h"
#include "dataset/class_balance.h"
#include "sample_sets.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <set>

using namespace nonna;
using namespace sample_sets;

namespace
{

Framing framing(const std::string& frame, std::int64_t size = 0)
{
    Framing f;
    f.set_frame(frame);
    f.size = size;
    return f;
}

Picture coloured(int width, int height, int r, int g, int b)
{
    Picture p = blank_picture(width, height);
    for (std::size_t i = 0; i < p.rgb.size(); ++i)
        p.rgb[i] = std::uint8_t(i % 3 == 0 ? r : i % 3 == 1 ? g : b);
    return p;
}

// The mean squared difference of neighbours in a row: what blur takes away.
double sharpness(const Picture& p)
{
    double sum = 0;
    for (int y = 0; y < p.height; ++y)
        for (int x = 1; x < p.width; ++x)
            sum += std::pow(p.at(x, y)[0] - p.at(x - 1, y)[0], 2);
    return sum / (double(p.height) * (p.width - 1));
}

Picture noise(int width, int height)
{
    Picture p = blank_picture(width, height);
    Random random(5, Purpose::tests);
    for (auto& level : p.rgb)
        level = std::uint8_t(random.below(256));
    return p;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(frames)

BOOST_AUTO_TEST_CASE(a_crop_is_the_middle_and_the_same_as_everywhere)
{
    const Picture p = map_picture(101, 60, 7);
    const Framing whole = framing("crop", 20), part = framing("crop:0.5");
    BOOST_CHECK(frame_picture(p, picture_view(101, 60, whole), whole) == fit_square(p, 20));
    const View view = picture_view(101, 60, part);
    BOOST_CHECK(view == (View{35, 15, 30}));
    BOOST_CHECK(frame_picture(p, view, part) == crop(p, 35, 15, 30, 30));
    for (const std::string bad : {"crop:0", "crop:1.1", "crop:", "crop:x", "boxes", "letterbox:1", ""})
        BOOST_CHECK_THROW(framing(bad), Error);
}

BOOST_AUTO_TEST_CASE(a_letterbox_holds_all_on_its_ground)
{
    Framing f = framing("letterbox", 40);
    const Picture p = coloured(80, 40, 200, 100, 50);
    const View view = picture_view(80, 40, f);
    BOOST_CHECK(view == (View{0, -20, 80}));
    for (const bool mean : {false, true}) {
        f.mean_ground = mean;
        const Picture got = frame_picture(p, view, f);
        BOOST_REQUIRE(got.width == 40 && got.height == 40);
        for (int y = 0; y < 40; ++y)
            for (const int x : {0, 20, 39}) {
                const bool inside = y >= 10 && y < 30;
                BOOST_CHECK_EQUAL(int(got.at(x, y)[0]), inside || mean ? 200 : 128);
                BOOST_CHECK_EQUAL(int(got.at(x, y)[2]), inside || mean ? 50 : 128);
            }
    }
    // Standing pictures have their bars at the sides.
    f.mean_ground = false;
    const Picture standing = frame_picture(coloured(40, 80, 1, 2, 3), picture_view(40, 80, f), f);
    BOOST_CHECK(standing.at(0, 20)[0] == 128 && standing.at(20, 0)[0] == 1 && standing.at(39, 20)[0] == 128);
    // Out of sight altogether: ground, no error.
    BOOST_CHECK(frame_picture(p, {500, 0, 80}, f) == coloured(40, 40, 128, 128, 128));
}

BOOST_AUTO_TEST_CASE(jitter_belongs_to_the_key_and_keeps_to_its_limits)
{
    Framing f = framing("crop:0.4");
    f.set_jitter("0.25:0.5");
    const View still = picture_view(400, 300, f);
    double least = 1e9, most = 0, left = 1e9, right = 0;
    std::set<View> different;
    for (int i = 0; i < 400; ++i) {
        const std::string key = std::to_string(i) + " key";
        const Jittered j = jitter(still, key, 400, 300, f);
        BOOST_CHECK(j.view == jitter(still, key, 400, 300, f).view);
        BOOST_CHECK(!j.cut_short);    // half a side and a quarter beyond the middle are still inside
        BOOST_CHECK(j.view.x == std::floor(j.view.x) && j.view.side == std::floor(j.view.side));
        least = std::min(least, j.view.side / still.side);
        most = std::max(most, j.view.side / still.side);
        const double moved = (j.view.x + j.view.side / 2 - still.x - still.side / 2) / still.side;
        left = std::min(left, moved);
        right = std::max(right, moved);
        different.insert(j.view);
    }
    // Of 400 uniform draws the extremes come within a hundredth of the limits; one pixel is 1 / 120 of a side.
    BOOST_CHECK(least >= 1 / 1.5 - 0.01 && least < 1 / 1.5 + 0.02);
    BOOST_CHECK(most <= 1.51 && most > 1.47);
    BOOST_CHECK(left >= -0.26 && left < -0.23 && right <= 0.26 && right > 0.23);
    BOOST_CHECK_GT(different.size(), 390u);
    f.seed = 1;
    BOOST_CHECK(jitter(still, "0000000000000000", 400, 300, f).view !=
                jitter(still, "0000000000000000", 400, 300, framing("crop:0.4")).view);

    // No room: inside all the same, and said.
    Framing all = framing("crop");
    all.set_jitter("0.3:0.3");
    int cut_short = 0;
    for (int i = 0; i < 50; ++i) {
        const Jittered j = jitter(picture_view(90, 60, all), std::to_string(i), 90, 60, all);
        BOOST_CHECK(j.view.x >= 0 && j.view.y >= 0 && j.view.x + j.view.side <= 90 && j.view.y + j.view.side <= 60);
        cut_short += j.cut_short;
    }
    BOOST_CHECK_GT(cut_short, 25);
    // A letterbox may leave its picture, by eighths of a pixel.
    Framing box = framing("letterbox");
    box.set_jitter("0.3:0.3");
    bool leaves = false;
    for (int i = 0; i < 50; ++i) {
        const View v = jitter(picture_view(90, 90, box), std::to_string(i), 90, 90, box).view;
        BOOST_CHECK(v.x * 8 == std::floor(v.x * 8) && v.side * 8 == std::floor(v.side * 8));
        leaves |= v.x < 0;
    }
    BOOST_CHECK(leaves);
    for (const std::string bad : {"", "0.1", "0.1:", ":0.1", "-0.1:0", "2:0", "0:11", "a:b", "0.1:0.1:0.1", "nan:0"})
        BOOST_CHECK_THROW(f.set_jitter(bad), Error);
}

BOOST_AUTO_TEST_CASE(grey_aperture_and_control_change_what_they_should)
{
    Framing f = framing("crop", 64);
    f.set_looks({"grey"});
    const Picture n = noise(64, 64);
    const Picture g = frame_picture(n, {0, 0, 64}, f);
    for (std::size_t i = 0; i < g.rgb.size(); ++i)
        BOOST_REQUIRE_EQUAL(int(g.rgb[i]), int(grey(n)[i / 3]));

    Framing a = framing("crop", 64);
    a.set_looks({"aperture"});
    const Picture white = frame_picture(coloured(64, 64, 255, 255, 255), {0, 0, 64}, a);
    BOOST_CHECK_EQUAL(int(white.at(0, 0)[0]), 128);
    BOOST_CHECK_EQUAL(int(white.at(31, 31)[0]), 255);
    BOOST_CHECK_EQUAL(int(white.at(31, 8)[0]), 255);    // 0.73 of the radius
    const int edge = white.at(31, 3)[0];                // 0.89: about half way
    BOOST_CHECK(edge > 170 && edge < 215);
    for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 64; ++x)    // round: the same in all four directions
            BOOST_REQUIRE(white.at(x, y)[0] == white.at(y, x)[0] && white.at(x, y)[0] == white.at(63 - x, 63 - y)[0]);

    Framing c = framing("crop", 60);
    c.set_looks({"control"});
    const Picture blurred = frame_picture(n, {0, 0, 64}, c);
    BOOST_CHECK(blurred == resize(resize(resize(n, 60, 60), 6, 6), 60, 60));
    BOOST_CHECK_LT(sharpness(blurred), sharpness(n) / 100);
    BOOST_CHECK_THROW(c.set_looks({"blue"}), Error);
}

BOOST_AUTO_TEST_CASE(through_makes_large_and_small_equally_sharp)
{
    // The same scene at 60 pixels and at 240, both to 120: one would be enlarged, the other reduced.
    const Picture large = noise(240, 240), small = resize(large, 60, 60);
    Framing plain = framing("crop", 120), through = plain;
    through.through = 60;
    const double fine = sharpness(frame_picture(large, {0, 0, 240}, plain));
    const double coarse = sharpness(frame_picture(small, {0, 0, 60}, plain));
    BOOST_CHECK_GT(fine, 2 * coarse);
    BOOST_CHECK(frame_picture(large, {0, 0, 240}, through) == frame_picture(small, {0, 0, 60}, through));
    BOOST_CHECK(through.fits_through(60) && !through.fits_through(59.9));
    through.set_jitter("0:0.5");
    BOOST_CHECK(!through.fits_through(89) && through.fits_through(90));
}

BOOST_AUTO_TEST_CASE(differences_between_the_classes_are_said)
{
    std::vector<Shown> shown;
    const auto fill = [&](int yes, int no) {
        shown.clear();
        for (int i = 0; i < 100; ++i)
            shown.push_back({i % 2 == 0, i % 2 ? no : yes, i % 2 ? no : yes, {0, 0, double(i % 2 ? no : yes)}});
    };
    const auto said = [&](const Framing& f) { return class_differences(shown, f); };
    fill(40, 200);
    const auto enlarged = said(framing("crop", 48));
    BOOST_REQUIRE_EQUAL(enlarged.size(), 2u);
    BOOST_CHECK(enlarged[0].starts_with("enlarged: 100.0 % of the positives, 0.0 % of the negatives; "));
    BOOST_CHECK(enlarged[1].starts_with("reduced by: median of the positives 0.83, of the negatives 4.17; "));
    Framing through = framing("crop", 48);
    through.through = 40;
    BOOST_CHECK(said(through).empty());
    BOOST_CHECK_EQUAL(said(Framing()).size(), 1u);
    fill(200, 200);
    BOOST_CHECK(said(framing("crop", 48)).empty() && said(Framing()).empty());
    fill(224, 250);
    BOOST_CHECK(said(framing("crop", 48)).empty());
    BOOST_CHECK_EQUAL(said(framing("crop")).size(), 1u);
    for (Shown& s : shown)
        s.height = s.positive ? s.height : s.height / 2;
    BOOST_CHECK(said(framing("letterbox", 48)).at(0).starts_with("with bars: 0.0 % of the positives, 100.0 %"));
    for (Shown& s : shown)
        s.cut_short = s.positive;
    BOOST_CHECK_EQUAL(said(framing("letterbox", 48)).size(), 2u);
}

BOOST_AUTO_TEST_CASE(looks_alone_are_those_of_the_chain)
{
    const Picture square = map_picture(24, 24, 90);
    for (const std::vector<std::string>& looks : {std::vector<std::string>{"grey"},
                                                  {"control"},
                                                  {"aperture"},
                                                  {"grey", "control", "aperture", "mean-ground"}}) {
        Framing f;
        f.set_looks(looks);
        const Picture seen = with_looks(square, f);
        BOOST_CHECK(seen == frame_picture(square, {0, 0, 24}, f));
        BOOST_CHECK(seen != square);
        bool is_grey = true;
        for (std::size_t i = 0; i < seen.rgb.size(); i += 3)
            is_grey &= seen.rgb[i] == seen.rgb[i + 1] && seen.rgb[i] == seen.rgb[i + 2];
        BOOST_CHECK_EQUAL(is_grey, looks[0] == "grey");
    }
}

BOOST_AUTO_TEST_SUITE_END()
