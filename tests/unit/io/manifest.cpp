#include "io/manifest.h"
#include "../files.h"
#include "base/error.h"
#include "io/digest.h"

#include <boost/test/unit_test.hpp>

#include <fstream>

using namespace nonna;

namespace
{

UnitRecord accepted()
{
    UnitRecord r;
    r.source = "films/a \"b\".mp4";
    r.id = unit_id(r.source);
    r.digest = std::string(64, 'a');
    r.status = UnitRecord::Status::ok;
    r.keys = {"aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa-000001"};
    r.hashes = {0x0123456789abcdefull, 1};
    r.shard = 7;
    return r;
}

// The line with the check that belongs to it.
std::string checked(std::string line)
{
    line.replace(0, line.find(',') + 1, "{");
    const std::string bare = line.substr(0, line.size() - 1);
    return "{\"check\":\"" + sha256(std::as_bytes(std::span(bare))).substr(0, 8) + "\"," + line.substr(1);
}

std::string refusal(const std::string& line)
{
    try {
        unit_from_line(line, "m", 3);
    } catch (const Error& e) {
        return e.what();
    }
    return "";
}

}    // namespace

BOOST_AUTO_TEST_SUITE(manifest)

BOOST_AUTO_TEST_CASE(a_line_reads_back)
{
    const UnitRecord r = accepted();
    const std::string line = manifest_line(r);
    BOOST_TEST(line == checked(line));
    BOOST_TEST(line.substr(line.find(',')) ==
               ",\"digest\":\"" + r.digest + "\",\"hashes\":[\"0123456789abcdef\",\"0000000000000001\"],\"id\":\"" +
                   r.id +
                   "\",\"keys\":[\"aaaaaaaaaaaaaaaa\",\"aaaaaaaaaaaaaaaa-000001\"],\"shard\":7,"
                   "\"source\":\"films/a \\\"b\\\".mp4\",\"status\":\"ok\"}\n");
    const UnitRecord back = unit_from_line(line, "m", 1);
    BOOST_TEST(manifest_line(back) == line);
    BOOST_TEST(back.shard == 7);
    BOOST_TEST(back.hashes == r.hashes, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(strict)
{
    const std::string good = manifest_line(accepted());
    BOOST_TEST(refusal(good) == "");
    BOOST_TEST(refusal(good.substr(0, good.size() - 1)) == "m: line 3: truncated");
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string line = good;
        line.replace(line.find(from), from.size(), to);
        BOOST_TEST(refusal(line) == "m: line 3: not as it was written (its check is wrong)");
        return refusal(checked(line));
    };
    BOOST_TEST(with("\"shard\":7", "\"shard\":-7") == "m: line 3: field 'shard' is not the number of a shard");
    BOOST_TEST(with("\"shard\":7", "\"rating\":7") == "m: line 3: field 'rating' is unknown");
    BOOST_TEST(with("\"ok\"", "\"OK\"") == "m: line 3: field 'status' is neither ok, rejected nor failed");
    BOOST_TEST(with("\"ok\"", "\"failed\"") == "m: line 3: field 'reason' is missing");
    BOOST_TEST(with("\"ok\"", "\"failed\",\"reason\":\"crashed\"") ==
               "m: line 3: field 'keys' and 'shard' must be there with status ok, and only then");
    BOOST_TEST(with("0123456789abcdef", "0123456789abcdeg") ==
               "m: line 3: field 'hashes' is not made of 16 hexadecimal digits");
}

BOOST_AUTO_TEST_CASE(lines_and_their_places)
{
    const test::Folder folder;
    const std::string path = folder / "manifest.jsonl";
    std::vector<std::uint64_t> begins;
    std::uint64_t size = 0;
    {
        std::ofstream out(path, std::ios::binary);
        for (int i = 0; i < 5000; ++i) {
            UnitRecord r = accepted();
            r.source = std::string(std::size_t(i % 300), 'x') + std::to_string(i);
            const std::string line = manifest_line(r);
            begins.push_back(size);
            size += line.size();
            out << line;
        }
    }
    ManifestReader reader(path);
    std::size_t n = 0;
    while (const std::optional<UnitRecord> r = reader.next()) {
        BOOST_REQUIRE_EQUAL(reader.begin(), begins[n]);
        if (n % 977 == 0)
            BOOST_TEST(manifest_line_at(path, begins[n]).source == r->source);
        ++n;
    }
    BOOST_TEST(n == begins.size());
    BOOST_CHECK_THROW(manifest_line_at(path, size), Error);
    BOOST_CHECK_THROW(manifest_line_at(path, begins[3] + 1), Error);
}

BOOST_AUTO_TEST_CASE(settings_read_back)
{
    const Settings s = {{"size", "200"}, {"seed", "7"}};
    BOOST_TEST(settings_line(s) == "{\"seed\":\"7\",\"size\":\"200\"}\n");
    BOOST_CHECK(settings_from_line(settings_line(s), "x") == s);
    BOOST_CHECK_THROW(settings_from_line("{\"size\":200}\n", "x"), Error);
    const test::Folder folder;
    test::write_bytes(folder / "set.json", settings_text(s));
    BOOST_CHECK(read_settings(folder / "set.json") == s);
    std::string changed = settings_text(s);
    changed.replace(changed.find("200"), 3, "201");
    test::write_bytes(folder / "set.json", changed);
    BOOST_CHECK_THROW(read_settings(folder / "set.json"), Error);
}

BOOST_AUTO_TEST_SUITE_END()
