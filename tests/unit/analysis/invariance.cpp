#include "analysis/invariance.h"

#include "../files.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

using namespace nonna;
using nonna::test::Folder;
using nonna::test::refusal;
using nonna::test::write_bytes;

namespace
{

const auto rounding = boost::test_tools::tolerance(1e-12);

}    // namespace

BOOST_AUTO_TEST_SUITE(invariance_curves)

BOOST_AUTO_TEST_CASE(a_point_is_over_its_pictures)
{
    const std::vector<WarpResponse> responses = {{"scale", 1, "a", "", 3},   {"scale", 0.5, "a", "", 1},
                                                 {"view", 0, "c", "g", 9},   {"scale", 1, "b", "", 5},
                                                 {"scale", 0.5, "b", "", 2}, {"scale", 1, "c", "", 10}};
    const std::vector<CurvePoint> points = response_curves(responses, 2);
    BOOST_REQUIRE(points.size() == 3);
    BOOST_TEST(points[0].warp == "scale");
    BOOST_TEST(points[0].amount == 0.5);
    BOOST_TEST(points[0].pictures == 2);
    BOOST_TEST(points[0].mean == -0.5, rounding);
    BOOST_TEST(points[0].above == 0);    // at the threshold is not above it
    BOOST_TEST(points[1].amount == 1);
    BOOST_TEST(points[1].pictures == 3);
    BOOST_TEST(points[1].mean == 4, rounding);
    BOOST_TEST(points[1].deviation == std::sqrt(13.0), rounding);    // 1, 3, 8
    BOOST_TEST(points[1].error == std::sqrt(13.0 / 3), rounding);
    BOOST_TEST(points[1].least == 1);
    BOOST_TEST(points[1].most == 8);
    BOOST_TEST(points[1].above == 1);
    BOOST_TEST(points[2].warp == "view");
    BOOST_TEST(points[2].mean == 7);
    BOOST_TEST(points[2].deviation == 0);
    BOOST_TEST(points[2].error == 0);
    BOOST_CHECK_THROW(response_curves(std::vector<WarpResponse>{{"scale", 1, "a", "", std::nan("")}}, 0), Error);
}

BOOST_AUTO_TEST_CASE(where_the_mean_is_above)
{
    std::vector<WarpResponse> responses;
    const double r[] = {5, -1, 2, 3, 1, 0, 4};
    for (int i = 0; i < 7; ++i)
        responses.push_back({"rotate", 10.0 * (i - 3), "a", "", r[i]});
    const std::vector<CurvePoint> points = response_curves(responses, 0);
    const auto range = above_threshold(points, "rotate", 0);
    BOOST_REQUIRE(range.has_value());
    BOOST_TEST(range->least == -10);
    BOOST_TEST(range->most == 10);
    BOOST_TEST(!above_threshold(points, "rotate", 20));
    BOOST_TEST(above_threshold(points, "rotate", 99)->least == 30);
    BOOST_TEST(!above_threshold(points, "scale", 1));
}

BOOST_AUTO_TEST_CASE(tables_go_there_and_back)
{
    const Folder folder;
    const std::vector<CurvePoint> points = {{"translate-x", -2.5, 3, 0.25, 0.125, 0.0625, -1, 2, 0.75},
                                            {"view", 90, 1, -3, 0, 0, -3, -3, 0}};
    write_curves(folder / "c.tsv", points, "1.norm/0,0,0", 1.5);
    BOOST_TEST(test::read_bytes(folder / "c.tsv") ==
               "warp\tamount\tpictures\tmean\tdeviation\terror\tleast\tmost\tabove\tneuron\tthreshold\n"
               "translate-x\t-2.5\t3\t0.25\t0.125\t0.0625\t-1\t2\t0.75\t1.norm/0,0,0\t1.5\n"
               "view\t90\t1\t-3\t0\t0\t-3\t-3\t0\t1.norm/0,0,0\t1.5\n");
    const std::vector<CurvePoint> back = read_curves(folder / "c.tsv");
    BOOST_REQUIRE(back.size() == 2);
    BOOST_TEST(back[0].warp == "translate-x");
    BOOST_TEST(back[0].amount == -2.5);
    BOOST_TEST(back[0].pictures == 3);
    BOOST_TEST(back[0].deviation == 0.125);
    BOOST_TEST(back[0].error == 0.0625);
    BOOST_TEST(back[0].above == 0.75);
    BOOST_TEST(back[1].least == -3);
    const std::string header = "warp\tamount\tpictures\tmean\tdeviation\terror\tleast\tmost\tabove\n";
    write_bytes(folder / "bad.tsv", header);
    BOOST_TEST(refusal([&] { read_curves(folder / "bad.tsv"); }).ends_with("no curves in it"));
    write_bytes(folder / "bad.tsv", header + "scale\t1\t-2\t0\t0\t0\t0\t0\t0\n");
    BOOST_TEST(refusal([&] { read_curves(folder / "bad.tsv"); }).ends_with("'pictures' is not a whole number"));
    write_bytes(folder / "bad.tsv", header + "scale\t1\t2\tnan\t0\t0\t0\t0\t0\n");
    BOOST_TEST(refusal([&] { read_curves(folder / "bad.tsv"); }).ends_with("'mean' is not a finite number"));
}

BOOST_AUTO_TEST_SUITE_END()
