#include "media/detect.h"
#include "base/error.h"
#include "io/digest.h"
#include "media/picture.h"

#include "../files.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

using namespace nonna;
using nonna::test::Folder;
namespace fs = std::filesystem;

namespace
{

void write_text(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

std::string reason_of(const DetectorOptions& options)
{
    try {
        Detector detector(options);
    } catch (const Error& e) {
        return e.what();
    }
    return "";
}

bool have_cascades() { return fs::exists("/usr/share/opencv4/haarcascades"); }

// ---- A tiny ONNX file, written by hand: protocol buffers' wire format, field numbers of onnx.proto. ----

std::string varint(std::uint64_t n)
{
    std::string text;
    for (; n > 127; n >>= 7)
        text += char((n & 127) | 128);
    return text + char(n);
}
std::string number(int field, std::uint64_t value) { return varint(std::uint64_t(field) << 3) + varint(value); }
std::string block(int field, const std::string& bytes)
{
    return varint(std::uint64_t(field) << 3 | 2) + varint(bytes.size()) + bytes;
}

std::string tensor(const std::string& name, const std::vector<int>& shape, const std::vector<float>& values)
{
    std::string text;
    for (const int n : shape)
        text += number(1, std::uint64_t(n));
    text += number(2, 1) + block(8, name);
    return text + block(9, std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
}

std::string value_info(const std::string& name, const std::vector<int>& shape)
{
    std::string dims;
    for (const int n : shape)
        dims += block(1, number(1, std::uint64_t(n)));
    return block(1, name) + block(2, block(1, number(1, 1) + block(2, dims)));
}

std::string node(const std::string& type, const std::vector<std::string>& inputs, const std::string& output)
{
    std::string text;
    for (const std::string& input : inputs)
        text += block(1, input);
    return text + block(2, output) + block(3, output) + block(4, type);
}

// A network with YuNet's outputs for a picture of 32x32 (58 anchors): sure of one anchor by the mean of the red
// channel, of nothing else. That anchor has the centre (12, 12) and the side 24: row 1, column 1 of the 4x4 places,
// third size.
std::string red_network(int anchors = 58)
{
    constexpr int sure = (1 * 4 + 1) * 3 + 2;
    std::string graph = block(1, node("GlobalAveragePool", {"input"}, "mean")) +
                        block(1, node("Flatten", {"mean"}, "flat")) + block(2, "red");
    const std::string transposed = block(1, "transB") + number(3, 1) + number(20, 2);    // a whole number, 1
    std::string outputs;
    for (const auto& [name, each] : std::map<std::string, int>{{"loc", 14}, {"conf", 2}, {"iou", 1}}) {
        const int count = anchors * each;
        std::vector<float> weights(std::size_t(3 * count)), bias(std::size_t(count), name == "iou" ? 1.0f : 0.0f);
        if (name == "conf" && anchors > sure)
            weights[std::size_t(3 * (2 * sure + 1) + 2)] = 1 / 255.0f;    // blue, green, red: column 2
        graph += block(1, node("Gemm", {"flat", name + "_w", name + "_b"}, name) + block(5, transposed));
        graph += block(5, tensor(name + "_w", {count, 3}, weights)) + block(5, tensor(name + "_b", {count}, bias));
        outputs += block(12, value_info(name, {1, count}));
    }
    graph += block(11, value_info("input", {1, 3, 32, 32})) + outputs;
    return number(1, 7) + block(8, block(1, "") + number(2, 11)) + block(7, graph);
}

Picture plain(int side, std::uint8_t red, std::uint8_t green, std::uint8_t blue)
{
    Picture picture = blank_picture(side, side);
    for (int i = 0; i < side * side; ++i) {
        picture.rgb[std::size_t(3 * i)] = red;
        picture.rgb[std::size_t(3 * i + 1)] = green;
        picture.rgb[std::size_t(3 * i + 2)] = blue;
    }
    return picture;
}

Picture waves(int width, int height)
{
    Picture picture = blank_picture(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            picture.at(x, y)[0] = std::uint8_t(128 + 60 * std::sin(x * 0.1));
            picture.at(x, y)[1] = std::uint8_t(128 + 60 * std::cos(y * 0.07));
            picture.at(x, y)[2] = std::uint8_t(128 + 60 * std::sin((x + y) * 0.05));
        }
    return picture;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(detectors)

BOOST_AUTO_TEST_CASE(a_jpegs_luma_is_its_grey)
{
    const Picture picture = waves(123, 77);
    const Bytes jpeg = encode_jpeg(picture);
    const GreyPicture luma = decode_grey(jpeg, "x");
    const std::vector<std::uint8_t> levels = grey(decode_picture(jpeg, "x"));
    BOOST_REQUIRE(luma.width == 123 && luma.height == 77 && luma.levels.size() == levels.size());
    int most = 0;
    for (std::size_t i = 0; i < levels.size(); ++i)
        most = std::max(most, std::abs(int(luma.levels[i]) - int(levels[i])));
    BOOST_CHECK_LE(most, 1);    // colours in the middle of their range are not clipped: two roundings
    const GreyPicture exact = decode_grey(encode_png(picture), "x");
    BOOST_CHECK(exact.width == 123 && exact.height == 77 && exact.levels == grey(picture));
}

BOOST_AUTO_TEST_CASE(grey_is_as_strict_and_as_upright_as_colour)
{
    const Bytes jpeg = encode_jpeg(waves(64, 40));
    for (const std::size_t size : {jpeg.size() - 2, jpeg.size() / 2, std::size_t(30)})
        BOOST_CHECK_THROW(decode_grey(std::span(jpeg).first(size), "x"), Error);
    BOOST_CHECK_THROW(decode_grey(jpeg, "x", 64 * 40 - 1), Error);
    // EXIF, orientation 6: a quarter turn.
    const std::string exif = std::string("\xff\xe1\x00\x22"
                                         "Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0",
                                         36);
    Bytes turned(jpeg.begin(), jpeg.begin() + 2);
    const auto extra = std::as_bytes(std::span(exif));
    turned.insert(turned.end(), extra.begin(), extra.end());
    turned.insert(turned.end(), jpeg.begin() + 2, jpeg.end());
    const GreyPicture upright = decode_grey(turned, "x");
    BOOST_CHECK(upright.width == 40 && upright.height == 64);
    BOOST_CHECK(upright.levels == grey(decode_picture(turned, "x")));
}

BOOST_AUTO_TEST_CASE(a_detector_names_what_determines_its_result)
{
    if (!have_cascades()) {
        BOOST_TEST_MESSAGE("skipped: no cascades (package opencv-data)");
        return;
    }
    const std::string haar = sha256_file("/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml");
    const std::string lbp = sha256_file("/usr/share/opencv4/lbpcascades/lbpcascade_frontalface_improved.xml");
    BOOST_CHECK(Detector({"face", "", 0}).parameters(1, 1).find("sha256=" + haar.substr(0, 16)) != std::string::npos);
    BOOST_CHECK(Detector({"lbp", "", 0}).parameters(1, 1).find("sha256=" + lbp.substr(0, 16)) != std::string::npos);
    BOOST_CHECK(Detector({"lbp", "", 30}).parameters(1, 1) != Detector({"lbp", "", 0}).parameters(1, 1));
    for (const std::string& name : detector_names())
        if (name != "yunet") {
            Detector detector({name, "", 0});
            const Detection verdict = detector.detect(plain(200, 90, 90, 90));
            BOOST_CHECK(verdict.boxes.empty() && verdict.detector == name && verdict.kept.empty());
            BOOST_CHECK_EQUAL(verdict.parameters, detector.parameters(200, 200));
            BOOST_CHECK_GE(standard_score(name), 0);
        }
    BOOST_CHECK(reason_of({"nobody", "", 0}).starts_with("nobody: "));
}

// The network sees what it is given as a square of 32x32 as soon as the bound says so, whatever the picture's size.
BOOST_AUTO_TEST_CASE(large_pictures_are_examined_at_a_bounded_scale)
{
    const Folder dir;
    write_text(dir / "red.onnx", red_network());
    Detector bounded({"yunet", dir / "red.onnx", 0, 32}), least({"yunet", dir / "red.onnx", 120, 32});
    const Detection verdict = bounded.detect(plain(160, 255, 0, 0));
    BOOST_REQUIRE_EQUAL(verdict.boxes.size(), 1u);    // (0, 0) to (24, 24) of 32x32, in the picture's own pixels
    for (const double zero :
         {verdict.boxes[0].x, verdict.boxes[0].y, verdict.boxes[0].width - 120, verdict.boxes[0].height - 120})
        BOOST_CHECK_SMALL(zero, 1e-3);
    BOOST_CHECK_EQUAL(least.detect(plain(160, 255, 0, 0)).boxes.size(), 1u);
    BOOST_CHECK(Detector({"yunet", dir / "red.onnx", 130, 32}).detect(plain(160, 255, 0, 0)).boxes.empty());
    // The bound is part of what determines a verdict where it does, and only there.
    BOOST_CHECK(verdict.parameters.ends_with(" max-side=32"));
    BOOST_CHECK_EQUAL(bounded.parameters(160, 20), verdict.parameters);
    BOOST_CHECK_EQUAL(bounded.parameters(20, 160), verdict.parameters);
    BOOST_CHECK_EQUAL(bounded.parameters(32, 32), Detector({"yunet", dir / "red.onnx", 0, 0}).parameters(32, 32));
    BOOST_CHECK_EQUAL(bounded.detect(plain(32, 255, 0, 0)).parameters, bounded.parameters(32, 32));
    BOOST_CHECK(bounded.parameters(33, 20) != Detector({"yunet", dir / "red.onnx", 0, 31}).parameters(33, 20));
}

BOOST_AUTO_TEST_CASE(a_network_is_refused_in_one_line)
{
    const Folder dir;
    BOOST_CHECK_EQUAL(reason_of({"yunet", "", 0}), "--model: detector yunet needs the ONNX file of its network");
    BOOST_CHECK_EQUAL(reason_of({"face", "x.onnx", 0}), "--model: goes with detector yunet");
    BOOST_CHECK_EQUAL(reason_of({"yunet", dir / "none.onnx", 0}), dir / "none.onnx: no such file or directory");
    BOOST_CHECK_EQUAL(reason_of({"yunet", dir.path, 0}), dir.path + ": not a regular file");
    const std::string refusal = ": not a YuNet network";
    write_text(dir / "text.onnx", "not a network at all\n");
    write_text(dir / "empty.onnx", "");
    const std::string network = red_network();
    write_text(dir / "half.onnx", network.substr(0, network.size() / 2));
    write_text(dir / "few.onnx", red_network(57));    // outputs by the right names, of another size
    std::string renamed = network;
    for (std::size_t at = 0; (at = renamed.find("conf", at)) != std::string::npos;)
        renamed.replace(at, 4, "cond");
    write_text(dir / "names.onnx", renamed);
    for (const char* const name : {"text.onnx", "empty.onnx", "half.onnx", "few.onnx", "names.onnx"})
        BOOST_CHECK_MESSAGE(reason_of({"yunet", dir / name, 0}).starts_with(dir / (name + refusal)),
                            reason_of({"yunet", dir / name, 0}));
}

BOOST_AUTO_TEST_CASE(a_network_sees_colours_and_its_boxes_are_pixels)
{
    const Folder dir;
    write_text(dir / "red.onnx", red_network());
    Detector detector({"yunet", dir / "red.onnx", 0});
    BOOST_CHECK(detector.sees_colour());
    BOOST_CHECK(detector.parameters(1, 1).find(sha256_file(dir / "red.onnx").substr(0, 16)) != std::string::npos);
    const Detection red = detector.detect(plain(32, 255, 0, 0));
    BOOST_REQUIRE_EQUAL(red.boxes.size(), 1u);
    const Box& box = red.boxes.front();
    for (const double zero : {box.x, box.y, box.width - 24, box.height - 24, box.score - 1})
        BOOST_CHECK_SMALL(zero, 1e-3);    // single precision
    BOOST_CHECK(detector.detect(plain(32, 0, 255, 255)).boxes.empty());
    // Confidence: the root of class score times overlap; the floor is 0.3.
    const Detection dim = detector.detect(plain(32, 51, 0, 0));
    BOOST_REQUIRE_EQUAL(dim.boxes.size(), 1u);
    BOOST_CHECK_CLOSE(dim.boxes.front().score, std::sqrt(0.2), 0.1);
    BOOST_CHECK(detector.detect(plain(32, 20, 0, 0)).boxes.empty());
    BOOST_CHECK_EQUAL(detector.detect_encoded(encode_png(plain(32, 255, 0, 0)), "x").boxes.size(), 1u);
    BOOST_CHECK(Detector({"yunet", dir / "red.onnx", 25}).detect(plain(32, 255, 0, 0)).boxes.empty());
}

BOOST_AUTO_TEST_SUITE_END()
