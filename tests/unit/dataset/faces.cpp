#include "base/error.h"
#include "dataset/annotate.h"
#include "dataset/audit.h"
#include "io/digest.h"
#include "io/image_stream.h"
#include "media/detect.h"
#include "media/picture.h"

#include "../files.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace nonna;
using nonna::test::Folder;
namespace fs = std::filesystem;

namespace
{

bool have_cascades()
{
    if (fs::exists("/usr/share/opencv4/haarcascades"))
        return true;
    BOOST_TEST_MESSAGE("skipped: no cascades (package opencv-data)");
    return false;
}

Sample grey_sample(int number, std::vector<Detection> detections = {})
{
    Sample s;
    s.picture = encode_png(blank_picture(100, 80, std::uint8_t(number)));
    s.extension = "png";
    s.meta.source = std::to_string(number);
    s.meta.sha256 = sha256(s.picture);
    s.meta.width = 100;
    s.meta.height = 80;
    s.meta.detections = std::move(detections);
    s.key = sample_key(s.meta.sha256);
    return s;
}

void write_set(const std::string& path, const std::vector<Sample>& samples)
{
    ImageWriter writer(path);
    for (const Sample& s : samples)
        writer.write(s);
    writer.commit();
}

std::vector<Sample> read_set(const std::string& path)
{
    ImageReader reader(path);
    std::vector<Sample> samples;
    while (std::optional<Sample> s = reader.next())
        samples.push_back(std::move(*s));
    return samples;
}

void write_bytes(const std::string& path, const Bytes& bytes)
{
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
}

std::string lbp_parameters() { return Detector({"lbp", "", 0}).parameters(1, 1); }

// The middle of the first `count` faces of the test data, 60 pixels wide; empty where the data is absent.
std::vector<Picture> middle_faces(std::size_t count)
{
    const char* const own = std::getenv("NONNA_TEST_DATA");
    const std::string data = own ? own : NONNA_SOURCE_DIR "/../shared/data";
    std::vector<std::string> paths;
    if (fs::exists(data + "/faces"))
        for (const auto& entry : fs::recursive_directory_iterator(data + "/faces"))
            if (entry.is_regular_file())
                paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    std::vector<Picture> faces;
    for (std::size_t i = 0; i < std::min(count, paths.size()); ++i) {
        const std::string bytes = nonna::test::read_bytes(paths[i]);
        const Picture face = decode_picture(std::as_bytes(std::span(bytes)), paths[i]);
        faces.push_back(resize(crop(face, 65, 65, 120, 120), 60, 60));
    }
    if (faces.empty())
        BOOST_TEST_MESSAGE("skipped: no test faces");
    return faces;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(faces)

BOOST_AUTO_TEST_CASE(a_stored_verdict_is_not_made_again)
{
    if (!have_cascades())
        return;
    const Folder dir;
    // No detector would find these boxes in plain grey; the third picture could not even be decoded.
    const Detection made_up{"lbp", lbp_parameters(), {{1, 2, 50, 50, 7}, {3, 4, 46, 46, 2}}};
    std::vector<Sample> set = {grey_sample(1, {made_up}), grey_sample(2, {{"lbp", lbp_parameters(), {}}}),
                               grey_sample(3, {made_up})};
    set[2].picture.resize(set[2].picture.size() / 2);
    write_set(dir / "in.tar", set);
    AnnotateOptions options;
    options.detector.name = "lbp";
    options.keep = AnnotateOptions::Keep::with;
    options.min_score = 7;
    options.threads = 2;
    BOOST_CHECK(annotate_set(dir / "in.tar", dir / "with.tar", options) == ExitStatus::done);
    const std::vector<Sample> with = read_set(dir / "with.tar");
    BOOST_REQUIRE_EQUAL(with.size(), 2u);
    BOOST_CHECK_EQUAL(with[0].key, set[0].key);
    BOOST_REQUIRE_EQUAL(with[0].meta.detections.size(), 1u);
    BOOST_CHECK_EQUAL(with[0].meta.detections[0].boxes.size(), 2u);    // all of them, whatever the threshold
    BOOST_CHECK_EQUAL(with[0].meta.detections[0].kept, "with a score of 7 or more");

    options.min_score = 7.5;
    options.keep = AnnotateOptions::Keep::without;
    BOOST_CHECK(annotate_set(dir / "with.tar", dir / "without.tar", options) == ExitStatus::done);
    BOOST_CHECK_EQUAL(read_set(dir / "without.tar").size(), 2u);
    BOOST_CHECK_EQUAL(read_set(dir / "without.tar")[1].meta.detections[0].kept, "without a score of 7.5 or more");

    // A second look, asked for: nothing there, and the damaged picture comes to light.
    options.again = true;
    options.keep = AnnotateOptions::Keep::all;
    BOOST_CHECK(annotate_set(dir / "in.tar", dir / "again.tar", options) == ExitStatus::skipped);
    const std::vector<Sample> again = read_set(dir / "again.tar");
    BOOST_REQUIRE_EQUAL(again.size(), 2u);
    for (const Sample& s : again)
        BOOST_CHECK(s.meta.detections.size() == 1 && s.meta.detections[0].boxes.empty());
}

BOOST_AUTO_TEST_CASE(a_verdict_of_other_parameters_or_of_another_detector_is_another_verdict)
{
    if (!have_cascades())
        return;
    const Folder dir;
    const Detection older{"lbp", "another cascade", {{1, 2, 50, 50, 7}}}, cat{"catface", "x", {{1, 2, 30, 30, 9}}};
    write_set(dir / "in.tar", {grey_sample(1, {older, cat})});
    AnnotateOptions options;
    options.detector.name = "lbp";
    annotate_set(dir / "in.tar", dir / "out.tar", options);
    const ImageMeta meta = read_set(dir / "out.tar").at(0).meta;
    BOOST_REQUIRE_EQUAL(meta.detections.size(), 2u);
    BOOST_CHECK(meta.detections[0].detector == "catface" && meta.detections[0].boxes.size() == 1);
    BOOST_CHECK(meta.detections[1].parameters == lbp_parameters() && meta.detections[1].boxes.empty());
    options.detector.min_size = 60;    // looks for other things: looks again
    annotate_set(dir / "out.tar", dir / "large.tar", options);
    BOOST_CHECK(read_set(dir / "large.tar").at(0).meta.detections[1].parameters != lbp_parameters());
}

BOOST_AUTO_TEST_CASE(wilsons_interval)
{
    // Newcombe 1998, table I, method 3.
    const struct {
        std::uint64_t k, n;
        double low, high;
    } known[] = {{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}};
    for (const auto& row : known) {
        const WilsonInterval got = wilson(row.k, row.n);
        BOOST_CHECK_SMALL(got.low - row.low, 5e-5);
        BOOST_CHECK_SMALL(got.high - row.high, 5e-5);
        const WilsonInterval mirrored = wilson(row.n - row.k, row.n);
        BOOST_CHECK_SMALL(mirrored.low - (1 - got.high), 1e-12);
        BOOST_CHECK_SMALL(mirrored.high - (1 - got.low), 1e-12);
    }
}

BOOST_AUTO_TEST_CASE(pictures_are_drawn_uniformly)
{
    const std::vector<Picture> faces = middle_faces(20);
    if (faces.empty() || !have_cascades())
        return;
    const Folder dir;
    Detector detector({"lbp", "", 0});
    std::size_t found = 0;
    for (std::size_t i = 0; i < faces.size(); ++i) {
        const Bytes png = encode_png(faces[i]);
        write_bytes(dir / ("face" + std::to_string(100 + i) + ".png"), png);
        found += finds(detector.detect_encoded(png, "x"), 2) ? 1 : 0;
    }
    BOOST_REQUIRE_GE(found, 10u);
    for (int i = 0; i < 60; ++i)
        write_bytes(dir / ("grey" + std::to_string(100 + i) + ".png"), encode_png(blank_picture(60 + i % 3, 60, 100)));
    write_bytes(dir / "small.png", encode_png(blank_picture(59, 200)));
    write_bytes(dir / "text.png", Bytes(100));
    AuditOptions options;
    options.detector.name = "lbp";
    options.patches = 4000;
    options.seed = 3;
    options.examples = 30;
    options.threads = 2;
    const Audit audit = audit_patches({{dir.path, "", {}}}, options);
    BOOST_CHECK(audit.patches == 4000 && audit.pictures == 80 && audit.small == 1 && audit.unreadable == 1);
    // Each of the 80 is as likely: within four deviations, and inside the interval widened likewise.
    const double expected = double(found) / 80;
    BOOST_CHECK_SMALL(audit.rate - expected, 4 * std::sqrt(expected * (1 - expected) / 4000));
    BOOST_CHECK(audit.low < audit.rate && audit.rate < audit.high);
    BOOST_REQUIRE_EQUAL(audit.examples.size(), 30u);
    for (const AuditExample& e : audit.examples)
        BOOST_CHECK(e.patch.width == 60 && e.patch.height == 60 && !e.boxes.empty());

    options.threads = 1;
    const Audit alone = audit_patches({{dir.path, "", {}}}, options);
    BOOST_CHECK(alone.faces == audit.faces && alone.digest == audit.digest);
    for (std::size_t i = 0; i < 30; ++i)
        BOOST_CHECK(alone.examples[i].patch == audit.examples[i].patch);
    options.seed = 4;
    BOOST_CHECK(audit_patches({{dir.path, "", {}}}, options).faces != audit.faces);
    options.min_score = 1e6;
    BOOST_CHECK_EQUAL(audit_patches({{dir.path, "", {}}}, options).faces, 0u);
}

BOOST_AUTO_TEST_CASE(places_are_drawn_from_the_whole_picture)
{
    const std::vector<Picture> faces = middle_faces(40);
    if (faces.empty() || !have_cascades())
        return;
    // The clearest of the faces in a corner of plain grey; which corner must not matter. Of the places inside, most see
    // too little of the face, so the rate is small; with a side too narrow by one pixel a corner would never be seen.
    Detector detector({"lbp", "", 0});
    const auto hits = [&](const Picture& p) {
        double best = 0;
        for (const Box& b : detector.detect(p).boxes)
            best = std::max(best, b.score);
        return best;
    };
    const Picture face = *std::max_element(faces.begin(), faces.end(),
                                           [&](const Picture& a, const Picture& b) { return hits(a) < hits(b); });
    const Folder dir;
    AuditOptions options;
    options.detector.name = "lbp";
    options.patches = 600;
    options.examples = 600;
    for (const auto& [x, y] : {std::pair{0, 0}, std::pair{3, 0}, std::pair{0, 3}, std::pair{3, 3}}) {
        Picture picture = blank_picture(63, 63, 128);
        paste(picture, face, x, y);
        write_bytes(dir / "p.png", encode_png(picture));
        const Audit audit = audit_patches({{dir / "p.png", "", {}}}, options);
        bool whole = false;    // some patch is the face to the pixel: 1 place in 16
        for (const AuditExample& e : audit.examples) {
            const std::vector<std::uint8_t> levels = grey(face);
            bool same = true;
            for (std::size_t i = 0; i < levels.size(); ++i)
                same = same && e.patch.rgb[3 * i] == levels[i];
            whole = whole || same;
        }
        BOOST_CHECK_MESSAGE(whole, "the face at " << x << ", " << y << " was never drawn");
    }
}

BOOST_AUTO_TEST_CASE(an_audit_of_damaged_pictures_counts_what_it_looked_at)
{
    if (!have_cascades())
        return;
    const Folder dir;
    for (int i = 0; i < 9; ++i)
        write_bytes(dir / ("a" + std::to_string(i) + ".png"), encode_png(blank_picture(80, 80, std::uint8_t(i))));
    const Bytes whole = encode_jpeg(blank_picture(80, 80, 7));
    write_bytes(dir / "b.jpg", Bytes(whole.begin(), whole.end() - 20));    // the header is fine
    AuditOptions options;
    options.detector.name = "lbp";
    options.patches = 1000;
    const Audit audit = audit_patches({{dir.path, "", {}}}, options);
    BOOST_CHECK(audit.pictures == 9 && audit.unreadable == 1 && audit.faces == 0);
    BOOST_CHECK(audit.patches > 850 && audit.patches < 950);    // 900 expected, deviation 9.5
    fs::remove_all(dir.path);
    fs::create_directory(dir.path);
    BOOST_CHECK_THROW(audit_patches({{dir.path, "", {}}}, options), Error);
}

BOOST_AUTO_TEST_SUITE_END()
