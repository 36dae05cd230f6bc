#include "dataset/set_store.h"
#include "io/digest.h"
#include "io/image_shard.h"
#include "io/shard_index.h"
#include "media/picture.h"

#include "../files.h"

#include <map>

using namespace nonna;
using nonna::test::Folder;
using nonna::test::read_bytes;
using nonna::test::refusal;
namespace fs = std::filesystem;

namespace
{

const Settings small = {{"format", "nonna built set 1"}, {"shard-bytes", "9000"}, {"version", "1"}};

// Unit i: some ok with one or two samples, some failed.
UnitRecord unit(int i, std::vector<Sample>& samples)
{
    UnitRecord record;
    record.source = "source " + std::to_string(i);
    record.id = unit_id(record.source);
    record.digest = sha256(std::as_bytes(std::span(record.source)));
    if (i % 4 == 3) {
        record.reason = "damaged";
        return record;
    }
    record.status = UnitRecord::Status::ok;
    for (int k = 0; k <= i % 2; ++k) {
        Sample sample;
        sample.key = sample_key(record.digest, std::uint64_t(k));
        sample.extension = "jpg";
        sample.picture = encode_jpeg(blank_picture(8, 8, std::uint8_t(i)));
        sample.meta.source = record.source;
        sample.meta.sha256 = record.digest;
        sample.meta.width = sample.meta.height = 8;
        samples.push_back(std::move(sample));
        record.hashes.push_back(std::uint64_t(i));
    }
    return record;
}

void add(SetStore& store, int i)
{
    std::vector<Sample> samples;
    UnitRecord record = unit(i, samples);
    store.add(record, samples);
}

std::size_t decided(const SetStore& store)
{
    std::size_t n = 0;
    store.each([&](const UnitRecord&, std::uint64_t) { ++n; });
    return n;
}

// Every file's bytes but the lock's.
std::map<std::string, std::string> content(const std::string& folder)
{
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && entry.path().filename() != "lock")
            all[fs::relative(entry.path(), folder)] = read_bytes(entry.path());
    return all;
}

constexpr int units = 24;

std::map<std::string, std::string> uninterrupted(const std::string& folder)
{
    SetStore store(folder, small);
    for (int i = 0; i < units; ++i)
        add(store, i);
    store.finish();
    return content(folder);
}

}    // namespace

BOOST_AUTO_TEST_SUITE(set_store)

BOOST_AUTO_TEST_CASE(shards_are_dense_and_read_back)
{
    const Folder folder;
    const auto all = uninterrupted(folder / "set");
    BOOST_TEST(all.contains("shards/000003.tar"));
    BOOST_TEST(!all.contains("journal.jsonl"));
    std::size_t shard = 0, samples = 0;
    for (; all.contains("shards/" + shard_name(std::int64_t(shard))); ++shard) {
        const std::string tar = folder / ("set/shards/" + shard_name(std::int64_t(shard)));
        BOOST_TEST(fs::file_size(tar) <= 9000 + 10240);
        BOOST_CHECK(read_index_table(tar + ".idx") == scan_shard(tar));
        samples += ImageShard(tar).count();
    }
    BOOST_TEST(samples == 24u);
    SetStore store(folder / "set");
    std::size_t keys = 0;
    store.each([&](const UnitRecord& record, std::uint64_t offset) {
        keys += record.keys.size();
        BOOST_TEST(store.at(offset).source == record.source);
    });
    BOOST_TEST(keys == samples);
}

BOOST_AUTO_TEST_CASE(runs_do_not_show)
{
    const Folder folder;
    const auto whole = uninterrupted(folder / "whole");
    for (int i = 0; i < units; ++i) {
        SetStore store(folder / "nightly", small);
        add(store, i);
        store.finish();
    }
    BOOST_CHECK(content(folder / "nightly") == whole);
    // At rest nothing is written.
    const auto before = fs::last_write_time(folder / "nightly/manifest.jsonl");
    {
        SetStore store(folder / "nightly", small);
        store.finish();
    }
    BOOST_CHECK(fs::last_write_time(folder / "nightly/manifest.jsonl") == before);
    BOOST_CHECK(content(folder / "nightly") == whole);
}

// A crash leaves what is on the disk at that moment, the last writes perhaps torn or missing.
BOOST_AUTO_TEST_CASE(crashes_do_not_show)
{
    const Folder folder;
    const auto whole = uninterrupted(folder / "whole");
    const std::string set = folder / "set", image = folder / "image";
    SetStore store(set, small);
    for (int crash = 0; crash < units; ++crash) {
        add(store, crash);
        for (const int harm : {0, 1, 2, 3}) {
            fs::remove_all(image);
            fs::copy(set, image, fs::copy_options::recursive);
            if (harm & 1) {    // written behind the last line of the journal
                std::ofstream(image + "/manifest.jsonl", std::ios::app) << "{\"torn";
                for (const auto& entry : fs::directory_iterator(image + "/shards"))
                    if (entry.path().extension() == ".part")
                        std::ofstream(entry.path(), std::ios::app) << std::string(700, 'x');
            }
            if (harm & 2)    // a torn line of the journal itself
                std::ofstream(image + "/journal.jsonl", std::ios::app) << "{\"manif";
            SetStore again(image, small);
            const int kept = int(decided(again));
            BOOST_REQUIRE(kept <= crash + 1);
            BOOST_REQUIRE(kept >= crash + 1 - 16);
            for (int i = kept; i < units; ++i)
                add(again, i);
            again.finish();
            BOOST_REQUIRE(content(image) == whole);
        }
    }
}

BOOST_AUTO_TEST_CASE(one_run_at_a_time)
{
    const Folder folder;
    SetStore store(folder / "set", small);
    try {
        SetStore other(folder / "set", small);
        BOOST_ERROR("two runs at once");
    } catch (const Error& e) {
        BOOST_CHECK(e.status() == ExitStatus::locked);
    }
}

BOOST_AUTO_TEST_CASE(refusals)
{
    const Folder folder;
    uninterrupted(folder / "set");
    Settings other = small;
    other["shard-bytes"] = "10000";
    BOOST_TEST(refusal([&] {
                   SetStore(folder / "set", other);
               }).ends_with("made with --shard-size 0.009, not --shard-size 0.01"));
    other = small;
    other["version"] = "2";
    BOOST_TEST(refusal([&] { SetStore(folder / "set", other); }) == "");
    other["part"] = "0/2";
    BOOST_TEST(refusal([&] { SetStore(folder / "set", other); }).ends_with("made without --part 0/2"));
    BOOST_TEST(refusal([&] { SetStore(folder / "none"); }).ends_with("not a set made by nonna-dataset build"));
    fs::create_directory(folder / "full");
    test::write_bytes(folder / "full/letter", "x");
    BOOST_TEST(refusal([&] { SetStore(folder / "full", small); }).ends_with("neither empty nor a set"));
    BOOST_TEST(!fs::exists(folder / "full/lock"));
}

BOOST_AUTO_TEST_CASE(a_lost_shard_is_not_filled)
{
    const Folder folder;
    uninterrupted(folder / "set");
    fs::remove(folder / "set/shards/000001.tar");
    SetStore store(folder / "set", small);
    BOOST_TEST(refusal([&] {
                   decided(store);
               }).ends_with("000001.tar: missing, though the manifest has samples in it: the set is damaged"));
}

BOOST_AUTO_TEST_CASE(what_is_removed_is_gone)
{
    const Folder folder;
    uninterrupted(folder / "set");
    const std::set<std::string> gone = {unit_id("source 0"), unit_id("source 5"), unit_id("source 21")};
    std::map<std::string, std::string> result;
    {
        SetStore store(folder / "set");
        store.remove(gone);
        result = content(folder / "set");
        std::size_t removed = 0;
        store.each([&](const UnitRecord& record, std::uint64_t) {
            if (record.reason == "removed") {
                ++removed;
                BOOST_TEST(record.keys.empty());
                BOOST_TEST(!record.digest.empty());
            }
        });
        BOOST_TEST(removed == 3u);
    }
    for (const auto& [name, bytes] : result)
        if (name.ends_with(".tar"))
            BOOST_TEST(bytes.find("\"source\":\"source 5\"") == std::string::npos);
    // Cut short with the list written and one shard done: whoever opens the set next ends it.
    uninterrupted(folder / "other");
    fs::copy(folder / "set/shards/000000.tar", folder / "other/shards/000000.tar",
             fs::copy_options::overwrite_existing);
    std::string list;
    for (const std::string& id : gone)
        list += settings_line({{"id", id}});
    test::write_bytes(folder / "other/removal.jsonl", list);
    BOOST_TEST(refusal([&] {
                   SetReading(folder / "other");
               }).ends_with("its last run is unfinished (there is a removal.jsonl): run it again"));
    SetStore(folder / "other");
    BOOST_CHECK(content(folder / "other") == result);
}

BOOST_AUTO_TEST_SUITE_END()
