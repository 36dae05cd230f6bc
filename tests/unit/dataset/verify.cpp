#include "dataset/verify.h"
#include "../files.h"
#include "base/random.h"
#include "io/built_set.h"
#include "io/digest.h"
#include "io/manifest.h"
#include "io/shard_index.h"

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>

using namespace nonna;
using namespace nonna::test;
namespace fs = std::filesystem;

namespace
{

Sample sample_of(unsigned n, const std::string& source, const std::string& digest, std::uint64_t sequence)
{
    Picture picture = blank_picture(11 + int(n % 4), 9);
    Random random(1, Purpose::test_set, n);
    for (auto& value : picture.rgb)
        value = std::uint8_t(random.below(256));
    Sample sample;
    sample.key = sample_key(digest, sequence);
    sample.extension = n % 2 ? "jpg" : "png";
    sample.picture = n % 2 ? encode_jpeg(picture) : encode_png(picture);
    sample.meta.source = source;
    sample.meta.sha256 = digest;
    sample.meta.width = picture.width;
    sample.meta.height = picture.height;
    return sample;
}

std::string text_sha256(const std::string& text) { return sha256(std::as_bytes(std::span(text))); }

// A built set of 3 shards, each of 3 units of 2 samples, by hand; between the units, some that are not ok.
struct BuiltSet {
    Folder folder;
    std::string path = folder / "set";
    std::vector<std::string> manifest;
    std::vector<std::vector<Sample>> shards{3};

    BuiltSet()
    {
        fs::create_directories(path + "/shards");
        write_bytes(path + "/set.json", settings_text({{"size", "0"}}));
        unsigned n = 0;
        for (unsigned s = 0; s < 3; ++s)
            for (unsigned u = 0; u < 3; ++u) {
                UnitRecord unit;
                unit.source = "clips/" + std::to_string(s) + std::to_string(u);
                unit.id = unit_id(unit.source);
                unit.digest = text_sha256(unit.source);
                unit.status = UnitRecord::Status::ok;
                unit.shard = s;
                for (std::uint64_t i = 0; i < 2; ++i) {
                    shards[s].push_back(sample_of(n++, unit.source, unit.digest, i));
                    unit.keys.push_back(shards[s].back().key);
                }
                manifest.push_back(manifest_line(unit));
                UnitRecord other;
                other.source = "bad/" + std::to_string(s) + std::to_string(u);
                other.id = unit_id(other.source);
                other.status = u ? UnitRecord::Status::failed : UnitRecord::Status::rejected;
                other.reason = u ? "truncated" : "duplicate";
                manifest.push_back(manifest_line(other));
            }
        for (unsigned s = 0; s < 3; ++s)
            seal(s);
        write_manifest();
    }
    std::string shard(unsigned s) const { return path + "/shards/" + shard_name(s); }
    std::string sum(unsigned s) const { return sha256_file(shard(s)) + "  " + shard_name(s) + "\n"; }
    void seal(unsigned s) const
    {
        ImageWriter writer(shard(s));
        for (const Sample& sample : shards[s])
            writer.write(sample);
        writer.commit();
        write_shard_index(shard(s) + ".idx", scan_shard(shard(s)));
        write_bytes(shard(s) + ".sha256", sum(s));
    }
    void write_manifest() const
    {
        std::string text;
        for (const std::string& line : manifest)
            text += line;
        write_bytes(path + "/manifest.jsonl", text);
    }
    std::string fault(bool quick = false, int threads = 2) const
    {
        return refusal([&] { verify_set(path, {quick, default_max_pixels, threads}); });
    }
};

std::string flipped(std::string bytes, std::uint64_t at, unsigned mask)
{
    bytes[at] = char(unsigned(bytes[at]) ^ mask);
    return bytes;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(verify)

BOOST_AUTO_TEST_CASE(a_whole_set_passes)
{
    const BuiltSet set;
    for (const bool quick : {false, true})
        for (const int threads : {1, 3}) {
            const VerifyCounts n = verify_set(set.path, {quick, default_max_pixels, threads});
            BOOST_TEST(n.shards == 3u);
            BOOST_TEST(n.pictures == 18u);
            BOOST_TEST(n.bytes == 3u * fs::file_size(set.shard(0)));
            BOOST_TEST(n.units.ok == 9u);
            BOOST_TEST(n.units.rejected == 3u);
            BOOST_TEST(n.units.failed == 6u);
        }
    BOOST_TEST(refusal([&] { verify_set(set.shard(1), {}); }) == "");
    BOOST_TEST(refusal([&] { verify_set(golden("images.tar"), {}); }) == "");
}

// Wherever a byte changes, in headers, json, pictures, padding and end: it is found and the member is named; outside of
// the contents, so is the byte.
BOOST_AUTO_TEST_CASE(every_changed_byte_is_found_and_named)
{
    const BuiltSet set;
    const std::string tar = set.shard(1), whole = read_bytes(tar);
    const auto entries = read_index_table(tar + ".idx");
    struct Part {
        std::string member;
        std::uint64_t begin, end;
        bool content, quick;
    };
    std::vector<Part> headers, pictures, texts, paddings, ends;
    for (const ShardEntry& e : entries)
        for (const bool json : {false, true}) {
            const std::string name = e.key + "." + (json ? "json" : e.extension);
            const std::uint64_t offset = json ? e.json_offset : e.picture_offset;
            const std::uint64_t stop = offset + (json ? e.json_bytes : e.picture_bytes);
            headers.push_back({name, offset - 512, offset, false, true});
            (json ? texts : pictures).push_back({name, offset, stop, true, false});
            paddings.push_back({name, stop, (stop + 511) / 512 * 512, false, true});
        }
    ends.push_back({"", paddings.back().end, whole.size(), false, true});
    Random random(7, Purpose::test_set, 1);
    unsigned flips = 0;
    for (const auto* kind : {&headers, &pictures, &texts, &paddings, &ends})
        for (int i = 0; i < 16; ++i) {
            const Part& part = (*kind)[random.below(kind->size())];
            const std::uint64_t at = part.begin + random.below(part.end - part.begin);
            write_bytes(tar, flipped(whole, at, 1u << random.below(8)));
            const std::string where = tar + ": " + (part.member.empty() ? "" : part.member + ": ");
            const std::string byte = " at byte " + std::to_string(at);
            for (const bool quick : {false, true}) {
                const std::string fault = set.fault(quick);
                if (quick && !part.quick) {
                    BOOST_TEST(fault == "");
                    continue;
                }
                BOOST_TEST(fault.starts_with(where), "byte " << at << " of " << part.member << ": " << fault);
                if (!part.content)
                    BOOST_TEST(
                        (fault.ends_with(byte) || (part.member.empty() && fault.find(" at byte ") != fault.npos)),
                        "byte " << at << " of " << part.member << ": " << fault);
            }
            ++flips;
        }
    BOOST_TEST(flips == 80u);
    write_bytes(tar, whole);
    BOOST_TEST(set.fault() == "");
}

// A cut is found, and with the index the member that it hits is named.
BOOST_AUTO_TEST_CASE(a_cut_is_found)
{
    const BuiltSet set;
    const std::string tar = set.shard(2), whole = read_bytes(tar);
    for (std::size_t size = 0; size < whole.size(); size += 499) {
        write_bytes(tar, whole.substr(0, size));
        BOOST_TEST(set.fault().starts_with(tar + ": "), "cut to " << size << ": " << set.fault());
        BOOST_TEST(set.fault(true).starts_with(tar + ": "), "cut to " << size << ": " << set.fault(true));
    }
}

BOOST_AUTO_TEST_CASE(files_of_the_set)
{
    const BuiltSet set;
    const auto without = [&](const std::string& file) {
        fs::rename(file, set.folder / "kept");
        const std::string fault = set.fault(), quick = set.fault(true);
        BOOST_TEST(fault == quick);
        fs::rename(set.folder / "kept", file);
        return fault;
    };
    BOOST_TEST(without(set.shard(0)) == set.shard(0) + ": missing");
    BOOST_TEST(without(set.shard(1)) == set.shard(1) + ": missing");
    BOOST_TEST(without(set.shard(2)) == set.shard(2) + ".idx: does not belong to the set");
    for (const char* const suffix : {".idx", ".sha256"})
        for (unsigned s = 0; s < 3; ++s)
            BOOST_TEST(without(set.shard(s) + suffix) == set.shard(s) + suffix + ": missing");
    BOOST_TEST(without(set.path + "/manifest.jsonl") == set.path + "/manifest.jsonl: no such file or directory");
    BOOST_TEST(without(set.path + "/set.json") == set.path + ": a folder, but not a built set (it has no set.json)");

    // A whole shard with its files.
    for (const char* const suffix : {"", ".idx", ".sha256"})
        fs::rename(set.shard(2) + suffix, set.folder / (std::string("kept") + suffix));
    const std::string gone = set.fault();
    BOOST_TEST(gone.starts_with(set.shard(2) + ": missing; it should hold " + set.shards[2][0].key));
    BOOST_TEST(set.fault(true) == gone);
    for (const char* const suffix : {"", ".idx", ".sha256"})
        fs::rename(set.folder / (std::string("kept") + suffix), set.shard(2) + suffix);

    for (const char* const stray : {"/shards/notes.txt", "/shards/1.tar", "/shards/.000000.tar.123-1"}) {
        write_bytes(set.path + stray, "x");
        BOOST_TEST(set.fault() == set.path + stray + ": does not belong to the set");
        fs::remove(set.path + stray);
    }
    write_bytes(set.path + "/journal.jsonl", "");
    BOOST_TEST(set.fault() == set.path + ": its last run is unfinished (there is a journal.jsonl): run it again");
    fs::remove(set.path + "/journal.jsonl");
    write_bytes(set.path + "/set.json", "{");
    BOOST_TEST(set.fault().starts_with(set.path + "/set.json: "));
}

// The lines with the checks that belong to them, as somebody would write them who means it.
void check_again(std::vector<std::string>& lines)
{
    for (std::string& line : lines)
        if (line.ends_with('\n')) {
            line.replace(0, line.find(',') + 1, "{");
            line = "{\"check\":\"" + text_sha256(line.substr(0, line.size() - 1)).substr(0, 8) + "\"," + line.substr(1);
        }
}

BOOST_AUTO_TEST_CASE(every_changed_byte_of_the_manifest_is_found)
{
    BuiltSet set;
    const auto good = set.manifest;
    Random random(7, Purpose::tests);
    for (int i = 0; i < 200; ++i) {
        set.manifest = good;
        std::string& line = set.manifest[random.below(good.size())];
        line[random.below(line.size())] ^= char(1 << random.below(7));
        set.write_manifest();
        BOOST_TEST(set.fault(true) != "");
    }
    set.manifest = good;
    set.write_manifest();
    const std::string settings = read_bytes(set.path + "/set.json");
    for (std::size_t i = 0; i < settings.size(); ++i) {
        std::string changed = settings;
        changed[i] ^= 1;
        write_bytes(set.path + "/set.json", changed);
        BOOST_TEST(set.fault(true).starts_with(set.path + "/set.json: "));
    }
}

BOOST_AUTO_TEST_CASE(the_manifest)
{
    BuiltSet set;
    const auto good = set.manifest;
    const auto fault = [&](auto change) {
        set.manifest = good;
        change(set.manifest);
        check_again(set.manifest);
        set.write_manifest();
        const std::string full = set.fault(), quick = set.fault(true);
        BOOST_TEST(full == quick);
        BOOST_TEST(full != "");
        return full;
    };
    using Lines = std::vector<std::string>;
    const auto& shards = set.shards;
    const std::string line = set.path + "/manifest.jsonl line ";
    BOOST_TEST(fault([](Lines& l) { l.erase(l.begin() + 8); }) == set.shard(1) + ": " + shards[1][2].key +
                                                                      ".png: the manifest has " + shards[1][4].key +
                                                                      " of shard 1 in its place (" + line + "10)");
    BOOST_TEST(fault([](Lines& l) { std::swap(l[6], l[8]); }) == set.shard(1) + ": " + shards[1][0].key +
                                                                     ".png: the manifest has " + shards[1][2].key +
                                                                     " of shard 1 in its place (" + line + "7)");
    BOOST_TEST(fault([](Lines& l) { l.erase(l.begin() + 16); }) ==
               set.shard(2) + ": " + shards[2][4].key + ".png: not in the manifest");
    BOOST_TEST(fault([](Lines& l) { l.push_back(l[17]); }) ==
               set.path + "/manifest.jsonl: line 19: the unit occurs twice");
    BOOST_TEST(fault([](Lines& l) { l[17].pop_back(); }) == set.path + "/manifest.jsonl: line 18: truncated");
    BOOST_TEST(fault([](Lines& l) { l[4].replace(l[4].find("\"shard\":0"), 9, "\"shard\":1"); }) ==
               set.shard(0) + ": " + shards[0][4].key + ".png: the manifest has " + shards[0][4].key +
                   " of shard 1 in its place (" + line + "5)");
    BOOST_TEST(fault([](Lines& l) {
                   const std::string extra = ",\"0000000000000000\"]";
                   l[4].replace(l[4].find("]"), 1, extra);
               }) == set.shard(0) + ": 0000000000000000: not in the archive, but in the manifest (" + line + "5)");
    set.manifest = good;
    set.write_manifest();
    BOOST_TEST(set.fault() == "");

    // Content against the manifest: only where contents are looked at.
    set.manifest[0].replace(set.manifest[0].find("clips/00"), 8, "clips/99");
    check_again(set.manifest);
    set.write_manifest();
    BOOST_TEST(set.fault() == set.shard(0) + ": " + shards[0][0].key + ".json: its source is not the manifest's");
    BOOST_TEST(set.fault(true) == "");
    set.manifest[0] = good[0];
    const std::string digest = text_sha256("clips/00");
    set.manifest[0].replace(set.manifest[0].find(digest), 64, text_sha256("clips/99"));
    check_again(set.manifest);
    set.write_manifest();
    BOOST_TEST(set.fault() == set.shard(0) + ": " + shards[0][0].key + ".json: its sha256 is not the manifest's");
}

// The archive's own digest decides who is wrong, and is wrong itself where all else agrees.
BOOST_AUTO_TEST_CASE(index_and_digest)
{
    const BuiltSet set;
    const std::string idx = set.shard(1) + ".idx", whole = read_bytes(idx), sums = set.shard(1) + ".sha256";
    std::size_t line = 0;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        line += at == 0 || whole[at - 1] == '\n' ? 1 : 0;
        if (at % 29 != 3)
            continue;
        write_bytes(idx, flipped(whole, at, 1));
        BOOST_TEST(set.fault().starts_with(idx + ": "), "byte " << at << ", line " << line << ": " << set.fault());
    }
    write_bytes(idx, whole.substr(0, whole.rfind('\n', whole.size() - 2) + 1));
    BOOST_TEST(set.fault() == idx + ": line 7: wrong; the archive is as its own digest says");
    BOOST_TEST(set.fault(true) != "");
    write_bytes(idx, whole);
    const std::string sum = read_bytes(sums);
    write_bytes(sums, (sum[0] == '0' ? "1" : "0") + sum.substr(1));
    BOOST_TEST(set.fault() == sums + ": not the archive's digest");
    write_bytes(sums, sum.substr(0, 64) + " *" + sum.substr(66));
    BOOST_TEST(set.fault() == sums + ": not what sha256sum says of 000001.tar");
    BOOST_TEST(set.fault(true) == set.fault());
    write_bytes(sums, sum);

    // Two shards that changed places, with their index and digest.
    for (const char* const suffix : {"", ".idx"}) {
        fs::rename(set.shard(1) + suffix, set.folder / "kept");
        fs::rename(set.shard(2) + suffix, set.shard(1) + suffix);
        fs::rename(set.folder / "kept", set.shard(2) + suffix);
    }
    for (unsigned s : {1u, 2u})
        write_bytes(set.shard(s) + ".sha256", set.sum(s));
    BOOST_TEST(set.fault().starts_with(set.shard(1) + ": " + set.shards[2][0].key + ".png: the manifest has "));
    BOOST_TEST(set.fault(true) == set.fault());
}

// What no digest can tell: sealed so, wrong all the same.
BOOST_AUTO_TEST_CASE(contents)
{
    const auto fault = [](auto change) {
        BuiltSet set;
        change(set.shards[1]);
        set.seal(1);
        std::string text = set.fault();
        BOOST_TEST(set.fault(false, 1) == text);
        if (text.starts_with(set.shard(1) + ": "))
            text.erase(0, set.shard(1).size() + 2);
        return text;
    };
    using Samples = std::vector<Sample>;
    const BuiltSet set;
    const auto& names = set.shards[1];
    BOOST_TEST(fault([](Samples& s) { s[2].meta.width = 5; }) ==
               names[2].key + ".json: says 5x9, the picture has 11x9");
    BOOST_TEST(fault([](Samples& s) { s[3].picture.resize(s[3].picture.size() - 40); }) ==
               names[3].key + ".jpg: truncated picture");
    BOOST_TEST(fault([](Samples& s) { s[2].extension = "jpg"; }) ==
               names[2].key + ".jpg: a picture of another format (png)");
    BOOST_TEST(fault([](Samples& s) {
                   std::swap(s[2], s[3]);
               }).starts_with(names[3].key + ".jpg: the manifest has " + names[2].key));
    BOOST_TEST(fault([](Samples& s) {
                   s[5] = sample_of(3, s[5].meta.source, text_sha256("clips/00"), 0);
               }).starts_with(sample_key(text_sha256("clips/00"), 0) + ".jpg: the key occurs twice"));
    BuiltSet small;
    BOOST_TEST(refusal([&] {
                   verify_set(small.path, {false, 100, 2});
               }).find("larger than the limit") != std::string::npos);
}

// An archive alone: other programs' archives are whole in their own way, the toolkit's are held to every byte.
BOOST_AUTO_TEST_CASE(archives_alone)
{
    const BuiltSet set;
    const std::string whole = read_bytes(set.shard(0)), tar = set.folder / "a.tar";
    const auto entries = read_index_table(set.shard(0) + ".idx");
    const auto fault = [&](const std::string& bytes) {
        write_bytes(tar, bytes);
        return refusal([&] { verify_set(tar, {}); });
    };
    BOOST_TEST(fault(whole) == "");
    for (const ShardEntry& e : entries) {    // padding, also of the first sample
        BOOST_TEST(fault(flipped(whole, e.json_offset - 513, 1)) == tar + ": " + e.key + "." + e.extension +
                                                                        ": bytes other than zero after it, at byte " +
                                                                        std::to_string(e.json_offset - 513));
        BOOST_TEST(fault(flipped(whole, e.json_offset - 500, 1)) == tar + ": damaged header at byte " +
                                                                        std::to_string(e.json_offset - 512) +
                                                                        ", after " + e.key + "." + e.extension);
    }
    // Another owner is nobody's business in other programs' archives.
    const auto owned = [](std::string bytes, std::uint64_t header) {
        bytes[header + 113] = '7';
        std::memset(bytes.data() + header + 148, ' ', 8);
        unsigned total = 0;
        for (std::size_t i = 0; i < 512; ++i)
            total += static_cast<unsigned char>(bytes[header + i]);
        std::snprintf(bytes.data() + header + 148, 8, "%06o", total);
        return bytes;
    };
    std::string foreign = whole;
    for (const ShardEntry& e : entries)
        foreign = owned(foreign, e.picture_offset - 512);
    BOOST_TEST(fault(foreign) == "");
    BOOST_TEST(fault(owned(whole, entries[4].picture_offset - 512)) ==
               tar + ": " + entries[4].key + ".png: header not as it was written, at byte " +
                   std::to_string(entries[4].picture_offset - 512 + 113));

    // With an index or a digest beside it, contents are checked too.
    const std::string spoilt = flipped(whole, whole.find("clips", entries[3].json_offset), 1);
    const std::string member = tar + ": " + entries[3].key + ".json: its digest is not the one in the index";
    write_bytes(tar + ".idx", read_bytes(set.shard(0) + ".idx"));
    BOOST_TEST(fault(spoilt) == member);
    BOOST_TEST(fault(whole) == "");
    fs::remove(tar + ".idx");
    write_bytes(tar + ".sha256", sha256_file(set.shard(0)) + "  a.tar\n");
    BOOST_TEST(fault(spoilt) == tar + ".sha256: not the archive's digest");
    BOOST_TEST(fault(whole) == "");
}

BOOST_AUTO_TEST_SUITE_END()
