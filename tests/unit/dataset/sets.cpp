#include "base/error.h"
#include "base/random.h"
#include "dataset/annotate.h"
#include "dataset/pack.h"
#include "dataset/test_set.h"
#include "io/digest.h"
#include "io/output.h"
#include "media/detect.h"
#include "sample_sets.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

using namespace nonna;
using namespace sample_sets;
namespace fs = std::filesystem;

namespace
{

void write_bytes(const std::string& path, const Bytes& bytes)
{
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
}

}    // namespace

BOOST_AUTO_TEST_SUITE(sets)

BOOST_AUTO_TEST_CASE(pack_keeps_bytes_that_need_no_change)
{
    const Folder dir;
    fs::create_directories(dir / "b/.hidden");
    write_bytes(dir / "b/2.png", encode_png(map_picture(20, 20, 2)));
    write_bytes(dir / "b/1.jpg", encode_jpeg(map_picture(20, 20, 1)));
    write_bytes(dir / "b/.hidden/0.png", encode_png(map_picture(20, 20, 0)));
    write_bytes(dir / "b/notes.txt", Bytes(3));
    PackOptions options;
    options.size = 20;
    options.label = "x";
    BOOST_CHECK(pack_pictures({{dir / "b", "", {}}}, dir / "o.tar", options) == ExitStatus::done);
    const std::vector<Sample> got = read_all(dir / "o.tar");
    BOOST_REQUIRE_EQUAL(got.size(), 2u);
    BOOST_CHECK(got[0].picture == encode_jpeg(map_picture(20, 20, 1)) && got[0].extension == "jpg");
    BOOST_CHECK(got[1].picture == encode_png(map_picture(20, 20, 2)) && got[1].extension == "png");
    BOOST_CHECK(got[0].meta.label == "x" && got[0].meta.source == dir / "b/1.jpg");
    BOOST_CHECK_EQUAL(got[0].meta.sha256, sha256(got[0].picture));
}

// Of files and sets together all bytes are known before the first is read; with a folder among them nobody knows.
BOOST_AUTO_TEST_CASE(sources_know_how_much_is_to_come)
{
    const Folder dir;
    fs::create_directories(dir / "b");
    write_bytes(dir / "b/1.jpg", encode_jpeg(map_picture(20, 20, 1)));
    write_bytes(dir / "2.png", encode_png(map_picture(20, 20, 2)));
    pack_pictures({{dir / "b", "", {}}}, dir / "set.tar", {});
    const std::uint64_t png = fs::file_size(dir / "2.png"), set = fs::file_size(dir / "set.tar");
    PictureSource files({{dir / "2.png", "", {}}, {dir / "set.tar", "", {}}});
    PictureJob job;
    std::vector<std::uint64_t> read;
    while (files.next(job)) {
        read.push_back(files.so_far().bytes);
        BOOST_TEST(files.so_far().whole == png + set);
    }
    BOOST_TEST(read == (std::vector<std::uint64_t>{0, png + set}));    // the set is read ahead to its end
    PictureSource folder({{dir / "2.png", "", {}}, {dir / "b", "", {}}});
    while (folder.next(job))
        BOOST_TEST(folder.so_far().whole == 0u);
}

BOOST_AUTO_TEST_CASE(pack_skips_the_unreadable_and_repeated)
{
    const Folder dir;
    const Bytes png = encode_png(map_picture(20, 20, 2));
    write_bytes(dir / "a.png", png);
    write_bytes(dir / "same.png", png);
    write_bytes(dir / "half.png", Bytes(png.begin(), png.begin() + std::ptrdiff_t(png.size() / 2)));
    const std::vector<PackInput> inputs = {
        {dir / "a.png", "", {}}, {dir / "same.png", "", {}}, {dir / "half.png", "", {}}, {dir / "none.png", "", {}}};
    BOOST_CHECK(pack_pictures(inputs, dir / "o.tar", {}) == ExitStatus::skipped);
    BOOST_CHECK_EQUAL(read_all(dir / "o.tar").size(), 1u);
    BOOST_CHECK_THROW(pack_pictures({inputs[2]}, dir / "p.tar", {}), Error);
    BOOST_CHECK(!fs::exists(dir / "p.tar"));
}

BOOST_AUTO_TEST_CASE(crops_and_patches_come_from_where_they_should)
{
    const Folder dir;
    for (int i = 0; i < 20; ++i)
        write_bytes(dir / (std::to_string(10 + i) + ".png"), encode_png(map_picture(100, 60, i)));
    PackOptions options;
    options.lossless = true;
    options.crop = 40;
    pack_pictures({{dir.path, "", {}}}, dir / "crop.tar", options);
    for (const Sample& s : read_all(dir / "crop.tar"))
        BOOST_CHECK(decode_picture(s.picture, "x") ==
                    crop(map_picture(100, 60, decode_picture(s.picture, "x").rgb[2]), 30, 10, 40, 40));
    options.crop = 0.5;
    pack_pictures({{dir / "10.png", "", {}}}, dir / "half.tar", options);
    BOOST_CHECK_EQUAL(read_all(dir / "half.tar")[0].meta.width, 30);

    options.crop = 0;
    options.set_patches(8, "5:90");
    pack_pictures({{dir.path, "", {}}}, dir / "p1.tar", options);
    options.threads = 3;
    pack_pictures({{dir.path, "", {}}}, dir / "p3.tar", options);
    BOOST_CHECK(content(dir / "p1.tar") == content(dir / "p3.tar"));
    std::set<int> sides;
    const std::vector<Sample> patches = read_all(dir / "p1.tar");
    BOOST_CHECK_EQUAL(patches.size(), 160u);
    for (const Sample& s : patches) {
        const Picture p = decode_picture(s.picture, "x");
        sides.insert(p.width);
        BOOST_CHECK(p.width == p.height && p.width >= 5 && p.width <= 60);
        BOOST_CHECK(p == crop(map_picture(100, 60, p.rgb[2]), p.rgb[0], p.rgb[1], p.width, p.height));
    }
    BOOST_CHECK_GT(sides.size(), 40u);    // of 56 equally likely sides, 160 draws miss about 3
    BOOST_CHECK_THROW(options.set_patches(3, ""), Error);
    BOOST_CHECK_THROW(options.set_patches(3, "9:5"), Error);
}

BOOST_AUTO_TEST_CASE(boxes_move_with_their_picture)
{
    std::vector<Detection> d = {{"face", "p", {{10, 10, 10, 10, 3}, {0, 0, 8, 8, 1}, {35, 35, 20, 10, 2}}}};
    move_boxes(d, 10, 10, 40, 40, 80, 80);
    BOOST_REQUIRE_EQUAL(d[0].boxes.size(), 2u);
    const Box &a = d[0].boxes[0], &b = d[0].boxes[1];
    BOOST_CHECK(a.x == 0 && a.y == 0 && a.width == 20 && a.height == 20 && a.score == 3);
    BOOST_CHECK(b.x == 50 && b.y == 50 && b.width == 30 && b.height == 20);    // cut at the border
}

BOOST_AUTO_TEST_CASE(mixing_keeps_the_prior_whatever_the_supply)
{
    const Folder dir;
    const auto fill = [&](const std::string& name, int count) {
        std::vector<Sample> samples;
        for (int i = 0; i < count; ++i)
            samples.push_back(make_sample(map_picture(8, 8, name == "no.tar" ? 100 + i : i), name, i));
        write_all(dir / name, samples);
    };
    fill("yes.tar", 40);
    fill("no.tar", 31);
    TestSetOptions options;
    for (const double prior : {0.2, 0.5, 0.648, 0.9}) {
        options.prior = prior;
        mix_test_set(dir / "yes.tar", dir / "no.tar", dir / "t.tar", options);
        const std::vector<Sample> got = read_all(dir / "t.tar");
        const auto negatives =
            std::count_if(got.begin(), got.end(), [](const Sample& s) { return s.meta.label == "0"; });
        BOOST_CHECK_EQUAL(negatives, std::lround(prior * double(got.size())));
        BOOST_CHECK(negatives >= 30 || got.size() - std::size_t(negatives) >= 39);    // one sort is used up
        for (const Sample& s : got)
            BOOST_CHECK_EQUAL(s.meta.label == "1", s.meta.source == "yes.tar");
        // Shuffled: labels in blocks would change once.
        int changes = 0;
        for (std::size_t i = 1; i < got.size(); ++i)
            changes += got[i].meta.label != got[i - 1].meta.label;
        BOOST_CHECK_GT(changes, 3);
    }
    options.count = 200;
    BOOST_CHECK_THROW(mix_test_set(dir / "yes.tar", dir / "no.tar", dir / "t.tar", options), Error);
    options.count = 20;
    options.prior = 0.5;
    mix_test_set(dir / "yes.tar", dir / "no.tar", dir / "a.tar", options);
    options.seed = 1;
    mix_test_set(dir / "yes.tar", dir / "no.tar", dir / "b.tar", options);
    BOOST_CHECK(content(dir / "a.tar") != content(dir / "b.tar"));
    // Every negative is a positive too: none is left.
    BOOST_CHECK_THROW(mix_test_set(dir / "yes.tar", dir / "yes.tar", dir / "c.tar", options), Error);
}

BOOST_AUTO_TEST_CASE(negatives_from_boxes_share_places_but_never_touch_a_box)
{
    const Folder dir;
    Random random(3, Purpose::tests);
    std::vector<Sample> film, others;
    std::map<std::pair<std::string, int>, std::vector<Box>> truth;
    for (int i = 0; i < 60; ++i)
        for (const std::string source : {"one", "two"}) {
            Sample s = make_sample(map_picture(200, 150, i), source, i);
            Detection d{"people", "test", {}};
            for (std::uint64_t k = random.below(3); k > 0; --k)
                d.boxes.push_back(
                    {double(random.below(160)), double(random.below(100)), 20, 40, double(random.below(5))});
            truth[{source, i}] = d.boxes;
            s.meta.detections.push_back(d);
            film.push_back(std::move(s));
        }
    for (int i = 0; i < 30; ++i)
        others.push_back(make_sample(map_picture(100, 150, i), "other", i));
    write_all(dir / "film.tar", film);
    write_all(dir / "others.tar", others);

    TestSetOptions options;
    options.min_score = 1;
    test_set_from_boxes(dir / "film.tar", dir / "others.tar", dir / "t.tar", options);
    options.threads = 3;
    test_set_from_boxes(dir / "film.tar", dir / "others.tar", dir / "t3.tar", options);
    BOOST_CHECK(content(dir / "t.tar") == content(dir / "t3.tar"));

    const std::vector<Sample> got = read_all(dir / "t.tar");
    std::set<std::tuple<std::string, int, int, int>> places;    // source, x, y, side of positives
    int positives = 0, same_place = 0, other_film = 0;
    struct Place {
        int x, y, side, number;
    };
    const auto place_of = [](const Sample& s) {
        // JPEG at quality 95 keeps this ramp within a level or two; the middle pixel is safest.
        const Picture p = decode_picture(s.picture, "x");
        const std::uint8_t* m = p.at(p.width / 2, p.height / 2);
        return Place{m[0] - p.width / 2, m[1] - p.height / 2, p.width, int(*s.meta.pts)};
    };
    const auto near = [&](const std::string& source, const Place& p) {
        for (int dx = -3; dx <= 3; ++dx)
            for (int dy = -3; dy <= 3; ++dy)
                if (places.contains({source, p.x + dx, p.y + dy, p.side}))
                    return true;
        return false;
    };
    for (const Sample& s : got)
        if (s.meta.label == "1") {
            ++positives;
            const Place p = place_of(s);
            BOOST_CHECK_EQUAL(p.side, 48);    // 40 and a tenth on each side
            places.insert({s.meta.source, p.x, p.y, p.side});
        }
    for (const Sample& s : got) {
        if (s.meta.label == "1")
            continue;
        const Place p = place_of(s);
        if (s.meta.source == "other") {
            ++other_film;
            BOOST_CHECK_EQUAL(p.side, 24);
            continue;
        }
        ++same_place;
        BOOST_CHECK(near(s.meta.source, p));
        for (int n = p.number - 1; n <= p.number + 1; ++n)
            for (const Box& b : truth[{s.meta.source, n}])    // three levels of doubt about the place
                BOOST_CHECK(b.x + b.width <= p.x + 3 || p.x + p.side <= b.x + 3 || b.y + b.height <= p.y + 3 ||
                            p.y + p.side <= b.y + 3);
    }
    BOOST_CHECK_GT(positives, 30);
    BOOST_CHECK_EQUAL(same_place + other_film, std::lround(0.648 * double(got.size())));
    BOOST_CHECK_LE(std::abs(same_place - other_film), 1);
}

BOOST_AUTO_TEST_CASE(annotating_finds_the_face_and_nothing_in_grey)
{
    const char* const own = std::getenv("NONNA_TEST_DATA");
    const std::string data = own ? own : NONNA_SOURCE_DIR "/../shared/data";
    if (!fs::exists(data + "/faces") || !fs::exists("/usr/share/opencv4/haarcascades")) {
        BOOST_TEST_MESSAGE("skipped: no test faces, or no cascades (package opencv-data)");
        return;
    }
    const Folder dir;
    std::vector<PackInput> inputs;
    for (const auto& entry : fs::recursive_directory_iterator(data + "/faces"))
        if (entry.is_regular_file())
            inputs.push_back({entry.path().string(), "", {}});
    std::sort(inputs.begin(), inputs.end(), [](const PackInput& a, const PackInput& b) { return a.path < b.path; });
    inputs.resize(std::min<std::size_t>(inputs.size(), 20));
    pack_pictures(inputs, dir / "faces.tar", {});
    std::vector<Sample> all = read_all(dir / "faces.tar");
    all.push_back(make_sample(blank_picture(250, 250, 128), "grey", 0));
    write_all(dir / "all.tar", all);
    AnnotateOptions options;
    options.keep = AnnotateOptions::Keep::with;
    options.threads = 2;
    BOOST_CHECK(annotate_set(dir / "all.tar", dir / "with.tar", options) == ExitStatus::done);
    const std::vector<Sample> with = read_all(dir / "with.tar");
    BOOST_CHECK_GE(with.size(), 17u);    // the cascade finds about 97 in 100 of these
    for (const Sample& s : with) {
        BOOST_CHECK(s.meta.source != "grey");
        // The photographs are aligned: some box holds the middle.
        const std::vector<Box>& boxes = s.meta.detections.at(0).boxes;
        BOOST_CHECK(std::any_of(boxes.begin(), boxes.end(), [](const Box& b) {
            return b.x < 125 && b.y < 125 && b.x + b.width > 125 && b.y + b.height > 125;
        }));
    }
    options.keep = AnnotateOptions::Keep::without;
    annotate_set(dir / "all.tar", dir / "without.tar", options);
    BOOST_CHECK_EQUAL(read_all(dir / "without.tar").size() + with.size(), all.size());
    BOOST_CHECK_THROW(Detector({"nobody", "", 0}), Error);
}

BOOST_AUTO_TEST_SUITE_END()
