#include "report/measure_invariance.h"
#include "analysis/invariance.h"
#include "base/parallel.h"
#include "base/random.h"
#include "report/plot_invariance.h"
#include "report/view_angles.h"
#include "report/warped_view.h"

#include "../files.h"

#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace nonna;
using nonna::test::Folder;
using nonna::test::refusal;

namespace
{

Picture noise(int width, int height)
{
    Random random(5, Purpose::tests);
    Picture picture = blank_picture(width, height);
    for (auto& v : picture.rgb)
        v = std::uint8_t(random.below(256));
    return picture;
}

// Centre of what is bright, in pixels from the picture's middle, x to the right, y down.
std::pair<double, double> bright(const Picture& picture)
{
    double sum = 0, x = 0, y = 0;
    for (int r = 0; r < picture.height; ++r)
        for (int c = 0; c < picture.width; ++c) {
            const double v = picture.at(c, r)[0] > 20 ? picture.at(c, r)[0] : 0;    // the ground is below
            sum += v;
            x += v * (c + 0.5 - picture.width / 2.0);
            y += v * (r + 0.5 - picture.height / 2.0);
        }
    BOOST_REQUIRE(sum > 0);
    return {x / sum, y / sum};
}

// A dot 6 pixels right of and 4 pixels above the middle of 32, when reduced to 32.
Picture dot(int factor)
{
    Picture picture = blank_picture(32 * factor, 32 * factor);
    for (int y = 11 * factor; y < 13 * factor; ++y)
        for (int x = 21 * factor; x < 23 * factor; ++x)
            picture.at(x, y)[0] = picture.at(x, y)[1] = picture.at(x, y)[2] = 200;
    return picture;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(warps)

BOOST_AUTO_TEST_CASE(unwarped_is_what_the_network_sees_anyway)
{
    for (const auto& [w, h] : {std::pair(16, 16), std::pair(21, 16), std::pair(16, 19)}) {
        const Picture picture = noise(w, h);
        for (const bool mirrored : {true, false})
            for (const Warp warp : {Warp::translate_x, Warp::translate_y, Warp::scale, Warp::rotate})
                BOOST_TEST((warped(picture, warp, unchanged_amount(name_of(warp)), {16, 0, mirrored}, "p") ==
                            fit_square(picture, 16)));
    }
}

BOOST_AUTO_TEST_CASE(directions)
{
    for (const int factor : {1, 2, 5}) {
        const Picture picture = dot(factor);
        const auto at = [&](Warp warp, double amount) {
            return bright(warped(picture, warp, amount, {32, 0, false}, "p"));
        };
        const auto check = [&](Warp warp, double amount, double x, double y) {
            const auto [got_x, got_y] = at(warp, amount);
            BOOST_TEST_CONTEXT(factor << " " << name_of(warp) << " " << amount)
            {
                BOOST_TEST(std::abs(got_x - x) < 0.1);
                BOOST_TEST(std::abs(got_y - y) < 0.1);
            }
        };
        check(Warp::translate_x, 0, 6, -4);
        check(Warp::translate_x, 3, 9, -4);
        check(Warp::translate_x, -2.5, 3.5, -4);
        check(Warp::translate_y, 7, 6, 3);
        check(Warp::scale, 1.5, 9, -6);
        check(Warp::scale, 0.5, 3, -2);
        check(Warp::rotate, 90, -4, -6);    // anticlockwise: from the right to the top
        check(Warp::rotate, -90, 4, 6);
        check(Warp::rotate, 180, -6, 4);
        const double s = std::sin(M_PI / 6), c = std::cos(M_PI / 6);
        check(Warp::rotate, 30, 6 * c - 4 * s, -4 * c - 6 * s);
    }
}

BOOST_AUTO_TEST_CASE(a_shift_by_whole_pixels_is_exact)
{
    const Picture picture = noise(16, 16);
    const Picture moved = warped(picture, Warp::translate_x, 5, {16}, "p");
    for (int y = 0; y < 16; ++y)
        for (int x = 0; x < 16; ++x)
            BOOST_TEST(int(moved.at(x, y)[1]) == int(picture.at(std::abs(x - 5), y)[1]));
}

BOOST_AUTO_TEST_CASE(quarter_turns_are_exact)
{
    const Picture picture = noise(16, 16);
    BOOST_TEST((warped(picture, Warp::rotate, 90, {16}, "p") == orient(picture, 8)));
    BOOST_TEST((warped(picture, Warp::rotate, -90, {16}, "p") == orient(picture, 6)));
    BOOST_TEST((warped(picture, Warp::rotate, 180, {16}, "p") == orient(picture, 3)));
    BOOST_TEST((warped(picture, Warp::rotate, 360, {16}, "p") == picture));
}

// What is behind a crop comes into sight as it is.
BOOST_AUTO_TEST_CASE(behind_the_crop)
{
    const Picture picture = noise(40, 32);
    BOOST_TEST((warped(picture, Warp::scale, 1, {16, 16}, "p") == crop(picture, 12, 8, 16, 16)));
    BOOST_TEST((warped(picture, Warp::scale, 1, {16, 0.5}, "p") == crop(picture, 12, 8, 16, 16)));
    BOOST_TEST((warped(picture, Warp::translate_x, -12, {16, 16}, "p") == crop(picture, 24, 8, 16, 16)));
    BOOST_TEST((warped(picture, Warp::translate_y, 8, {16, 16}, "p") == crop(picture, 12, 0, 16, 16)));
    BOOST_TEST(refusal([&] { warped(picture, Warp::scale, 1, {16, 33}, "p"); }) == "p: smaller than the crop");
}

BOOST_AUTO_TEST_CASE(beyond_the_picture)
{
    Picture picture = blank_picture(16, 16);
    for (std::size_t i = 0; i < picture.rgb.size(); ++i)
        picture.rgb[i] = std::uint8_t(i / 48 < 8 ? 40 : 160);    // upper and lower half; mean 100
    const Picture mean = warped(picture, Warp::scale, 0.4, {16, 0, false}, "p");
    BOOST_TEST(int(mean.at(0, 0)[0]) == 100);
    BOOST_TEST(int(mean.at(15, 8)[2]) == 100);
    const Picture mirror = warped(picture, Warp::scale, 0.4, {16, 0, true}, "p");
    BOOST_TEST(int(mirror.at(0, 6)[0]) <= 41);
    BOOST_TEST(int(mirror.at(0, 0)[0]) >= 159);    // the lower half, mirrored
}

BOOST_AUTO_TEST_CASE(amounts)
{
    const AmountLimits shift{-16, 16, true}, scale{0.05, 20, false};
    const std::vector<double> three = parse_amounts("9", "--translate", shift, 9);
    BOOST_TEST(three == (std::vector<double>{-9, 0, 9}));
    BOOST_TEST(parse_amounts("-1:3/5", "--translate", shift, 3) == (std::vector<double>{-1, 0, 1, 2, 3}));
    BOOST_TEST(parse_amounts("-1:2.4", "--translate", shift, 1).size() == 4);    // about: ends are kept
    BOOST_TEST(parse_amounts("0.1", "--translate", shift, 1) == (std::vector<double>{-0.1, 0, 0.1}));
    BOOST_TEST(parse_amounts("4.5", "--translate", shift, 1).size() == 11);
    BOOST_TEST(parse_amounts("0", "--translate", shift, 3) == (std::vector<double>{0}));
    const std::vector<double> factors = parse_amounts("0.4:1.6", "--scale", scale, 0.05);
    BOOST_TEST(factors.size() == 25);
    BOOST_TEST(factors[12] == 1.0);
    BOOST_TEST(!std::signbit(parse_amounts("180/37", "--rotate", {-360, 360, true}, 10)[18]));
    for (const char* bad : {"", "x", "9/", "9/x", "1:2:3", "1:", ":1", "-9", "nan", "inf", "9 ", "9/1", "9/1002", "2:1",
                            "17", "-17:0", "9/-3", "9/3/3"})
        BOOST_CHECK_EXCEPTION(parse_amounts(bad, "--translate", shift, 3), Error, [](const Error& e) {
            return e.subject() == "--translate" && e.status() == ExitStatus::usage;
        });
    BOOST_CHECK_THROW(parse_amounts("1", "--scale", scale, 3), Error);
    BOOST_CHECK_THROW(parse_amounts("0:1", "--scale", scale, 3), Error);
    BOOST_TEST(default_shift(76) == 14);    // the paper's
    BOOST_TEST(default_shift(48) == 9);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(views)

BOOST_AUTO_TEST_CASE(names_that_end_in_degrees)
{
    const ViewAngles angles("");
    const auto check = [&](const char* source, const char* group, double angle) {
        const auto view = angles.find(source, "k");
        BOOST_REQUIRE_MESSAGE(view, source);
        BOOST_TEST(view->group == group);
        BOOST_TEST(view->angle == angle);
    };
    check("d/anna-30.jpg", "d/anna", 30);
    check("anna_-30.jpg", "anna", -30);
    check("anna--30.png", "anna", -30);
    check("anna_+7.5.jpg", "anna", 7.5);
    check("a-b_c-090", "a-b_c", 90);
    for (const char* none : {"anna.jpg", "anna-left.jpg", "anna-.jpg", "a-30/anna.jpg", "anna-400.jpg", ""})
        BOOST_TEST(!angles.find(none, "k"));
}

BOOST_AUTO_TEST_CASE(lists_and_tables)
{
    const ViewAngles list("01=-90,02=+70.5");
    BOOST_TEST(list.find("headpose/1-01.jpg", "")->angle == -90);
    BOOST_TEST(list.find("headpose/1-02.jpg", "")->angle == 70.5);
    BOOST_TEST(list.find("headpose/1-02.jpg", "")->group == "headpose/1");
    BOOST_TEST(!list.find("headpose/1-11.jpg", ""));
    BOOST_TEST(!list.find("x.jpg", ""));

    const Folder folder;
    const auto table = [&](const std::string& text) {
        test::write_bytes(folder / "angles.tsv", text);
        return ViewAngles(folder / "angles.tsv");
    };
    BOOST_TEST(table("view\tangle\n03\t12\n").find("a-03.jpg", "")->angle == 12);
    const ViewAngles sources = table("source\tangle\tgroup\na.jpg\t12\tanna\nb-1.jpg\t-12\t\n");
    BOOST_TEST(sources.find("a.jpg", "")->group == "anna");
    BOOST_TEST(sources.find("b-1.jpg", "")->group == "b");
    BOOST_TEST(!sources.find("b.jpg", ""));
    BOOST_TEST(table("key\tangle\n00ff\t3\n").find("a.jpg", "00ff")->angle == 3);

    for (const char* bad : {"01=", "=3", "01=x", "01=1,", "01=1,01=2", "01=1,02", "01=1000", "01=nan"})
        BOOST_CHECK_EXCEPTION(ViewAngles{bad}, Error, [](const Error& e) {
            return e.subject() == "--angles" && e.status() == ExitStatus::usage;
        });
    for (const char* bad : {"view\tdegrees\n1\t2\n", "name\tangle\n1\t2\n", "view\tangle\n", "view\tangle\n1\tx\n",
                            "view\tangle\n1\t2\n1\t3\n"})
        BOOST_CHECK_THROW(table(bad), Error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(invariance_plot)

BOOST_AUTO_TEST_CASE(drawn, *boost::unit_test::precondition([](auto) {
                         return std::system("command -v gnuplot >/dev/null") == 0;
                     }))
{
    const std::vector<CurvePoint> points = {
        {"translate-x", -1, 2, 0.5, 0.1, 0.1, 0.4, 0.6, 1}, {"translate-x", 0, 2, 1, 0.2, 0.1, 0.9, 1.1, 1},
        {"scale", 1, 2, 1, 0.2, 0.1, 0.9, 1.1, 1},          {"rotate", -180, 2, 1, 0, 0.1, 0.9, 1.1, 1},
        {"rotate", 180, 2, -1, 0.2, 0.1, 0.9, 1.1, 1},      {"odd 'name'", 0, 2, 1, 0.2, 0.1, 0.9, 1.1, 1},
        {"odd 'name'", 1, 2, 0, 0, 0.1, 0.9, 1.1, 1}};
    const std::string svg = plot_invariance("it's <a> title", points);
    for (const char* text : {"it's &lt;a> title", "pixels to the right", ">scale<", "degrees anticlockwise",
                             "odd 'name'", "prefers-color-scheme", "response minus threshold"})
        BOOST_TEST(svg.find(text) != std::string::npos, text);
    BOOST_TEST(svg.find("rgb(1,2,3)") == std::string::npos);
    BOOST_TEST(svg.find("rgb(  1,   2,   3)") == std::string::npos);
    BOOST_TEST(plot_invariance("it's <a> title", points) == svg);
    const std::vector<CurvePoint> flat = {{"scale", 1, 1, 0, 0, 0, 0, 0, 0}};
    BOOST_TEST(plot_invariance("", flat).starts_with("<svg"));
}

BOOST_AUTO_TEST_SUITE_END()
