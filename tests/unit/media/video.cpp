#include "media/video.h"
#include "base/error.h"
#include "io/output.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace nonna;
namespace fs = std::filesystem;

namespace
{

// Sample videos: of the test data, or of Debian's package opencv-doc. Empty where absent; the caller says so.
std::string sample(const std::string& name)
{
    const char* const own = std::getenv("NONNA_TEST_DATA");
    for (const std::string& folder : {std::string(own ? own : NONNA_SOURCE_DIR "/../shared/data") + "/videos/",
                                      std::string(own ? own : NONNA_SOURCE_DIR "/../shared/data") + "/odd_videos/",
                                      std::string("/usr/share/doc/opencv-doc/examples/data/")})
        if (fs::exists(folder + name))
            return folder + name;
    BOOST_TEST_MESSAGE("skipped: no sample video " + name);
    return "";
}

std::vector<VideoFrame> frames(const std::string& path, const FrameRequest& request)
{
    return decode_frames(path, video_digest(path), request);
}

std::string reason_of(const std::string& path)
{
    try {
        frames(path, {});
    } catch (const Error& e) {
        return e.reason();
    }
    return "";
}

struct Scratch {
    std::string path;
    explicit Scratch(const std::string& content)
    {
        char name[] = "/tmp/nonna-video-XXXXXX";
        const int fd = ::mkstemp(name);
        BOOST_REQUIRE(fd >= 0);
        ::close(fd);
        path = name;
        std::ofstream(path, std::ios::binary) << content;
    }
    ~Scratch() { fs::remove(path); }
};

// Uncompressed AVI would need a writer; this is YUV4MPEG2, which libavformat reads: grey frames of rising brightness.
std::string y4m(int count, int width, int height, int (*level)(int))
{
    std::string text = "YUV4MPEG2 W" + std::to_string(width) + " H" + std::to_string(height) + " F10:1 Ip A1:1 C444\n";
    for (int i = 0; i < count; ++i) {
        text += "FRAME\n";
        text += std::string(std::size_t(width) * height, char(level(i)));
        text += std::string(std::size_t(width) * height * 2, char(128));
    }
    return text;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(video)

BOOST_AUTO_TEST_CASE(the_frame_at_a_time_is_the_frame_shown)
{
    // Frame i has luma 16 + 2 i, so limited range shows 2 i * 255 / 219; ten frames a second.
    const Scratch file(y4m(100, 32, 20, [](int i) { return 16 + 2 * i; }));
    for (const FrameRequest::Pick pick :
         {FrameRequest::Pick::random, FrameRequest::Pick::middle, FrameRequest::Pick::first})
        for (const double begin : {0.0, 0.5}) {
            FrameRequest request;
            request.pick = pick;
            request.count = 7;
            request.span_begin = begin;
            request.span_end = begin + 0.3;
            request.size = 0;
            const std::vector<VideoFrame> got = frames(file.path, request);
            BOOST_REQUIRE_EQUAL(got.size(), 7u);
            for (std::size_t i = 0; i < got.size(); ++i) {
                BOOST_CHECK(got[i].pts >= begin * 10 - 1e-9 && got[i].pts < (begin + 0.3) * 10);
                BOOST_CHECK(i == 0 || got[i].pts > got[i - 1].pts);
                const double luma = 2 * std::lround(got[i].pts * 10) * 255.0 / 219;
                BOOST_CHECK_SMALL(got[i].picture.rgb[0] - luma, 1.01);    // rounding in libswscale
                BOOST_CHECK(got[i].picture.width == 32 && got[i].picture.height == 20);
            }
            if (pick == FrameRequest::Pick::first)
                BOOST_CHECK_CLOSE(got[6].pts - got[0].pts, 0.6, 1e-6);
        }
}

BOOST_AUTO_TEST_CASE(the_pick_depends_on_seed_and_content_alone)
{
    const std::string content = y4m(100, 8, 8, [](int i) { return 16 + 2 * i; });
    const Scratch one(content), two(content), other(y4m(100, 8, 8, [](int i) { return 17 + 2 * i; }));
    FrameRequest request;
    request.count = 3;
    const auto times = [&](const std::string& path) {
        std::vector<double> t;
        for (const VideoFrame& f : frames(path, request))
            t.push_back(f.pts);
        return t;
    };
    const std::vector<double> first = times(one.path);
    BOOST_CHECK(first == times(two.path));
    BOOST_CHECK(first != times(other.path));
    request.seed = 1;
    BOOST_CHECK(first != times(one.path));
}

BOOST_AUTO_TEST_CASE(all_frames_when_more_are_wanted)
{
    const Scratch file(y4m(5, 8, 8, [](int i) { return 16 + 40 * i; }));
    FrameRequest request;
    request.count = 50;
    BOOST_CHECK_EQUAL(frames(file.path, request).size(), 5u);
    request.span_begin = 0.41;
    request.span_end = 0.42;
    BOOST_CHECK_THROW(frames(file.path, request), Error);
}

BOOST_AUTO_TEST_CASE(wide_frames_are_cropped_in_the_middle)
{
    const Scratch file(y4m(2, 64, 16, [](int) { return 100; }));
    FrameRequest request;
    request.size = 24;
    const Picture p = frames(file.path, request).front().picture;
    BOOST_CHECK(p.width == 24 && p.height == 24);
}

BOOST_AUTO_TEST_CASE(what_is_no_video_is_named)
{
    BOOST_CHECK_EQUAL(reason_of(Scratch("").path + "-gone"), "no such file or directory");
    const Scratch empty(""), text("just a few words, many times over\n");
    BOOST_CHECK_EQUAL(reason_of(empty.path), "empty file");
    BOOST_CHECK_EQUAL(reason_of(text.path), "not a known video container");
    BOOST_CHECK_EQUAL(reason_of("/tmp"), "not a regular file");
    BOOST_CHECK_EQUAL(reason_of("/dev/zero"), "not a regular file");
    const Bytes png = encode_png(blank_picture(9, 9));
    const Scratch still(std::string(reinterpret_cast<const char*>(png.data()), png.size()));
    BOOST_CHECK_EQUAL(reason_of(still.path), "a still picture, not a video");
    const Scratch list("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n/etc/passwd\n");
    BOOST_CHECK_EQUAL(reason_of(list.path), "a playlist, not a video");
}

// Sought frames are the same, to the bit, as those of one pass from the start: `first` of a span that holds the frame
// alone must agree with all frames in a row.
BOOST_AUTO_TEST_CASE(seeking_and_counting_agree)
{
    for (const char* const name : {"street_nofi008.mp4", "intel_learn.mkv", "mmaction_test.avi", "tree.avi",
                                   "gif_84.gif", "ExoPlayer_sample_h264_mpeg_audio.ts"}) {
        const std::string path = sample(name);
        if (path.empty())
            continue;
        FrameRequest all;
        all.pick = FrameRequest::Pick::first;
        all.count = 60;
        all.size = 32;
        const std::vector<VideoFrame> row = frames(path, all);
        FrameRequest some = all;
        some.pick = FrameRequest::Pick::random;
        some.count = 6;
        for (const VideoFrame& frame : frames(path, some)) {
            const auto twin =
                std::find_if(row.begin(), row.end(), [&](const VideoFrame& f) { return f.pts == frame.pts; });
            if (twin != row.end())
                BOOST_CHECK_MESSAGE(twin->picture == frame.picture, name << " at " << frame.pts);
            else
                BOOST_CHECK_MESSAGE(frame.pts > row.back().pts, name << " at " << frame.pts);
        }
    }
}

BOOST_AUTO_TEST_CASE(rotation_and_encryption)
{
    if (const std::string path = sample("mp4parse-rust_video_rotation_90.mp4"); !path.empty()) {
        FrameRequest request;
        request.size = 0;
        const Picture p = frames(path, request).front().picture;
        BOOST_CHECK_GT(p.height, p.width);
    }
    if (const std::string path = sample("ExoPlayer_subsample_encrypted_noaltref.webm"); !path.empty())
        BOOST_CHECK_EQUAL(reason_of(path), "encrypted");
}

// However a file is cut, the end is a frame or one of the listed reasons.
BOOST_AUTO_TEST_CASE(truncated_files_end_in_a_frame_or_a_reason)
{
    for (const char* const name : {"tree.avi", "gif_20.gif", "ExoPlayer_sample.mp4", "intel_again.mkv"}) {
        const std::string path = sample(name);
        if (path.empty())
            continue;
        const std::string whole = read_whole_file(path, 1 << 28);
        for (const double part : {0.001, 0.01, 0.1, 0.5, 0.9, 0.99}) {
            const Scratch cut(whole.substr(0, std::size_t(double(whole.size()) * part)));
            const std::string reason = reason_of(cut.path);
            BOOST_CHECK_MESSAGE(reason.empty() || reason == "truncated", name << " " << part << ": " << reason);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
