#include "report/filter_sheet.h"

#include "base/error.h"
#include "base/parallel.h"

#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace nonna;

namespace
{

// 8 x 8 x 3, fields 3 over 3 channels and 2 over 2 maps; every weight 0.
Model black_model()
{
    Architecture a;
    a.name = "black";
    a.side = 8;
    a.whitening = 0;
    a.stages.resize(2);
    a.stages[0].field = 3;
    a.stages[0].maps = 2;
    a.stages[0].pool = 1;
    a.stages[0].norm = 0;
    a.stages[0].stride = 2;
    a.stages[0].tied = false;
    a.stages[1] = a.stages[0];
    a.stages[1].field = 2;
    a.stages[1].stride = 1;
    a.complete("black");
    Preprocessing p;
    p.side = 8;
    Pool pool(1);
    Model model = random_model(a, p, 1, pool);
    std::fill(model.parameters.begin(), model.parameters.end(), 0.0f);
    return model;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(filter_sheets)

BOOST_AUTO_TEST_CASE(a_filter_is_where_the_file_format_says)
{
    Model model = black_model();         // filters: 3 x 3 positions; then 2 x 2
    const std::size_t first = 27 * 2;    // of a position
    model.parameters[(1 * 3 + 2) * first + 5 * 2 + 1] = 7;
    const std::vector<float> filter = encoder_filter(model, 0, {1, 2}, 1);
    BOOST_REQUIRE(filter.size() == 27);
    for (int k = 0; k < 27; ++k)
        BOOST_TEST(filter[k] == (k == 5 ? 7 : 0));
    BOOST_TEST(encoder_filter(model, 0, {1, 2}, 0)[5] == 0);
    const std::size_t second = 2 * 9 * first;    // past encoder and decoder of stage 1
    model.parameters[second + 3 * 8 * 2 + 6 * 2] = 4;
    BOOST_TEST(encoder_filter(model, 1, {1, 1}, 0)[6] == 4);
    BOOST_CHECK_THROW(encoder_filter(model, 1, {2, 0}, 0), Error);
}

BOOST_AUTO_TEST_CASE(signs_and_one_scale)
{
    Model model = black_model();
    Pool pool(2);
    // position 0,0: map 0 has +2 in the first pixel's red and the second's, map 1 -1 in the last pixel's blue
    model.parameters[0] = model.parameters[3 * 2] = 2;
    model.parameters[26 * 2 + 1] = -1;
    const std::vector<FilterPosition> positions = {{0, 0}};
    const Picture sheet = filter_sheet(model, 0, positions, FilterView::weights, pool);
    const int tile = 81, second = 4 + tile + 4;    // 3 pixels of 27
    BOOST_TEST(sheet.width == 2 * tile + 12);
    BOOST_TEST(int(sheet.at(4, 4)[0]) == 255);
    BOOST_TEST(int(sheet.at(4, 4)[1]) == 128);
    BOOST_TEST(int(sheet.at(4 + 26, 4 + 26)[0]) == 255);
    BOOST_TEST(int(sheet.at(4 + 27, 4 + 26)[0]) == 255);
    BOOST_TEST(int(sheet.at(4 + 54, 4 + 26)[0]) == 128);
    BOOST_TEST(int(sheet.at(second + 80, 4 + 80)[2]) == 64);    // half of the other's size
    BOOST_TEST(int(sheet.at(second + 80, 4 + 80)[0]) == 128);
}

BOOST_AUTO_TEST_CASE(as_pixels_each_has_its_own_scale)
{
    Model model = black_model();
    Pool pool(2);
    model.parameters[0] = model.parameters[3 * 2] = 2;
    model.parameters[26 * 2 + 1] = model.parameters[23 * 2 + 1] = -1;
    const std::vector<FilterPosition> positions = {{0, 0}};
    const Picture sheet = filter_sheet(model, 0, positions, FilterView::pixels, pool);    // no whitening to undo
    const int second = 4 + 81 + 4;
    BOOST_TEST(int(sheet.at(4, 4)[0]) == 255);
    BOOST_TEST(int(sheet.at(second + 80, 4 + 80)[2]) == 0);
    BOOST_TEST(std::abs(int(sheet.at(second + 80, 4 + 80)[0]) - 138) <= 1);    // 0 is above the mean, -2 / 27
}

BOOST_AUTO_TEST_CASE(over_maps_a_grey_picture_each)
{
    Model model = black_model();
    Pool pool(1);
    const std::size_t second = 2 * 9 * 27 * 2;
    model.parameters[second + (3 * 2 + 1) * 2] = 1;    // map 0, last pixel, input map 1
    const std::vector<FilterPosition> positions = {{0, 0}, {1, 1}};
    const Picture sheet = filter_sheet(model, 1, positions, FilterView::weights, pool);
    const int plane = 30, tile = 2 * plane + 2;
    BOOST_TEST(sheet.width == 2 * tile + 12);
    const int top = 4 + tile / 4 + 1;    // a picture of 62 x 30 in the middle of its tile
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(int(sheet.at(4 + 2 * plane, top + 20)[i]) == 255);
        BOOST_TEST(int(sheet.at(4 + plane - 2, top + 20)[i]) == 128);    // input map 0
    }
}

BOOST_AUTO_TEST_CASE(positions)
{
    const StageArchitecture stage = black_model().architecture.stages[0];    // 3 x 3
    const std::vector<FilterPosition> corners = grid_of_positions(2, stage);
    BOOST_REQUIRE(corners.size() == 4);
    BOOST_TEST(corners[1].row == 0);
    BOOST_TEST(corners[1].column == 2);
    BOOST_TEST(grid_of_positions(9, stage).size() == 9);
    BOOST_TEST(grid_of_positions(1, stage)[0].row == 1);
    BOOST_TEST(parse_position("2,1", stage).row == 2);
    BOOST_TEST(parse_position("2,1", stage).column == 1);
    for (const char* text : {"", "2", "2,", ",1", "2,1,0", "2,x", "3,0", "0,3", "-1,0", " 1,1"})
        BOOST_CHECK_THROW(parse_position(text, stage), Error);
}

BOOST_AUTO_TEST_SUITE_END()
