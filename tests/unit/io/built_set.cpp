#include "io/built_set.h"
#include "../files.h"
#include "io/manifest.h"
#include "io/output.h"

#include <filesystem>

using namespace nonna;
using namespace nonna::test;

namespace
{

// A set's folder with three shards that nobody looks into.
std::string make_set(const Folder& folder)
{
    const BuiltSetFiles set(folder / "set");
    std::filesystem::create_directories(set.shards());
    write_bytes(set.settings(), settings_text({{"size", "0"}}));
    for (const int number : {0, 1, 2})
        write_bytes(set.shard(number), "");
    return set.folder();
}

ExitStatus status_of(const std::string& folder)
{
    try {
        check_at_rest(folder);
    } catch (const Error& e) {
        return e.status();
    }
    return ExitStatus::done;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(built_set)

BOOST_AUTO_TEST_CASE(names)
{
    const BuiltSetFiles set("pictures/");
    BOOST_TEST(set.folder() == "pictures/");
    BOOST_TEST(set.settings() == "pictures/set.json");
    BOOST_TEST(set.manifest() == "pictures/manifest.jsonl");
    BOOST_TEST(set.shard(7) == "pictures/shards/000007.tar");
    BOOST_TEST(set.part(7) == "pictures/shards/000007.part");
    BOOST_TEST(shard_index_path(set.shard(7)) == "pictures/shards/000007.tar.idx");
    BOOST_TEST(shard_digest_path(set.shard(7)) == "pictures/shards/000007.tar.sha256");
    for (const std::int64_t number : {0, 7, 999'999, 1'000'000})
        BOOST_TEST((shard_number(shard_name(number)) == number));
    for (const char* const other : {"7.tar", "000007", "000007.tar.idx", "-00007.tar", "", "x.tar", "000007.tar~"})
        BOOST_TEST(!shard_number(other), other << " taken for a shard");
    BOOST_TEST(is_part_name("000007.part"));
    BOOST_TEST(!is_part_name("000007.tar"));
}

BOOST_AUTO_TEST_CASE(shards_are_numbered_without_a_gap)
{
    const Folder folder;
    const std::string set = make_set(folder);
    const BuiltSetFiles files(set);
    write_bytes(files.shards() + "/notes", "");
    BOOST_TEST((built_set_shards(set) == std::vector{files.shard(0), files.shard(1), files.shard(2)}));
    std::filesystem::remove(files.shard(1));
    BOOST_TEST(refusal([&] { built_set_shards(set); }) == files.shard(1) + ": missing");
    std::filesystem::remove(files.settings());
    BOOST_TEST(refusal([&] { built_set_shards(set); }) == set + ": a folder, but not a built set (it has no set.json)");
    BOOST_TEST(!is_built_set(set));
    BOOST_TEST(!is_built_set(""));
    BOOST_TEST(!is_built_set("-"));
}

// Whoever reads a set while it is written is told to wait; where the writer is gone, to run it again.
BOOST_AUTO_TEST_CASE(at_rest)
{
    const Folder folder;
    const std::string set = make_set(folder);
    const BuiltSetFiles files(set);
    BOOST_TEST((status_of(set) == ExitStatus::done));
    for (const std::string& unfinished : {files.journal(), files.removal()}) {
        write_bytes(unfinished, "");
        const std::string name = std::filesystem::path(unfinished).filename();
        BOOST_TEST(refusal([&] { check_at_rest(set); }) ==
                   set + ": its last run is unfinished (there is a " + name + "): run it again");
        BOOST_TEST((status_of(set) == ExitStatus::failed));
        {
            const Descriptor writer = lock_built_set(set, SetAccess::writing);
            BOOST_TEST(refusal([&] { built_set_shards(set); }) == set + ": a run is at work here: wait for its end");
            BOOST_TEST((status_of(set) == ExitStatus::locked));
        }
        {
            const Descriptor reader = lock_built_set(set, SetAccess::reading);    // another reader is no run at work
            BOOST_TEST((status_of(set) == ExitStatus::failed));
        }
        std::filesystem::remove(unfinished);
    }
    const Descriptor writer = lock_built_set(set, SetAccess::writing);
    BOOST_TEST((status_of(set) == ExitStatus::done));    // it has changed nothing yet
}

BOOST_AUTO_TEST_CASE(one_writer_or_many_readers)
{
    const Folder folder;
    const std::string set = make_set(folder), busy = set + ": another run is at work here";
    BOOST_TEST(refusal([&] { lock_built_set(set, SetAccess::reading); }) ==
               BuiltSetFiles(set).lock() + ": no such file or directory");
    {
        const Descriptor writer = lock_built_set(set, SetAccess::writing);
        BOOST_TEST(refusal([&] { lock_built_set(set, SetAccess::writing); }) == busy);
        BOOST_TEST(refusal([&] { lock_built_set(set, SetAccess::reading); }) == busy);
    }
    const Descriptor one = lock_built_set(set, SetAccess::reading), two = lock_built_set(set, SetAccess::reading);
    BOOST_TEST(bool(two));
    BOOST_TEST(refusal([&] { lock_built_set(set, SetAccess::writing); }) == busy);
}

BOOST_AUTO_TEST_CASE(leftovers_of_a_killed_program)
{
    const Folder folder;
    {
        const Output unfinished(folder / "manifest.jsonl", Output::Kind::text);
        BOOST_REQUIRE(folder.entries() == 1u);
        for (const auto& entry : std::filesystem::directory_iterator(folder.path))
            BOOST_TEST(is_output_leftover(entry.path().filename().string()));
    }
    for (const char* const other :
         {"manifest.jsonl", ".hidden", ".hidden.12", ".12-3", ".a.12-", ".a.-3", "a.12-3", ".a.1x-3"})
        BOOST_TEST(!is_output_leftover(other), other << " taken for a leftover");
}

BOOST_AUTO_TEST_SUITE_END()
