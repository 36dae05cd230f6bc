#include "io/image_shard.h"
#include "archives.h"
#include "io/built_set.h"
#include "io/digest.h"
#include "io/file_kind.h"
#include "io/key_set.h"
#include "io/manifest.h"
#include "io/shard_index.h"
#include "io/shard_pass.h"

#include <cmath>
#include <filesystem>
#include <thread>

using namespace nonna;
using namespace nonna::test;

namespace
{

std::string number_key(unsigned n)
{
    char text[17];
    std::snprintf(text, sizeof text, "%016x", n);
    return text;
}

std::vector<Sample> samples(unsigned first, unsigned count)
{
    std::vector<Sample> result;
    for (unsigned i = first; i < first + count; ++i) {
        Sample sample = golden_samples()[i % 2];
        sample.key = number_key(i) + (i % 3 ? "" : "-000007");
        sample.picture.resize(100 + 700 * (i % 5), std::byte(i));
        result.push_back(sample);
    }
    return result;
}

// A built set of `shards` archives of 5 samples each.
void write_built_set(const std::string& folder, unsigned shards)
{
    std::filesystem::create_directories(folder + "/shards");
    write_bytes(folder + "/set.json", "{}\n");
    for (unsigned i = 0; i < shards; ++i)
        write_set(folder + "/shards/" + shard_name(i), samples(5 * i, 5));
}

bool same(const Sample& a, const Sample& b) { return archive_bytes(a, "a") == archive_bytes(b, "b"); }

// Members the other way round, with "./" and a folder, padded as other programs do.
std::string foreign_archive()
{
    std::vector<Member> members = {{"./", "", '5'}};
    for (unsigned i = 0; i < 9; ++i) {
        members.push_back({"./" + number_key(i) + ".json", minimal_json});
        members.push_back({"./" + number_key(i) + ".jpg", std::string(1 + 600 * i, 'p')});
    }
    return tar_of(members, 7);
}

}    // namespace

BOOST_AUTO_TEST_SUITE(image_shard)

BOOST_AUTO_TEST_CASE(golden_index)
{
    const Folder folder;
    write_shard_index(folder / "images.tar.idx", scan_shard(golden("images.tar")));
    BOOST_TEST(read_bytes(folder / "images.tar.idx") == read_bytes(golden("images.tar.idx")));
    BOOST_TEST((read_index_table(golden("images.tar.idx")) == scan_shard(golden("images.tar"))));
}

BOOST_AUTO_TEST_CASE(golden_manifest)
{
    UnitRecord ok, repeated, failed;
    ok.source = "clips/street “5”.mp4";
    ok.digest = golden_samples()[0].meta.sha256;
    ok.status = UnitRecord::Status::ok;
    ok.keys = {key, key + "-000001"};
    ok.hashes = {0, 0xfedcba9876543210};
    ok.shard = 0;
    repeated.source = "clips/again.mp4";
    repeated.digest = ok.digest;
    repeated.status = UnitRecord::Status::rejected;
    repeated.reason = "duplicate";
    repeated.of = ok.source;
    failed.source = "clips/gone.mp4";
    failed.reason = "unreadable";
    std::string text;
    for (UnitRecord* const record : {&ok, &repeated, &failed}) {
        record->id = unit_id(record->source);
        text += manifest_line(*record);
    }
    BOOST_TEST(text == read_bytes(golden("manifest.jsonl")));
}

BOOST_AUTO_TEST_CASE(an_index_says_where_the_members_are)
{
    const Folder folder;
    const auto all = samples(0, 20);
    write_set(folder / "a.tar", all);
    const auto scanned = scan_shard(folder / "a.tar");
    const std::string bytes = read_bytes(folder / "a.tar");
    BOOST_REQUIRE(scanned.size() == all.size());
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const ShardEntry& entry = scanned[i];
        BOOST_TEST((to_bytes(bytes.substr(entry.picture_offset, entry.picture_bytes)) == all[i].picture));
        BOOST_TEST(entry.picture_sha256 == sha256(all[i].picture));
        BOOST_TEST(entry.json_sha256 == sha256(to_bytes(bytes.substr(entry.json_offset, entry.json_bytes))));
        end += archive_bytes(all[i], "a.tar").size();
        BOOST_TEST(samples_end({scanned.begin(), scanned.begin() + std::ptrdiff_t(i) + 1}) == end);
    }
    BOOST_TEST(samples_end({}) == 0u);
}

BOOST_AUTO_TEST_CASE(random_access_with_and_without_an_index)
{
    const Folder folder;
    write_set(folder / "own.tar", samples(0, 40));
    write_bytes(folder / "foreign.tar", foreign_archive());
    for (const char* const name : {"own.tar", "foreign.tar"}) {
        const std::string tar = folder / name;
        const auto all = read_set(tar);
        for (const bool indexed : {false, true}) {
            if (indexed)
                write_shard_index(tar + ".idx", scan_shard(tar));
            const ImageShard shard(tar);
            BOOST_REQUIRE(shard.count() == all.size());
            for (std::size_t k = 0; k < all.size(); ++k) {
                const std::size_t i = k * 7 % all.size();
                BOOST_TEST(same(shard.sample(i), all[i]));
                BOOST_TEST((Bytes(shard.picture(i).begin(), shard.picture(i).end()) == all[i].picture));
                BOOST_TEST(shard.key(i) == all[i].key);
                BOOST_TEST(shard.extension(i) == all[i].extension);
                BOOST_TEST(shard.json(i).starts_with('{'));
            }
            BOOST_CHECK_THROW(shard.sample(all.size()), std::out_of_range);
        }
    }
}

BOOST_AUTO_TEST_CASE(many_threads_read_one_shard)
{
    const Folder folder;
    write_set(folder / "a.tar", samples(0, 60));
    const auto all = read_set(folder / "a.tar");
    const ImageShard shard(folder / "a.tar");
    std::vector<int> wrong(4);
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (std::size_t k = 0; k < 600; ++k)
                    wrong[std::size_t(t)] += same(shard.sample(k * 13 % 60), all[k * 13 % 60]) ? 0 : 1;
            });
    }
    for (const int w : wrong)
        BOOST_TEST(w == 0);
}

// A wrong index leads to the right samples or to an Error, never to other bytes.
BOOST_AUTO_TEST_CASE(a_stale_index_is_found_out)
{
    const Folder folder;
    const std::string tar = folder / "a.tar";
    write_set(tar, samples(0, 10));
    const auto old = scan_shard(tar);
    const auto counts = [&](const std::vector<Sample>& now) {
        write_set(tar, now);
        write_shard_index(tar + ".idx", old);
        const ImageShard shard(tar);
        BOOST_REQUIRE(shard.count() == now.size());
        for (std::size_t i = 0; i < now.size(); ++i)
            BOOST_TEST(same(shard.sample(i), now[i]));
    };
    counts(samples(0, 11));
    counts(samples(0, 9));
    counts(samples(1, 10));
    counts({});
    auto grown = samples(0, 10);
    grown[4].picture.resize(grown[4].picture.size() + 600);
    counts(grown);

    // The same ends, another middle: found when it is asked for.
    auto swapped = samples(0, 10);
    std::swap(swapped[2], swapped[3]);
    write_set(tar, swapped);
    write_shard_index(tar + ".idx", old);
    const ImageShard shard(tar);
    unsigned refused = 0;
    for (std::size_t i = 0; i < 10; ++i)
        try {
            BOOST_TEST(same(shard.sample(i), swapped[i]));
        } catch (const Error& e) {
            BOOST_TEST(e.what() == tar + ": sample " + std::to_string(i) + " is not where the index says");
            ++refused;
        }
    BOOST_TEST(refused == 2u);

    write_bytes(tar + ".idx", "key\textension\n");
    BOOST_TEST(ImageShard(tar).count() == 10u);
}

BOOST_AUTO_TEST_CASE(what_is_not_a_shard)
{
    const Folder folder;
    BOOST_TEST(refusal([&] { ImageShard(folder / "no.tar"); }) == folder / "no.tar" + ": no such file or directory");
    BOOST_TEST(refusal([&] { ImageShard(folder.path); }) == folder.path + ": not a regular file");
    write_bytes(folder / "empty.tar", "");
    BOOST_TEST(refusal([&] { ImageShard(folder / "empty.tar"); }) ==
               folder / "empty.tar" + ": empty file, not an image set");
    write_set(folder / "a.tar", samples(0, 10));
    const std::string whole = read_bytes(folder / "a.tar");
    write_shard_index(folder / "cut.tar.idx", scan_shard(folder / "a.tar"));
    for (std::size_t size = 1; size < whole.size() - 10240; size += 501) {    // the padding after the end marker may go
        write_bytes(folder / "cut.tar", whole.substr(0, size));
        BOOST_TEST(refusal([&] { ImageShard(folder / "cut.tar"); }) != "", "accepted when cut to " << size);
    }
}

BOOST_AUTO_TEST_CASE(fields_of_an_index)
{
    const Folder folder;
    const std::string idx = folder / "a.tar.idx", whole = read_bytes(golden("images.tar.idx"));
    const auto refused = [&](const std::string& from, const std::string& to) {
        std::string text = whole;
        BOOST_REQUIRE(text.find(from) != std::string::npos);
        text.replace(text.find(from), from.size(), to);
        write_bytes(idx, text);
        const std::string reason = refusal([&] { read_index_table(idx); });
        BOOST_REQUIRE(reason.starts_with(idx + ": "));
        return reason.substr(idx.size() + 2);
    };
    BOOST_TEST(refused("json_bytes", "bytes") == "not the columns of a shard's index");
    BOOST_TEST(refused("0123456789abcdef\t", "0123456789abcdeF\t") == "line 2: key is not a key");
    BOOST_TEST(refused("png", "gif") == "line 2: extension is not jpg, png or webp");
    BOOST_TEST(refused("\t512\t", "\t513\t") == "line 2: picture_offset is not where a member can begin");
    BOOST_TEST(refused("\t512\t", "\t-512\t") == "line 2: picture_offset is not a number up to 1152921504606846976");
    BOOST_TEST(refused("\t512\t67\t", "\t512\t0\t") == "line 2: picture_bytes is 0");
    BOOST_TEST(refused("\t512\t67\t", "\t512\t999999999999\t") ==
               "line 2: picture_bytes is not a number up to 268435456");
    BOOST_TEST(refused("\t512\t67\t", "\t512\t600\t") == "line 2: json_offset is not where a member can begin");
    BOOST_TEST(refused(sha256(to_bytes(png)), "f") == "line 2: picture_sha256 is not 64 hexadecimal digits");
    write_bytes(idx, whole.substr(0, whole.size() - 1));
    BOOST_TEST(refusal([&] { read_index_table(idx); }) == idx + ": line 3: truncated, no newline at the end");
}

BOOST_AUTO_TEST_CASE(a_built_set_reads_as_one_stream)
{
    const Folder folder;
    const std::string set = folder / "set";
    BOOST_TEST(!is_built_set(folder.path));
    BOOST_TEST(refusal([&] { ImageReader reader(folder.path); }) ==
               folder.path +
                   ": a folder, but not a built set (it has no set.json): nonna-dataset pack makes an image set of "
                   "pictures, nonna-frames one of videos");
    write_built_set(set, 0);
    BOOST_TEST(read_set(set).empty());
    write_built_set(set, 4);
    BOOST_TEST(is_built_set(set));
    const auto all = samples(0, 20), read = read_set(set);
    BOOST_REQUIRE(read.size() == 20u);
    const ImageShardSet shards({set});
    BOOST_REQUIRE(shards.count() == 20u);
    for (std::size_t i = 0; i < 20; ++i) {
        BOOST_TEST(same(read[i], all[i]));
        BOOST_TEST(same(shards.sample(i), all[i]));
        BOOST_TEST((Bytes(shards.picture(i).begin(), shards.picture(i).end()) == all[i].picture));
    }
    BOOST_CHECK_THROW(shards.sample(20), std::out_of_range);

    // The digest of the stream is that of one archive with the same samples.
    write_set(folder / "one.tar", all);
    ImageReader one(folder / "one.tar"), many(set);
    while (one.next())
        many.next();
    BOOST_TEST(!many.next());
    BOOST_TEST(one.digest() == many.digest());
    BOOST_TEST(many.name() == set);
    BOOST_TEST(ImageShardSet({set, folder / "one.tar"}).count() == 40u);

    const std::string second = set + "/shards/000001.tar";
    std::filesystem::rename(second, folder / "kept");
    BOOST_TEST(refusal([&] { read_set(set); }) == second + ": missing");
    write_set(second, samples(0, 1));
    BOOST_TEST(refusal([&] { read_set(set); }) == second + ": " + all[0].key + ".png: the key occurs twice");
    write_bytes(second, read_bytes(folder / "kept").substr(0, 5000));
    BOOST_TEST(refusal([&] { read_set(set); }).starts_with(second + ": "));
    BOOST_TEST(refusal([&] { read_set(set); }).ends_with("truncated"));
    std::filesystem::rename(folder / "kept", second);
    write_bytes(set + "/journal.jsonl", "");
    BOOST_TEST(refusal([&] { read_set(set); }) ==
               set + ": its last run is unfinished (there is a journal.jsonl): run it again");
}

BOOST_AUTO_TEST_CASE(raw_bytes_of_a_pass)
{
    const Folder folder;
    write_set(folder / "a.tar", samples(0, 30));
    const std::string whole = read_bytes(folder / "a.tar");
    KeySet keys;
    ImageShardPass pass(folder / "a.tar", keys, true);
    std::string joined;
    for (std::size_t i = 0; auto raw = pass.next(); ++i) {
        BOOST_TEST(raw->begin == joined.size());
        BOOST_TEST(raw->bytes == archive_bytes(samples(0, 30)[i], "a"));
        joined += raw->bytes;
    }
    BOOST_TEST(joined + archive_end(joined.size()) == whole);
    BOOST_TEST(pass.size() == whole.size());
    BOOST_TEST(pass.digest() == sha256(to_bytes(whole)));
    BOOST_TEST(archive_header(key + ".png", 5) == archive_bytes(golden_samples()[0], "")
                                                      .substr(0, 512)
                                                      .replace(124, 12, archive_header(key + ".png", 5).substr(124, 12))
                                                      .replace(148, 8, archive_header(key + ".png", 5).substr(148, 8)));
}

// Where the first bad byte is, by the pass alone: the block of a damaged header, the byte after the end.
BOOST_AUTO_TEST_CASE(where_a_pass_stopped)
{
    const Folder folder;
    write_set(folder / "a.tar", samples(0, 4));
    const std::string whole = read_bytes(folder / "a.tar");
    const auto entries = scan_shard(folder / "a.tar");
    const auto stopped = [&](std::uint64_t flipped, const std::string& more = "") {
        std::string bytes = whole;
        bytes[flipped] = char(bytes[flipped] ^ 0x10);
        write_bytes(folder / "b.tar", bytes + more);
        KeySet keys;
        ImageShardPass pass(folder / "b.tar", keys, false);
        BOOST_TEST(refusal([&] {
                       while (pass.next())
                           ;
                   }) != "");
        return pass.reached();
    };
    for (const ShardEntry& e : entries) {
        if (e.picture_offset > 512) {
            BOOST_TEST(stopped(e.picture_offset - 512 + 3) == e.picture_offset - 512);
        }
        BOOST_TEST(stopped(e.json_offset - 512 + 130) == e.json_offset - 512);
    }
    BOOST_TEST(stopped(whole.size() - 1) == whole.size() - 1);
    BOOST_TEST(stopped(whole.size() - 1, std::string(700'000, 'x')) == whole.size() - 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(key_set)

BOOST_AUTO_TEST_CASE(a_key_is_found_again)
{
    KeySet keys;
    for (int round = 0; round < 2; ++round)
        for (unsigned i = 0; i < 20'000; ++i) {
            BOOST_REQUIRE(keys.insert(number_key(i)) == (round == 0));
            char sequence[8];
            std::snprintf(sequence, sizeof sequence, "-%06u", i % 1'000'000);
            BOOST_REQUIRE(keys.insert("0123456789abcdef" + std::string(sequence)) == (round == 0));
        }
    BOOST_TEST(keys.size() == 40'000u);
    BOOST_TEST(keys.insert("ffffffffffffffff-999999"));
    BOOST_TEST(keys.insert("ffffffffffffffff"));
    BOOST_TEST(keys.insert("ffffffffffffffff-000000"));
    BOOST_TEST(!keys.insert("ffffffffffffffff-999999"));
    BOOST_CHECK_THROW(keys.insert("cat"), std::logic_error);
    BOOST_CHECK_THROW(keys.insert("ffffffffffffffff-cat"), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
