// The folder of addresses: where pages of metrics are, as Prometheus reads it and as it is read here.
#include "paramserver/metrics_address.h"
#include "../files.h"

#include <boost/test/unit_test.hpp>

#include <optional>

#include <sys/stat.h>
#include <unistd.h>

using namespace nonna;
using namespace nonna::test;

namespace
{

const Process second{"replica", {1, 1, 2}};
const std::string its_file = "metrics-replica-0001-0001-of-0002.json";

std::string urls(const std::string& folder)
{
    std::string text;
    for (const MetricsPage& page : metrics_pages(folder))
        text += page.process.text() + "=" + page.url + " ";
    return text;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(metrics_address)

BOOST_AUTO_TEST_CASE(published_and_withdrawn)
{
    const Folder folder;
    const std::string run = folder / "run";
    {
        const MetricsAddress replica(run, second, "http://127.0.0.1:4711/metrics");
        const MetricsAddress server(run, {"server", {0, 3, 8}}, "http://[::1]:1/m");
        BOOST_TEST(urls(run) == "server 0-3/8=http://[::1]:1/m replica 1/2=http://127.0.0.1:4711/metrics ");
        BOOST_TEST(folder.read("run/" + its_file) ==
                   "[{\"targets\":[\"127.0.0.1:4711\"],\"labels\":{\"__metrics_path__\":\"/metrics\",\"job\":\"nonna-"
                   "train\",\"process\":\"replica 1/2\",\"run\":\"" +
                       run + "\"}}]\n");
        struct stat about {
        };
        BOOST_REQUIRE(::stat((run + "/" + its_file).c_str(), &about) == 0);
        const mode_t mask = ::umask(0);
        ::umask(mask);
        BOOST_TEST((about.st_mode & 0777) == (0644 & ~mask));    // for the user that Prometheus has
    }
    BOOST_TEST(urls(run).empty());
    BOOST_TEST(std::filesystem::is_empty(run));
}

// Whoever comes later is the one that runs: a killed process leaves its file, and a younger one takes a replica's
// place.
BOOST_AUTO_TEST_CASE(the_last_one_stands)
{
    const Folder folder;
    folder.write(its_file, "left over");
    std::optional<MetricsAddress> old(std::in_place, folder.path, second, "http://127.0.0.1:1/metrics");
    const MetricsAddress young(folder.path, second, "http://127.0.0.1:2/metrics");
    old.reset();
    BOOST_TEST(urls(folder.path) == "replica 1/2=http://127.0.0.1:2/metrics ");
}

BOOST_AUTO_TEST_CASE(a_link_is_not_followed)
{
    const Folder folder;
    folder.write("precious", "kept");
    BOOST_REQUIRE(::symlink("precious", (folder / its_file).c_str()) == 0);
    BOOST_TEST(urls(folder.path).empty());
    const MetricsAddress address(folder.path, second, "http://127.0.0.1:1/metrics");
    BOOST_TEST(folder.read("precious") == "kept");
    BOOST_TEST(urls(folder.path) == "replica 1/2=http://127.0.0.1:1/metrics ");
}

BOOST_AUTO_TEST_CASE(what_does_not_count)
{
    const Folder folder;
    const std::string good = "[{\"targets\": [\"h:1\"], \"labels\": {\"__metrics_path__\": \"/m\"}}]";
    folder.write(its_file, good);
    BOOST_TEST(urls(folder.path) == "replica 1/2=http://h:1/m ");
    for (const char* text : {"", "[", "[]", "[{\"targets\": []}]", "[{\"targets\": [1], \"labels\": {}}]", "7"}) {
        folder.write(its_file, text);
        BOOST_TEST(urls(folder.path).empty(), text);
    }
    folder.write(its_file, good);
    BOOST_REQUIRE(::chmod((folder / its_file).c_str(), 0666) == 0);
    BOOST_TEST(urls(folder.path).empty());
    folder.write("metrics-replica-1-1-of-2.json", good);
    folder.write("metrics-other-0000-0000-of-0001.json", good);
    BOOST_TEST(urls(folder.path).empty());
}

BOOST_AUTO_TEST_SUITE_END()
