// The usual look of a place: a visitor is unusual where he stands, and nowhere else.
#include "dataset/usual_look.h"
#include "media/picture.h"

#include <boost/test/unit_test.hpp>

using namespace nonna;

namespace
{

// Nine frames of a grey wall, 200 x 120; in frames 2 and 5 a white square stands at the left, in 7 at the right.
std::vector<Sample> wall()
{
    std::vector<Sample> frames(9);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        Picture p = blank_picture(200, 120, std::uint8_t(100 + i % 3));    // the light flickers a little
        if (i == 2 || i == 5)
            paste(p, blank_picture(40, 40, 255), 20, 40);
        if (i == 7)
            paste(p, blank_picture(40, 40, 255), 140, 40);
        frames[i].key = std::to_string(i);
        frames[i].extension = "png";
        frames[i].picture = encode_png(p);
        frames[i].meta.width = 200;
        frames[i].meta.height = 120;
    }
    return frames;
}

std::vector<const Sample*> pointers(const std::vector<Sample>& frames)
{
    std::vector<const Sample*> all;
    for (const Sample& s : frames)
        all.push_back(&s);
    return all;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(usual_look)

BOOST_AUTO_TEST_CASE(visitors_are_unusual_where_they_stand)
{
    const std::vector<Sample> frames = wall();
    const UsualLook look(pointers(frames), 2);
    for (const std::size_t i : {2u, 5u}) {
        BOOST_TEST(look.difference(i, 20, 40, 40) > 100);    // 255 against about 101, but for the thumbnail's edges
        BOOST_TEST(!look.usual(i, 20, 40, 40));
        BOOST_TEST(look.difference(i, 140, 40, 40) < 2);
    }
    BOOST_TEST(look.difference(7, 140, 40, 40) > 100);
    BOOST_TEST(look.difference(7, 20, 40, 40) < 2);
    BOOST_TEST(!look.usual(7, 140, 40, 40));
    std::size_t usual = 0;
    for (std::size_t i = 0; i < frames.size(); ++i)
        usual += look.usual(i, 20, 40, 40);
    BOOST_TEST(usual >= 5);    // at least the nearer half
}

BOOST_AUTO_TEST_CASE(same_for_any_number_of_threads)
{
    const std::vector<Sample> frames = wall();
    const UsualLook one(pointers(frames), 1), three(pointers(frames), 3);
    for (std::size_t i = 0; i < frames.size(); ++i)
        BOOST_TEST(one.difference(i, 7, 11, 50) == three.difference(i, 7, 11, 50));
}

BOOST_AUTO_TEST_SUITE_END()
