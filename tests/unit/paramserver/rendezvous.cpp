// The folder of addresses: who may take a place in it, what counts there, and which shards are missing.
#include "paramserver/rendezvous.h"
#include "../files.h"
#include "../standard_error.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include <csignal>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace nonna;
using namespace nonna::test;

namespace
{

const std::string url = "tcp://127.0.0.1:4711";
const std::string third = "servers-0001-0001-of-0003";

bool nobody_answers(const Found&) { return false; }
bool everybody_answers(const Found&) { return true; }

bool is_locked(const Error& e) { return e.status() == ExitStatus::locked; }

std::string urls(const std::vector<Found>& found)
{
    std::string text;
    for (const Found& f : found)
        text += f.shards.text() + "=" + f.url + " ";
    return text;
}

void write_address(const std::string& path, const std::string& text = url + "\n", mode_t mode = 0600)
{
    write_bytes(path, text);
    BOOST_REQUIRE(::chmod(path.c_str(), mode) == 0);
}

std::vector<Found> found(std::initializer_list<const char*> portions)
{
    std::vector<Found> all;
    for (const char* text : portions)
        all.push_back({Portion::parse(text, "--shard", true), text});
    return all;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(rendezvous)

BOOST_AUTO_TEST_CASE(a_place_of_its_own)
{
    const Folder folder;
    const Portion shards{1, 1, 3};
    {
        const Published published(folder.path, shards, url, nobody_answers);
        struct stat status {
        };
        BOOST_REQUIRE(::stat((folder / third).c_str(), &status) == 0);
        BOOST_TEST((status.st_mode & 0777) == 0600);
        BOOST_TEST(read_bytes(folder / third) == url + "\n");
        BOOST_TEST(folder.entries() == 1);
        BOOST_TEST(urls(Rendezvous(folder.path).servers()) == "1/3=" + url + " ");

        // whoever wants one of its shards, or the run cut otherwise, is refused and changes nothing
        for (const Portion& other : {shards, Portion{0, 2, 3}, Portion{0, 1, 3}, Portion{1, 2, 3}, Portion{0, 0, 1}}) {
            BOOST_CHECK_EXCEPTION(require_unserved(folder.path, other, nobody_answers), Error, is_locked);
            BOOST_CHECK_EXCEPTION(Published(folder.path, other, "ipc:///x", nobody_answers), Error, is_locked);
            BOOST_TEST(folder.entries() == 1);
        }
        BOOST_TEST(refusal([&] { require_unserved(folder.path, shards, nobody_answers); }) ==
                   (folder / third) + ": a server of shard 1/3 is running, at " + url +
                       "; stop it, or give another --rendezvous");
        const Published beside(folder.path, {0, 0, 3}, "ipc:///y", nobody_answers);
        BOOST_TEST(urls(Rendezvous(folder.path).servers()) == "0/3=ipc:///y 1/3=" + url + " ");
    }
    BOOST_TEST(folder.entries() == 0);
}

BOOST_AUTO_TEST_CASE(of_a_server_that_was_killed)
{
    const Folder folder;
    write_address(folder / third);
    write_address(folder / "servers-0000-0000-of-0003");
    write_address(folder / "servers-0000-0001-of-0002");
    write_address(folder / ".servers-0001-0001-of-0003.1-0");
    write_address(folder / "other");
    {
        const Published published(folder.path, {1, 1, 3}, "ipc:///new", nobody_answers);
        BOOST_TEST(urls(Rendezvous(folder.path).servers()) == "0/3=" + url + " 1/3=ipc:///new ");
        BOOST_TEST(folder.entries() == 3);
    }
    BOOST_TEST(urls(Rendezvous(folder.path).servers()) == "0/3=" + url + " ");    // not its own, and stays

    // A lock says nothing of another machine's server: it is asked.
    write_address(folder / third, "tcp://10.0.0.1:5\n");
    BOOST_CHECK_EXCEPTION(require_unserved(folder.path, {1, 1, 3}, everybody_answers), Error, is_locked);
    require_unserved(folder.path, {1, 1, 3}, nobody_answers);
    write_address(folder / third);    // of this one it says all
    require_unserved(folder.path, {1, 1, 3}, everybody_answers);
    write_address(folder / third, url + "\n", 0400);
    const Published published(folder.path, {1, 1, 3}, "ipc:///new", nobody_answers);
    BOOST_TEST(read_bytes(folder / third) == "ipc:///new\n");
}

BOOST_AUTO_TEST_CASE(a_place_that_was_taken_away)
{
    const Folder folder;
    {
        const Published published(folder.path, {1, 1, 3}, url, nobody_answers);
        write_address(folder / "new", "ipc:///new\n");
        std::filesystem::rename(folder / "new", folder / third);
    }
    BOOST_TEST(read_bytes(folder / third) == "ipc:///new\n");
    {
        const Published published(folder.path, {1, 1, 3}, url, nobody_answers);
        std::filesystem::remove(folder / third);
    }
    BOOST_TEST(folder.entries() == 0);
    {
        const Published published(folder.path, {1, 1, 3}, url, nobody_answers);
        write_bytes(folder / third, "ipc:///new\n");    // written over
    }
    BOOST_TEST(read_bytes(folder / third) == "ipc:///new\n");
}

BOOST_AUTO_TEST_CASE(many_at_once)
{
    const Folder folder;
    std::atomic<int> failed{0}, holders{0}, most{0}, held{0};
    {
        std::vector<std::jthread> servers;
        for (std::uint32_t i = 0; i < 8; ++i)    // four with a shard each, four that all want the same
            servers.emplace_back([&, i] {
                for (int round = 0; round < 20; ++round)
                    try {
                        const std::uint32_t shard = std::min(i, 4u);
                        const Published published(folder.path, {shard, shard, 5}, url, nobody_answers);
                        if (shard < 4)
                            continue;
                        ++held;
                        const int now = ++holders;
                        most = std::max(most.load(), now);
                        std::this_thread::yield();
                        --holders;
                    } catch (const Error& e) {
                        failed += i < 4 || !is_locked(e);
                    }
            });
    }
    BOOST_TEST(failed == 0);
    BOOST_TEST(most == 1);
    BOOST_TEST(held >= 1);
    BOOST_TEST(folder.entries() == 0);
}

BOOST_AUTO_TEST_CASE(several_claim_a_shard)
{
    const Folder folder;
    const Published zero(folder.path, {0, 0, 2}, "ipc:///0", nobody_answers);
    const Published one(folder.path, {1, 1, 2}, "ipc:///1", nobody_answers);
    const std::string both = "0/2=ipc:///0 1/2=ipc:///1 ";
    for (const char* dead : {"servers-0000-0001-of-0002", "servers-0000-0000-of-0001", "servers-0002-0002-of-0003",
                             "servers-0001-0002-of-0003"}) {
        write_address(folder / dead);
        BOOST_TEST(urls(Rendezvous(folder.path).servers()) == both, dead);
        std::filesystem::remove(folder / dead);
    }
    // none of them lives: nobody can say
    const Folder all_dead;
    write_address(all_dead / "servers-0000-0000-of-0001");
    write_address(all_dead / third);
    BOOST_TEST(Rendezvous(all_dead.path).servers().size() == 2);
}

BOOST_AUTO_TEST_CASE(a_trap_in_its_place)
{
    const Folder folder, home, log;
    write_bytes(home / "precious", "precious");
    for (const char* trap : {"link", "dangling", "chain", "fifo"}) {
        const StandardError said(log / "said");
        if (trap == std::string("fifo"))
            BOOST_REQUIRE(::mkfifo((folder / third).c_str(), 0666) == 0);
        else {
            std::filesystem::create_symlink(home / "precious", home / "middle");
            std::filesystem::create_symlink(home / (trap[0] == 'l'   ? "precious"
                                                    : trap[0] == 'd' ? "none"
                                                                     : "middle"),
                                            folder / third);
        }
        {
            const Published published(folder.path, {1, 1, 3}, url, nobody_answers);
            BOOST_TEST(urls(Rendezvous(folder.path).servers()) == "1/3=" + url + " ", trap);
        }
        BOOST_TEST(said.text().find("replaced by this server's address") != std::string::npos, trap);
        std::filesystem::remove(home / "middle");
        BOOST_TEST(folder.entries() == 0);
        BOOST_TEST((home.entries() == 1 && read_bytes(home / "precious") == "precious"), trap);
    }
    std::filesystem::create_directory(folder / third);
    BOOST_CHECK_THROW(Published(folder.path, {1, 1, 3}, url, nobody_answers), Error);
    BOOST_TEST(folder.entries() == 1);
    std::filesystem::remove(folder / third);
    if (::geteuid() == 0) {
        write_address(folder / third);
        BOOST_REQUIRE(::chown((folder / third).c_str(), 65534, 65534) == 0);
        BOOST_CHECK_EXCEPTION(Published(folder.path, {1, 1, 3}, url, nobody_answers), Error, is_locked);
        BOOST_TEST(read_bytes(folder / third) == url + "\n");
        // what is another user's does not count, and does not go
        const Published published(folder.path, {0, 2, 3}, url, nobody_answers);
        BOOST_TEST(folder.entries() == 2);
        const StandardError said(log / "said");
        BOOST_TEST(urls(Rendezvous(folder.path).servers()) == "0-2/3=" + url + " ");
        BOOST_TEST(said.text() == "nonna: " + (folder / third) + ": belongs to another user; passed over\n");
    }
}

BOOST_AUTO_TEST_CASE(strays)
{
    const Folder folder, home, log;
    write_address(folder / third);
    write_address(folder / "readme", "x");
    write_address(folder / ".servers-0000-0000-of-0003.1-0");
    const auto passed_over = [&](const std::string& name, const std::string& reason) {
        const StandardError said(log / "said");
        Rendezvous rendezvous(folder.path);
        const std::string all = urls(rendezvous.servers());
        const std::string text = said.text();
        BOOST_TEST(all == "1/3=" + url + " ", name);
        BOOST_TEST(text == "nonna: " + (folder / name) + ": " + reason + "; passed over\n");
        BOOST_TEST(urls(rendezvous.servers()) == all);    // and is said once
        BOOST_TEST(said.text() == text, name);
        std::filesystem::remove_all(folder / name);
    };
    for (const char* name :
         {"servers-0000-0000-of-0003~", "servers-0000-0000-of-0003.swp", "servers-", "servers-0-0-of-3",
          "servers-00000-0000-of-0003", "servers-0000-0000-of-00003", "servers-+000-0000-of-0003",
          "servers- 000-0000-of-0003", "servers--001-0000-of-0003", "servers-0000-0000-of-0003 ",
          "servers-0000-0000-OF-0003", "servers-0002-0001-of-0003", "servers-0000-0003-of-0003",
          "servers-0000-0000-of-0000", "servers-0000-0000-of-9999", "servers-000a-0000-of-0003"}) {
        write_address(folder / name);
        passed_over(name, "not the name of a server's file");
    }
    const std::string first = "servers-0000-0000-of-0003";
    for (const std::string& text :
         {std::string(), std::string("x"), std::string("x\n"), url, url + "\n" + url + "\n", "\n" + url + "\n",
          url + "\n\n", url + std::string("\0\n", 2), std::string("ipc:///x\x1b[2J\n"),
          std::string("http://127.0.0.1:1\n"), std::string("tcp://127.0.0.1\n"), url + "\r\n",
          "ipc://" + std::string(5000, 'x') + "\n", std::string(100000, '\0')}) {
        write_address(folder / first, text);
        passed_over(first, "holds no server's address");
    }
    for (const mode_t mode : {0620, 0602, 0666, 0777}) {
        write_address(folder / first, url + "\n", mode);
        passed_over(first, "others may write it");
    }
    write_address(home / "there");
    std::filesystem::create_symlink(home / "there", folder / first);
    passed_over(first, "a link, which is not followed");
    std::filesystem::create_symlink(first, folder / first);    // to itself
    passed_over(first, "a link, which is not followed");
    std::filesystem::create_symlink("/dev/zero", folder / first);
    passed_over(first, "a link, which is not followed");
    std::filesystem::create_directory(folder / first);
    passed_over(first, "not a regular file");
    BOOST_REQUIRE(::mkfifo((folder / first).c_str(), 0600) == 0);
    ::alarm(20);    // a reader of it would wait for ever
    passed_over(first, "not a regular file");
    ::alarm(0);
    sockaddr_un address{AF_UNIX, {}};
    (folder / first).copy(address.sun_path, sizeof address.sun_path - 1);
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0), "socket");
    BOOST_REQUIRE(::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    passed_over(first, "not a regular file");

    for (int i = 0; i < 40; ++i)
        write_address(folder / ("servers-" + std::to_string(10 + i)));
    const StandardError said(log / "said");
    BOOST_TEST(Rendezvous(folder.path).servers().size() == 1);
    BOOST_TEST(said.text() == "nonna: " + (folder / "servers-10") +
                                  ": not the name of a server's file; passed over, as 39 more like it are\n");
    BOOST_TEST(Rendezvous(folder / "none").servers().empty());
}

BOOST_AUTO_TEST_CASE(whole_rows)
{
    const auto row = [](std::initializer_list<const char*> portions) { return urls(complete(found(portions))); };
    BOOST_TEST(row({}) == "");
    BOOST_TEST(row({"0/1"}) == "0/1=0/1 ");
    BOOST_TEST(row({"0/2"}) == "");
    BOOST_TEST(row({"0/2", "1/2"}) == "0/2=0/2 1/2=1/2 ");
    BOOST_TEST(row({"0/10", "0/1"}) == "0/1=0/1 ");                        // a stray of another cut
    BOOST_TEST(row({"0/3", "0-1/3", "2/3"}) == "0-1/3=0-1/3 2/3=2/3 ");    // the first way is none
    BOOST_TEST(row({"0-1/3", "1-2/3"}) == "");
    BOOST_TEST(row({"1/2"}) == "");

    const auto gaps = [](std::initializer_list<const char*> portions) { return shards_text(missing(found(portions))); };
    BOOST_TEST(gaps({"0/2", "1/2"}) == "");
    BOOST_TEST(gaps({"0/2"}) == "shard 1/2");
    BOOST_TEST(gaps({"1/4", "3/4"}) == "shard 0/4, shard 2/4");
    BOOST_TEST(gaps({"1-2/8"}) == "shard 0/8, shard 3-7/8");
    BOOST_TEST(gaps({"0/1", "1/3"}) == "");
    BOOST_TEST(gaps({"0/2", "1/3"}) == "shard 1/2, shard 0/3, shard 2/3");
}

BOOST_AUTO_TEST_SUITE_END()
