#include "report/sheet.h"

#include "../files.h"
#include "io/digest.h"
#include "io/image_stream.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>

using namespace nonna;
using nonna::test::Folder;
using nonna::test::read_bytes;

namespace
{

// Pictures 8 x 8 of one grey each, 20 apart, by which they are known on a sheet; every other one has a label.
constexpr int pictures = 9, apart = 20, tile = 8, gap = 4;

void write_greys(const std::string& path)
{
    ImageWriter writer(path);
    for (int i = 0; i < pictures; ++i) {
        Sample sample;
        sample.picture = encode_png(blank_picture(tile, tile, std::uint8_t(60 + apart * i)));
        sample.extension = "png";
        sample.meta.source = "grey";
        sample.meta.sha256 = sha256(sample.picture);
        sample.meta.width = sample.meta.height = tile;
        if (i % 2)
            sample.meta.label = "odd";
        sample.key = sample_key(sample.meta.sha256);
        writer.write(sample);
    }
    writer.commit();
}

Picture sheet_of(const std::string& set, const std::string& name, const SetSheetOptions& options)
{
    BOOST_TEST(bool(write_set_sheet(set, name, options) == ExitStatus::done));
    const std::string bytes = read_bytes(name);
    return decode_picture(std::as_bytes(std::span(bytes)), name);
}

std::vector<int> shown(const Picture& sheet, int count)
{
    std::vector<int> numbers;
    for (int i = 0; i < count; ++i)
        numbers.push_back((int(sheet.at(gap + i * (tile + gap) + tile / 2, gap + tile / 2)[0]) - 60) / apart);
    return numbers;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(set_sheets)

BOOST_AUTO_TEST_CASE(a_sample_is_drawn_from_all)
{
    const Folder folder;
    write_greys(folder / "set.tar");
    SetSheetOptions options;
    options.sheet = {3, tile, gap};
    options.sample = 3;
    std::map<int, int> drawn;
    for (options.seed = 0; options.seed < 150; ++options.seed) {
        const std::vector<int> numbers = shown(sheet_of(folder / "set.tar", folder / "s.png", options), 3);
        BOOST_TEST(std::ranges::is_sorted(numbers, std::less_equal<>()));    // the set's order, none twice
        for (const int n : numbers)
            ++drawn[n];
    }
    // A third of 150 each, binomial: the deviation is 5.8.
    BOOST_TEST(drawn.size() == std::size_t(pictures));
    for (const auto& [number, times] : drawn)
        BOOST_TEST(std::abs(times - 50) < 4 * 5.8, "picture " << number << ": " << times);

    options.sample = 100;    // there are not so many
    options.sheet.columns = pictures;
    BOOST_TEST((shown(sheet_of(folder / "set.tar", folder / "s.png", options), pictures) ==
                std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8}));
}

// A caption's pixels are compared with those of a sheet that is made by hand.
BOOST_AUTO_TEST_CASE(captions)
{
    const Folder folder;
    write_greys(folder / "set.tar");
    const auto expected = [&](bool labels, bool keys) {
        std::vector<SheetTile> tiles;
        ImageReader reader(folder / "set.tar");
        while (const auto sample = reader.next())
            tiles.push_back({decode_picture(sample->picture, "a picture"), labels && sample->meta.label ? "odd"
                                                                           : keys                       ? sample->key
                                                                           : labels                     ? "-"
                                                                                                        : ""});
        return make_sheet(tiles, {3, 80, gap});
    };
    for (const bool labels : {false, true})
        for (const bool keys : {false, true})
            for (const int sample : {0, pictures}) {
                SetSheetOptions options;
                options.sheet = {3, 80, gap};
                options.labels = labels;
                options.keys = keys;
                options.sample = sample;
                BOOST_TEST(
                    bool(sheet_of(folder / "set.tar", folder / "s.png", options).rgb == expected(labels, keys).rgb));
            }
}

BOOST_AUTO_TEST_SUITE_END()
