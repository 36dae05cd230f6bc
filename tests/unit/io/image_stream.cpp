#include "io/image_stream.h"
#include "archives.h"
#include "base/random.h"
#include "io/digest.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <span>
#include <sys/stat.h>
#include <thread>

using namespace nonna;
using namespace nonna::test;

namespace
{

struct Refusals {
    Folder folder;
    std::string path = folder / "set.tar";

    std::string operator()(const std::string& bytes) const
    {
        write_bytes(path, bytes);
        const std::string text = refusal([&] { read_set(path); });
        BOOST_REQUIRE_MESSAGE(text.starts_with(path + ": "), "accepted, or another archive named: " + text);
        return text.substr(path.size() + 2);
    }
    std::string json(const std::string& text) const { return (*this)(tar_of(pair(text))); }
    bool accepts(const std::string& bytes) const
    {
        write_bytes(path, bytes);
        return refusal([&] { read_set(path); }).empty();
    }
};

}    // namespace

BOOST_AUTO_TEST_SUITE(image_stream)

BOOST_AUTO_TEST_CASE(golden_bytes_and_back)
{
    const Folder folder;
    write_set(folder / "set.tar", golden_samples());
    BOOST_TEST(read_bytes(folder / "set.tar") == read_bytes(golden("images.tar")));

    const auto samples = read_set(golden("images.tar"));
    BOOST_REQUIRE(samples.size() == 2u);
    const Sample& frame = samples[0];
    BOOST_TEST(frame.key == key);
    BOOST_TEST(frame.extension == "png");
    BOOST_TEST((frame.picture == to_bytes(png)));
    BOOST_TEST(frame.meta.source == "clips/street “5”.mp4");
    BOOST_TEST(*frame.meta.pts == 1.0 / 3);
    BOOST_TEST(!frame.meta.label);
    BOOST_REQUIRE(frame.meta.detections.size() == 2u);
    BOOST_TEST(frame.meta.detections[0].parameters == "haar frontal 1.1 3");
    BOOST_TEST(frame.meta.detections[0].boxes[0].height == 40.25);
    BOOST_TEST(frame.meta.detections[0].boxes[0].score == 0.1);
    BOOST_TEST(frame.meta.detections[1].boxes.empty());
    BOOST_TEST(frame.meta.other == R"({"note":{"by":[1,2.5,null]}})");
    BOOST_TEST(samples[1].key == key + "-000001");
    BOOST_TEST(!samples[1].meta.pts);
    BOOST_TEST(*samples[1].meta.label == "cat");
    write_set(folder / "again.tar", samples);
    BOOST_TEST(read_bytes(folder / "again.tar") == read_bytes(golden("images.tar")));
}

BOOST_AUTO_TEST_CASE(decoding_is_read_as_written)
{
    const Folder folder;
    std::vector<Sample> samples = golden_samples();
    const Decoding how = {"yuv420p10le", "bt2020", true, "limited", "left", "smpte2084", "top", 16, 15, 6,
                          138,           2,        360,  384};
    samples[0].meta.decoding = how;
    write_set(folder / "set.tar", samples);
    const auto again = read_set(folder / "set.tar");
    BOOST_REQUIRE(again[0].meta.decoding);
    BOOST_TEST((*again[0].meta.decoding == how));
    BOOST_TEST(!again[1].meta.decoding);
    samples[0].meta.decoding.reset();
    samples[0].meta.other = R"({"decoding":{}})";
    BOOST_TEST(refusal([&] { write_set(folder / "twice.tar", samples); }).ends_with("field 'decoding' is given twice"));
}

BOOST_AUTO_TEST_CASE(columns_are_read_as_written)
{
    const Folder folder;
    std::vector<Sample> samples = golden_samples();
    samples[0].meta.columns = {{"subject", "s1"}, {"age", ""}};
    write_set(folder / "set.tar", samples);
    BOOST_TEST(read_bytes(folder / "set.tar").find(R"("columns":{"age":"","subject":"s1"})") != std::string::npos);
    const auto again = read_set(folder / "set.tar");
    BOOST_TEST((again[0].meta.columns == samples[0].meta.columns));
    BOOST_TEST(again[0].meta.other == samples[0].meta.other);
    BOOST_TEST(again[1].meta.columns.empty());

    const auto writing = [&](const std::string& name, const std::string& cell) {
        samples[0].meta.columns = {{name, cell}};
        const std::string text = refusal([&] { write_set(folder / "no.tar", samples); });
        return text.substr(text.find("field"));
    };
    const std::string not_tabular = "a tab, line break or NUL, which tables cannot";
    BOOST_TEST(writing("age", "1\t2") == "field 'columns.age' holds " + not_tabular);
    BOOST_TEST(writing("a\nge", "1") == "field 'columns.a\nge' has a name with " + not_tabular + " hold");
    BOOST_TEST(writing("", "1") == "field 'columns.' has no name");
    BOOST_TEST(writing("source", "1") ==
               "field 'columns.source' has the name of a column that tables of responses have themselves");
    BOOST_TEST(writing("caf\xe9", "1").ends_with("has a name that is not UTF-8"));

    const auto reading = [&](const std::string& columns) {
        std::string json = minimal_json;
        write_bytes(folder / "hand.tar", tar_of(pair(json.insert(1, R"("columns":)" + columns + ","))));
        const std::string text = refusal([&] { read_set(folder / "hand.tar"); });
        return text.substr(std::min(text.size(), text.find("field")));
    };
    BOOST_TEST(reading(R"({"age":"31"})") == "");
    BOOST_TEST(reading("[]") == "field 'columns' is not an object");
    BOOST_TEST(reading(R"({"age":31})") == "field 'columns.age' is not a string");
    BOOST_TEST(reading(R"({"key":"31"})").starts_with("field 'columns.key' has the name"));
    BOOST_TEST(reading(R"({"age":"3\t1"})") == "field 'columns.age' holds " + not_tabular);
}

BOOST_AUTO_TEST_CASE(how_far_a_stream_is_read)
{
    const Folder folder;
    std::vector<Sample> samples = golden_samples();
    for (Sample& sample : samples)
        sample.picture.resize(1'000'000, std::byte(1));    // more than is read ahead
    write_set(folder / "set.tar", samples);
    const std::uint64_t size = read_bytes(folder / "set.tar").size();
    ImageReader reader(folder / "set.tar");
    BOOST_TEST(reader.so_far().bytes == 0u);
    BOOST_TEST(reader.so_far().whole == size);
    BOOST_REQUIRE(reader.next());
    BOOST_TEST(reader.so_far().bytes >= 1'000'000u);
    BOOST_TEST(reader.so_far().bytes < 2'000'000u);
    BOOST_REQUIRE(reader.next());
    BOOST_REQUIRE(!reader.next());
    BOOST_TEST(reader.so_far().bytes == size);
}

// What reading would refuse is not written either.
BOOST_AUTO_TEST_CASE(texts_that_no_table_could_hold)
{
    const Folder folder;
    std::vector<Sample> samples = golden_samples();
    samples[1].meta.source = "a\nb.jpg";
    BOOST_TEST(refusal([&] {
                   write_set(folder / "set.tar", samples);
               }).ends_with("field 'source' holds a tab, line break or NUL, which tables cannot"));
    samples[1].meta.source = "b.jpg";
    samples[1].meta.label = "a\tb";
    BOOST_TEST(refusal([&] {
                   write_set(folder / "set.tar", samples);
               }).ends_with("field 'label' holds a tab, line break or NUL, which tables cannot"));
}

BOOST_AUTO_TEST_CASE(digest_covers_key_picture_and_json)
{
    const Folder folder;
    write_bytes(folder / "a.tar", tar_of(pair()));
    ImageReader reader(folder / "a.tar");
    BOOST_TEST(reader.digest() == sha256({}));
    BOOST_TEST(reader.next().has_value());
    BOOST_TEST(reader.digest() == sha256(to_bytes(key + png + minimal_json)));
    BOOST_TEST(!reader.next());
    BOOST_TEST(!reader.next());
    BOOST_TEST(reader.digest() == sha256(to_bytes(key + png + minimal_json)));
    BOOST_TEST(reader.name() == folder / "a.tar");
}

BOOST_AUTO_TEST_CASE(many_samples_in_both_orders_and_with_folder_dot)
{
    const Folder folder;
    std::vector<Member> members = {{"./", "", '5'}};
    for (unsigned i = 0; i < 300; ++i) {
        char k[24];
        std::snprintf(k, sizeof k, "%016x", i);
        Member picture{std::string("./") + k + ".jpg", std::string(1 + i * 37, 'p')};
        Member json{std::string("./") + k + ".json", minimal_json};
        members.push_back(i % 2 ? picture : json);
        members.push_back(i % 2 ? json : picture);
    }
    write_bytes(folder / "set.tar", tar_of(members, 20));
    const auto samples = read_set(folder / "set.tar");
    BOOST_REQUIRE(samples.size() == 300u);
    for (unsigned i = 0; i < 300; ++i)
        BOOST_TEST(samples[i].picture.size() == 1 + i * 37);
}

BOOST_AUTO_TEST_CASE(empty_sets)
{
    const Refusals refuses;
    write_set(refuses.folder / "none.tar", {});
    BOOST_TEST(read_set(refuses.folder / "none.tar").empty());
    BOOST_TEST(refuses.accepts(std::string(1024, '\0')));
    BOOST_TEST(refuses("") == "empty file, not an image set");
    BOOST_TEST(refuses(std::string(512, '\0')) == "truncated");
}

BOOST_AUTO_TEST_CASE(every_cut_is_an_error)
{
    const Refusals refuses;
    const std::string whole = tar_of(pair() + pair(minimal_json, "00000000000000ff"));
    BOOST_TEST(refuses.accepts(whole));
    for (std::size_t size = 1; size < whole.size(); ++size) {
        write_bytes(refuses.path, whole.substr(0, size));
        BOOST_TEST(refusal([&] { read_set(refuses.path); }) != "", "accepted when cut to " << size);
    }
    BOOST_TEST(refuses(whole.substr(0, whole.size() - 1024)) == "truncated");    // between two members, no end marker
    BOOST_TEST(refuses(whole.substr(0, whole.size() - 512)) == "truncated");
    BOOST_TEST(refuses(whole.substr(0, 512 + 10)) == key + ".png: truncated");
    BOOST_TEST(refuses(whole + whole) == "data after the end of the archive");
    BOOST_TEST(refuses(whole + "x") == "data after the end of the archive");
    const std::string filled(300'000, '\0');
    BOOST_TEST(refuses.accepts(whole + filled));
    BOOST_TEST(refuses(whole + filled + "x") == "data after the end of the archive");
}

// A picture that ends in zeros must not pass for the end marker.
BOOST_AUTO_TEST_CASE(zeros_in_a_member_are_no_end_marker)
{
    const Refusals refuses;
    std::vector<Member> members = {{key + ".json", minimal_json}, {key + ".png", "p" + std::string(4096, '\0')}};
    const std::string whole = tar_of(members);
    BOOST_TEST(refuses.accepts(whole));
    BOOST_TEST(refuses(whole.substr(0, whole.size() - 1024)) == "truncated");
}

BOOST_AUTO_TEST_CASE(through_a_pipe)
{
    const Folder folder;
    const std::string fifo = folder / "fifo", whole = read_bytes(golden("images.tar"));
    BOOST_REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    std::vector<Sample> samples;
    {
        std::jthread writer([&] { write_set(fifo, golden_samples()); });
        samples = read_set(fifo);
    }
    BOOST_TEST(samples.size() == 2u);
    std::jthread cut([&] { write_bytes(fifo, whole.substr(0, 4096)); });
    BOOST_TEST(refusal([&] { read_set(fifo); }) == fifo + ": truncated");
}

// What an abandoned writer sent into a pipe must not look complete at the other end.
BOOST_AUTO_TEST_CASE(an_abandoned_set_in_a_pipe_is_truncated)
{
    const Folder folder;
    const std::string fifo = folder / "fifo";
    BOOST_REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    std::jthread abandoned([&] {
        ImageWriter writer(fifo);
        Sample sample = golden_samples()[0];
        sample.picture.assign(2'000'000, std::byte{7});
        writer.write(sample);
    });
    BOOST_TEST(refusal([&] { read_set(fifo); }).ends_with("truncated"));
}

BOOST_AUTO_TEST_CASE(other_files_are_refused)
{
    const Refusals refuses;
    BOOST_TEST(refuses(png) == "not an image set (no tar archive)");
    BOOST_TEST(refuses(std::string(5000, 'x')) == "not an image set (no tar archive)");
    BOOST_TEST(refuses(std::string("\x1f\x8b\x08\0\0\0\0\0", 8) + std::string(600, 'z')) ==
               "compressed; an image set is a plain tar archive");
    BOOST_TEST(refusal([&] { ImageReader(refuses.folder / "no.tar"); }) ==
               refuses.folder / "no.tar" + ": no such file or directory");
}

BOOST_AUTO_TEST_CASE(names_and_kinds_of_members)
{
    const Refusals refuses;
    const auto alone = [&](const Member& member) { return refuses(tar_of({member})); };
    BOOST_TEST(alone({"/" + key + ".png", png}) == "/" + key + ".png: member in a folder");
    BOOST_TEST(alone({"../" + key + ".png", png}) == "../" + key + ".png: member in a folder");
    BOOST_TEST(alone({"a/" + key + ".png", png}) == "a/" + key + ".png: member in a folder");
    BOOST_TEST(alone({"a/", "", '5'}) == "a/: member in a folder");
    for (const char* name : {"cat.png", "0123456789ABCDEF.png", "0123456789abcdef0.png", "0123456789abcdef-1.png",
                             "0123456789abcdef-00000a.png", ".png"})
        BOOST_TEST(alone({name, png}) == std::string(name) + ": not named by a key of 16 hexadecimal digits");
    for (const char* name : {"0123456789abcdef.gif", "0123456789abcdef", "0123456789abcdef.tar.png"})
        BOOST_TEST(alone({name, png}) == std::string(name) + ": neither a picture (jpg, png, webp) nor json");
    BOOST_TEST(alone({key + ".png", "", '2', "/etc/passwd"}) == key + ".png: not a regular file");
    BOOST_TEST(alone({key + ".png", "", '1', "other"}) == key + ".png: not a regular file");
    BOOST_TEST(alone({key + ".png", "", '6'}) == key + ".png: not a regular file");

    std::string large = tar_of({{key + ".png", ""}});    // announces 8 GiB - 1
    std::memcpy(large.data() + 124, "77777777777", 11);
    std::memset(large.data() + 148, ' ', 8);
    unsigned sum = 0;
    for (int i = 0; i < 512; ++i)
        sum += static_cast<unsigned char>(large[static_cast<std::size_t>(i)]);
    std::snprintf(large.data() + 148, 8, "%06o", sum);
    BOOST_TEST(refuses(large) == key + ".png: larger than 256 MiB");
}

// "27 uname=..." as tar --format=posix writes it: a name that the locale, C here, cannot hold.
BOOST_AUTO_TEST_CASE(owners_may_have_any_name)
{
    const test::Folder folder;
    const std::string path = folder.path + "/o.tar", key = "0123456789abcdef";
    for (const std::string name : {"uname=J\xc3\xb6rg", "gname=Dom\xc3\xa4nen-Benutzer", "uname=J\xf6rg"}) {
        std::string record = " " + name + "\n";
        std::size_t size = record.size() + 2;
        record = std::to_string(size) + record;
        BOOST_REQUIRE_EQUAL(record.size(), size);
        write_bytes(path, tar_of({{"./PaxHeaders/x", record, 'x'},
                                  {key + ".png", png},
                                  {"./PaxHeaders/y", record, 'x'},
                                  {key + ".json", minimal_json}}));
        BOOST_CHECK_EQUAL(read_set(path).size(), 1u);
    }
}

BOOST_AUTO_TEST_CASE(pairs)
{
    const Refusals refuses;
    const std::string other = "00000000000000ff";
    BOOST_TEST(refuses(tar_of({{key + ".png", png}})) == key + ".png: no json of the same key next to it");
    BOOST_TEST(refuses(tar_of({{key + ".json", minimal_json}})) ==
               key + ".json: no picture of the same key next to it");
    BOOST_TEST(refuses(tar_of({{key + ".png", png}, {other + ".png", png}, {key + ".json", minimal_json}})) ==
               key + ".png: no json of the same key next to it");
    BOOST_TEST(refuses(tar_of({{key + ".png", png}, {key + ".jpg", png}})) ==
               key + ".jpg: a sample is one picture and one json");
    BOOST_TEST(refuses(tar_of(pair() + pair(minimal_json, other) + pair())) == key + ".png: the key occurs twice");
    BOOST_TEST(
        refuses.accepts(tar_of(pair() + pair(minimal_json, key + "-000000") + pair(minimal_json, key + "-000001"))));
    BOOST_TEST(refuses(tar_of({{key + ".png", ""}, {key + ".json", minimal_json}})) == key + ".png: empty");
}

BOOST_AUTO_TEST_CASE(json_fields)
{
    const Refusals refuses;
    const std::string at = key + ".json: ";
    const std::string base = std::string(minimal_json).substr(0, std::strlen(minimal_json) - 1);
    BOOST_TEST(refuses.json("").starts_with(at + "malformed json at byte"));
    BOOST_TEST(refuses.json(base).starts_with(at + "malformed json at byte"));
    BOOST_TEST(refuses.json(std::string(minimal_json) + "x").starts_with(at + "malformed json at byte"));
    BOOST_TEST(refuses.json("[]") == at + "not a json object");
    BOOST_TEST(refuses.json("{}") == at + "field 'source' is missing");
    BOOST_TEST(refuses.json(R"({"source":5})") == at + "field 'source' is not a string");
    BOOST_TEST(refuses.json(R"({"source":"a","sha256":"F0"})") ==
               at + "field 'sha256' is not 64 lower-case hexadecimal digits");
    BOOST_TEST(refuses.json(base + R"(,"pts":"1"})") == at + "field 'pts' is not a number");
    BOOST_TEST(refuses.json(base + R"(,"pts":1e999})").starts_with(at + "malformed json"));
    BOOST_TEST(refuses.json(base + R"(,"label":null})") == at + "field 'label' is not a string");
    for (const char* text : {R"(a\tb)", R"(a\n)", R"(\r)", R"(\u0000)"})
        for (const char* field : {"label", "group", "framing"})
            BOOST_TEST(refuses.json(base + ",\"" + field + "\":\"" + text + "\"}") ==
                       at + "field '" + field + "' holds a tab, line break or NUL, which tables cannot");
    BOOST_TEST(refuses.json(base + R"(,"label":"a","label":"b"})") == at + "key 'label' occurs twice");
    BOOST_TEST(refuses.json(base + ",\"label\":\"\xff\"}").starts_with(at + "malformed json"));
    BOOST_TEST(refuses.json(base + R"(,"detections":{}})") == at + "field 'detections' is not an array");
    BOOST_TEST(refuses.json(base + R"(,"detections":[1]})") == at + "field 'detections[0]' is not an object");
    BOOST_TEST(refuses.json(base + R"(,"detections":[{"detector":"face","parameters":"x"}]})") ==
               at + "field 'detections[0].boxes' is missing");
    BOOST_TEST(refuses.json(base + R"(,"detections":[{"detector":"face","parameters":"x","boxes":[{"x":1}]}]})") ==
               at + "field 'detections[0].boxes[0].y' is missing");
    BOOST_TEST(refuses.json(base + R"(,"detections":[{"detector":"face","parameters":"x","boxes":)"
                                   R"([{"x":1,"y":1,"width":-1,"height":1,"score":1}]}]})") ==
               at + "field 'detections[0].boxes[0].width' is negative");
    BOOST_TEST(refuses.json(base + R"(,"detections":[{"detector":"f","parameters":"x","boxes":[],"z":1}]})") ==
               at + "field 'detections[0].z' is unknown");
    BOOST_TEST(refuses.json(base + R"(,"detections":[{"detector":"f","parameters":"x","boxes":[],"kept":1}]})") ==
               at + "field 'detections[0].kept' is not a string");
    std::string wide = minimal_json;
    wide.replace(wide.find("\"width\":1"), 9, "\"width\":0");
    BOOST_TEST(refuses.json(wide) == at + "field 'width' is not a whole number from 1 to 1000000");
    wide.replace(wide.find("\"width\":0"), 9, "\"width\":1.5");
    BOOST_TEST(refuses.json(wide) == at + "field 'width' is not a whole number from 1 to 1000000");
}

BOOST_AUTO_TEST_CASE(writer_refuses)
{
    const Folder folder;
    const std::string path = folder / "set.tar";
    const auto writing = [&](const std::function<void(Sample&)>& spoil) {
        ImageWriter writer(path);
        writer.write(golden_samples()[1]);
        Sample sample = golden_samples()[0];
        spoil(sample);
        const std::string text = refusal([&] { writer.write(sample); });
        BOOST_TEST(writer.count() == (text.empty() ? 2u : 1u));
        return text.substr(std::min(text.size(), path.size() + 2));
    };
    BOOST_TEST(writing([](Sample&) {}) == "");
    BOOST_TEST(writing([](Sample& s) { s.key = "cat"; }) == "cat: not a key of 16 hexadecimal digits");
    BOOST_TEST(writing([](Sample& s) { s.key += "-000001"; }) == key + "-000001.png: the key occurs twice");
    BOOST_TEST(writing([](Sample& s) { s.extension = "gif"; }) == key + ".gif: not a picture (jpg, png, webp)");
    BOOST_TEST(writing([](Sample& s) { s.picture.clear(); }) == key + ".png: empty");
    BOOST_TEST(writing([](Sample& s) { s.meta.width = 0; }) == key + ".json: no width or height");
    BOOST_TEST(writing([](Sample& s) { s.meta.pts = std::nan(""); }) == key + ".json: a number that is not finite");
    BOOST_TEST(writing([](Sample& s) { s.meta.sha256 = std::string(10, '0'); }) ==
               key + ".json: field 'sha256' is not 64 lower-case hexadecimal digits");
    BOOST_TEST(writing([](Sample& s) { s.meta.other = R"({"pts":1})"; }) == key + ".json: field 'pts' is given twice");
    BOOST_TEST(folder.entries() == 0u);    // none was committed
    BOOST_TEST(writing([](Sample& s) { s.meta.source = "caf\xe9.jpg"; }) == "");
    BOOST_TEST(refusal([] {
                   ImageWriter writer("/dev/full");
                   for (auto& sample : golden_samples())
                       writer.write(sample);
                   writer.commit();
               }) == "/dev/full: no space left on device");
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_found_while_writing)
{
    Sample sample = golden_samples()[0];
    sample.picture.assign(5'000'000, std::byte{1});
    BOOST_TEST(refusal([&] {
                   ImageWriter writer("/dev/full");
                   writer.write(sample);
               }) == "/dev/full: no space left on device");
}

BOOST_AUTO_TEST_CASE(keys)
{
    const std::string digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    BOOST_TEST(sample_key(digest) == "ba7816bf8f01cfea");
    BOOST_TEST(sample_key(digest, 42) == "ba7816bf8f01cfea-000042");
    BOOST_TEST(refusal([&] { sample_key(digest, 1'000'000); }) != "");
    BOOST_TEST(refusal([&] { sample_key("short"); }) != "");
}

BOOST_AUTO_TEST_CASE(damaged_archives_never_crash)
{
    const Refusals refuses;
    const std::string whole = tar_of(pair(R"({"source":"a","sha256":)"
                                          R"("00000000000000000000000000000000000000000000000000000000000000ff",)"
                                          R"("width":1,"height":1,"detections":[{"detector":"f","parameters":"x",)"
                                          R"("boxes":[{"x":1,"y":1,"width":1,"height":1,"score":1}]}]})"));
    Random random(8, Purpose::tests);
    std::size_t refused = 0;
    for (int trial = 0; trial < 4000; ++trial) {
        std::string bytes = whole;
        for (std::uint64_t flips = 1 + random.below(3); flips > 0; --flips)
            bytes[random.below(bytes.size())] ^= static_cast<char>(1 + random.below(255));
        if (!refuses.accepts(bytes))
            ++refused;
    }
    BOOST_TEST(refused > 1000u);
}

BOOST_AUTO_TEST_SUITE_END()
