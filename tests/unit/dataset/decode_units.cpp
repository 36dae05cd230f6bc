#include "dataset/decode_units.h"
#include "base/log.h"
#include "base/random.h"
#include "io/digest.h"
#include "io/output.h"
#include "media/perceptual_hash.h"

#include "../files.h"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

using namespace nonna;
namespace fs = std::filesystem;

namespace
{

struct Folder : test::Folder {
    std::string file(const std::string& name, std::string_view content) const
    {
        std::ofstream(path + "/" + name, std::ios::binary) << content;
        return path + "/" + name;
    }
    std::string file(const std::string& name, const Bytes& content) const
    {
        return file(name, {reinterpret_cast<const char*>(content.data()), content.size()});
    }
};

std::string data(const std::string& name)
{
    const char* const own = std::getenv("NONNA_TEST_DATA");
    const std::string path = std::string(own ? own : NONNA_SOURCE_DIR "/../shared/data") + "/" + name;
    if (fs::exists(path))
        return path;
    BOOST_TEST_MESSAGE("skipped: no " + path);
    return "";
}

std::vector<Unit> units(std::vector<UnitJob> jobs, UnitOptions options)
{
    options.made_by = "test";
    std::vector<Unit> result;
    std::size_t next = 0;
    decode_units(
        options,
        [&](UnitJob& job) {
            if (next == jobs.size())
                return false;
            job = jobs[next++];
            return true;
        },
        [&](Unit& unit) { result.push_back(std::move(unit)); });
    BOOST_CHECK_EQUAL(result.size(), jobs.size());
    return result;
}

std::string code_of(const std::string& path, const UnitOptions& options = {})
{
    return units({{path, "", "", {}}}, options).at(0).code;
}

// Grey frames of rising brightness, ten a second.
std::string y4m(int count, int width, int height)
{
    std::string text = "YUV4MPEG2 W" + std::to_string(width) + " H" + std::to_string(height) + " F10:1 Ip A1:1 C444\n";
    for (int i = 0; i < count; ++i) {
        text += "FRAME\n" + std::string(std::size_t(width) * height, char(16 + 2 * i));
        text += std::string(std::size_t(width) * height * 2, char(128));
    }
    return text;
}

std::string first_file(const std::string& folder)
{
    std::string first;
    for (const auto& entry : fs::directory_iterator(folder))
        if (first.empty() || entry.path().string() < first)
            first = entry.path().string();
    return first;
}

Picture ramp(int width, int height)
{
    Picture picture = blank_picture(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            picture.at(x, y)[(x / 8 + y / 8) % 3] = std::uint8_t(4 * x + y);
    return picture;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(unit)

BOOST_AUTO_TEST_CASE(videos_and_pictures)
{
    const Folder folder;
    const std::string video = y4m(20, 16, 8);
    const Bytes jpeg = encode_jpeg(ramp(40, 30)), png = encode_png(ramp(20, 30));
    UnitOptions options;
    options.pictures = true;
    options.hashes = true;
    options.request.count = 3;
    options.request.size = 20;
    const std::vector<UnitJob> jobs = {{folder.file("v", video), "a source", "", {}},
                                       {folder.file("j", jpeg), "", "", {}},
                                       {folder.file("p", png), "", std::string(64, 'a'), {}},
                                       {folder.path + "/w", "", "", Refusal("w", Reason::not_regular)}};
    const std::vector<Unit> got = units(jobs, options);
    for (std::size_t i = 0; i < 3; ++i) {
        const Unit& unit = got[i];
        BOOST_REQUIRE_MESSAGE(unit.ok(), unit.reason);
        BOOST_CHECK_EQUAL(unit.path, jobs[i].path);
        BOOST_CHECK_EQUAL(unit.source, i == 0 ? "a source" : jobs[i].path);
        BOOST_REQUIRE_EQUAL(unit.samples.size(), i == 0 ? 3u : 1u);
        BOOST_REQUIRE_EQUAL(unit.hashes.size(), unit.samples.size());
        for (std::size_t k = 0; k < unit.samples.size(); ++k) {
            const Sample& sample = unit.samples[k];
            BOOST_CHECK_EQUAL(sample.key, sample_key(unit.digest, k));
            BOOST_CHECK_EQUAL(sample.meta.source, unit.source);
            BOOST_CHECK_EQUAL(sample.meta.sha256, unit.digest);
            BOOST_CHECK_EQUAL(sample.meta.other, "{\"made_by\":\"test\"}");
            BOOST_CHECK_EQUAL(sample.meta.pts.has_value(), i == 0);
            const Picture picture = decode_picture(sample.picture, "sample");
            BOOST_CHECK(picture.width == 20 && picture.height == 20);
            BOOST_CHECK(sample.meta.width == 20 && sample.meta.height == 20);
        }
    }
    BOOST_CHECK_EQUAL(got[0].digest, sha256(std::as_bytes(std::span(video))));
    BOOST_CHECK_EQUAL(got[1].digest, sha256(jpeg));
    BOOST_CHECK_EQUAL(got[2].digest, std::string(64, 'a'));
    BOOST_CHECK_EQUAL(got[1].hashes[0], perceptual_hash(decode_picture(got[1].samples[0].picture, "j")));
    BOOST_CHECK_EQUAL(got[3].code, "not_regular");

    options.request.size = 0;    // the bytes as they are
    BOOST_CHECK(units({jobs[1]}, options).at(0).samples.at(0).picture == jpeg);
    options.hashes = options.pictures = false;
    BOOST_CHECK_EQUAL(code_of(jobs[1].path, options), "still_picture");
    BOOST_CHECK(units({jobs[0]}, options).at(0).hashes.empty());
    options.pictures = true;
    options.videos = false;
    BOOST_CHECK_EQUAL(code_of(jobs[0].path, options), "unknown_format");
    BOOST_CHECK_EQUAL(code_of(jobs[2].path, options), "");
}

BOOST_AUTO_TEST_CASE(every_kind_of_file_has_its_code)
{
    const Folder folder;
    BOOST_REQUIRE(::mkfifo((folder.path + "/pipe").c_str(), 0600) == 0);
    const Bytes jpeg = encode_jpeg(ramp(64, 64));
    const std::string half(reinterpret_cast<const char*>(jpeg.data()), jpeg.size() / 2);
    std::string hurt;
    for (const std::byte b : encode_png(ramp(64, 64)))
        hurt += char(b);
    hurt[60] ^= 1;
    const std::string box_of_media("\0\0\1\0mdat", 8);
    UnitOptions both;
    both.pictures = true;
    both.max_pixels = 4096;
    const std::map<std::string, std::string> expected = {
        {folder.path + "/gone", "unreadable"},
        {folder.path + "/pipe", "not_regular"},
        {folder.path, "not_regular"},
        {"/dev/zero", "not_regular"},
        {folder.file("tab\tname", y4m(1, 8, 8)), "bad_name"},
        {folder.file("empty", ""), "empty"},
        {folder.file("words", "some words, again and again\n"), "unknown_format"},
        {folder.file("list", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n/etc/passwd\n"), "playlist"},
        {folder.file("half.jpg", half), "truncated"},
        {folder.file("hurt.png", hurt), "damaged"},
        {folder.file("mdat", box_of_media + std::string(40, 'x')), "truncated"},
        {folder.file("large.y4m", y4m(1, 65, 64)), "too_large"},
        {folder.file("large.png", encode_png(ramp(64, 65))), "too_large"},
        {folder.file("bitmap", "BM" + std::string(12, '\0') + "\x28" + std::string(50, '\0')), "unsupported_format"},
        {folder.file("fine.y4m", y4m(1, 64, 64)), ""},
        {folder.file("fine.png", encode_png(ramp(64, 64))), ""},
    };
    for (const auto& [path, code] : expected)
        BOOST_CHECK_MESSAGE(code_of(path, both) == code, path + ": " + code_of(path, both) + ", not " + code);
    UnitOptions late;
    late.request.span_begin = 0.95;
    BOOST_CHECK_EQUAL(code_of(folder.file("two.y4m", y4m(2, 8, 8)), late), "no_frame_in_span");
}

BOOST_AUTO_TEST_CASE(limits_have_their_codes)
{
    const Folder folder;
    const std::string path = folder.file("v.y4m", y4m(100, 400, 300));    // 36 MB
    UnitOptions options;
    options.limits.wall = 0.001;
    BOOST_CHECK_EQUAL(units({{path, "", "", {}}}, options).at(0).reason, "took longer than 0.001 s");
    BOOST_CHECK_EQUAL(code_of(path, options), "timeout");
    options.limits = {};
    options.limits.cpu = 0.001;
    options.request.count = 100;
    BOOST_CHECK_EQUAL(units({{path, "", "", {}}}, options).at(0).reason, "took more than 0.001 s of processor time");
    BOOST_CHECK_EQUAL(code_of(path, options), "timeout");
    options.limits = {};
    if (!children_limit_memory)
        return;
    options.limits.memory = 2 << 20;
    BOOST_CHECK_EQUAL(units({{path, "", "", {}}}, options).at(0).reason, "needs more than 2 MiB of memory");
    BOOST_CHECK_EQUAL(code_of(path, options), "out_of_memory");
    UnitOptions pictures;
    pictures.pictures = true;
    pictures.limits.memory = 8 << 20;
    BOOST_CHECK_EQUAL(code_of(folder.file("p.png", encode_png(blank_picture(3000, 3000))), pictures), "out_of_memory");
}

// Whatever the memory, a unit gives the frames it gives with plenty of it, or out_of_memory: never another frame, never
// another reason.
BOOST_AUTO_TEST_CASE(memory_decides_nothing_but_out_of_memory)
{
    if (!children_limit_memory)
        return;
    for (const char* const name :
         {"videos/street_nofi008.mp4", "videos/intel_learn.mkv", "videos/gif_84.gif", "videos/mmaction_test.avi",
          "odd_videos/ExoPlayer_bear-vp9.webm", "odd_videos/mp4parse-rust_tiny_av1.mp4"}) {
        const std::string path = data(name);
        if (path.empty())
            continue;
        const std::vector<Unit> whole = units({{path, "", "", {}}}, {});
        BOOST_REQUIRE(whole.at(0).ok());
        std::map<std::string, int> ends;
        for (std::uint64_t memory = 64 << 10; memory < std::uint64_t(200) << 20; memory += memory / 4) {
            UnitOptions options;
            options.limits.memory = memory;
            const std::vector<Unit> got = units({{path, "", "", {}}}, options);
            ++ends[got.at(0).code];
            BOOST_CHECK_MESSAGE(got[0].ok() || got[0].code == "out_of_memory", name << " with " << (memory >> 10)
                                                                                    << " KiB: " << got[0].code << " ("
                                                                                    << got[0].reason << ")");
            if (got[0].ok())
                BOOST_CHECK_MESSAGE(got[0].samples[0].picture == whole[0].samples[0].picture,
                                    name << " with " << memory);
        }
        BOOST_CHECK_MESSAGE(ends[""] > 0 && ends["out_of_memory"] > 0,
                            name << " " << ends[""] << " " << ends["out_of_memory"]);
    }
}

// Real files, cut and flipped at seeded places: every one ends in samples or in a code, the same for any number of
// processes, and a picture is a whole one.
BOOST_AUTO_TEST_CASE(damaged_files_end_in_a_frame_or_a_code)
{
    const Folder folder;
    std::vector<UnitJob> jobs;
    std::uint64_t index = 0;
    for (const char* const name :
         {"videos/gif_20.gif", "videos/intel_again.mkv", "videos/mmaction_test.avi", "videos/street_nofi008.mp4",
          "odd_videos/ExoPlayer_sample_h264_mpeg_audio.ts", "odd_videos/ExoPlayer_bear-vp9.webm",
          "odd_videos/mp4parse-rust_tiny_av1.mp4", "odd_videos/mp4parse-rust_hevc_white_frame.mp4",
          "odd_videos/ExoPlayer_sample_h263.ts", "odd_videos/fate-suite_vp80-00-comprehensive-004.mp4",
          "odd_videos/fate-suite_dnxhd100_cid1260.mp4", "odd_videos/fate-suite_g2m2.mp4",
          "odd_videos/ExoPlayer_sample_fragmented.mp4", "odd_videos/fate-suite_matrixbench_mpeg2.lq1.mp4", "photos",
          "cats"}) {
        std::string path = data(name);
        if (path.empty())
            continue;
        if (fs::is_directory(path))
            path = first_file(path);
        const std::string whole = read_whole_file(path, 1 << 28);
        for (int i = 0; i < 13; ++i) {
            Random random(4, Purpose::tests, index++);
            std::string hurt = whole;
            if (i < 4)
                hurt.resize(1 + random.below(i < 2 ? std::min<std::size_t>(4096, whole.size()) : whole.size()));
            // Headers at the start (or the end) are where a flip does most.
            for (int flips = i < 4 ? 0 : 1 << (i - 4); flips > 0; --flips) {
                const std::size_t span = flips % 2 ? std::min<std::size_t>(hurt.size(), 2048) : hurt.size();
                const std::size_t place = random.below(span);
                hurt[i % 4 == 3 ? hurt.size() - 1 - place : place] ^= char(1 << random.below(8));
            }
            jobs.push_back({folder.file(std::to_string(jobs.size()), hurt), "", "", {}});
        }
    }
    UnitOptions options;
    options.pictures = true;
    options.request.size = 32;
    options.limits.cpu = 20;
    options.limits.wall = 100;
    std::map<std::string, int> codes;
    options.processes = 4;
    const std::vector<Unit> got = units(jobs, options);
    for (const Unit& unit : got) {
        ++codes[unit.code];
        BOOST_CHECK_MESSAGE(unit.ok() || is_reason_code(unit.code), unit.path);
        BOOST_CHECK_MESSAGE(unit.code != "crashed" && unit.code != "timeout" && unit.code != "unreadable",
                            unit.path + ": " + unit.code + ", " + unit.reason);
        for (const Sample& sample : unit.samples)
            BOOST_CHECK_NO_THROW(decode_picture(sample.picture, unit.path));
    }
    for (const auto& [code, count] : codes)
        BOOST_TEST_MESSAGE(code << " " << count);
    if (jobs.empty())
        return;
    BOOST_CHECK(codes[""] > 20 && codes["truncated"] > 5 && codes["damaged"] > 3);
    options.processes = 1;
    const std::vector<UnitJob> some(jobs.begin(), jobs.begin() + std::ptrdiff_t(jobs.size() / 4));
    const std::vector<Unit> again = units(some, options);
    for (std::size_t i = 0; i < again.size(); ++i) {
        BOOST_CHECK_EQUAL(again[i].code, got[i].code);
        if (again[i].ok() && got[i].ok())
            BOOST_CHECK(again[i].samples[0].picture == got[i].samples[0].picture);
    }
}

BOOST_AUTO_TEST_SUITE_END()
