#include "io/output.h"
#include "../files.h"
#include "io/digest.h"

#include <csignal>
#include <fcntl.h>
#include <functional>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace nonna;
using namespace nonna::test;

namespace
{

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// The wait status of a child whose standard output is `fd`.
int child_with_stdout(int fd, const std::function<void()>& action)
{
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(fd, STDOUT_FILENO);
        signal(SIGPIPE, SIG_DFL);
        try {
            action();
        } catch (const Error& e) {
            _exit(e.subject() == "standard output" ? 40 + static_cast<int>(e.status()) : 99);
        }
        _exit(0);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    return status;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(output)

BOOST_AUTO_TEST_CASE(appears_at_commit_only)
{
    const Folder folder;
    const std::string path = folder / "out.tsv";
    {
        Output output(path, Output::Kind::text);
        output.write("half");
        BOOST_TEST(!std::filesystem::exists(path));
    }
    BOOST_TEST(folder.entries() == 0u);
    {
        Output output(path, Output::Kind::text);
        const std::string large(1'000'000, 'x');
        output.write("one ");
        output.write(large);
        output.write(bytes_of(" two"));
        output.overwrite(1, bytes_of("NE"));
        BOOST_TEST(output.name() == path);
        output.commit();
        BOOST_TEST(read_bytes(path) == "oNE " + large + " two");
    }
    BOOST_TEST(folder.entries() == 1u);
}

BOOST_AUTO_TEST_CASE(without_commit_the_old_file_stays)
{
    const Folder folder;
    const std::string path = folder / "out";
    write_bytes(path, "old");
    {
        Output output(path, Output::Kind::binary);
        output.write("new");
    }
    BOOST_TEST(read_bytes(path) == "old");
    {
        Output first(path, Output::Kind::binary);
        first.write("moved");
        Output second(std::move(first));
        second.commit();
    }
    BOOST_TEST(read_bytes(path) == "moved");
    BOOST_TEST(folder.entries() == 1u);
}

BOOST_AUTO_TEST_CASE(modes_and_links)
{
    const Folder folder;
    const mode_t before = umask(027);
    Output(folder / "fresh", Output::Kind::text).commit();
    umask(before);
    struct stat status {
    };
    stat((folder / "fresh").c_str(), &status);
    BOOST_TEST((status.st_mode & 0777) == 0640u);

    write_bytes(folder / "kept", "old");
    chmod((folder / "kept").c_str(), 0604);
    std::filesystem::create_symlink("kept", folder / "link");
    Output output(folder / "link", Output::Kind::text);
    output.write("new");
    output.commit();
    BOOST_TEST(std::filesystem::is_symlink(folder / "link"));
    BOOST_TEST(read_bytes(folder / "kept") == "new");
    stat((folder / "kept").c_str(), &status);
    BOOST_TEST((status.st_mode & 0777) == 0604u);
}

BOOST_AUTO_TEST_CASE(two_outputs_with_one_name_do_not_mix)
{
    const Folder folder;
    Output a(folder / "out", Output::Kind::text), b(folder / "out", Output::Kind::text);
    a.write("a");
    b.write("bb");
    a.commit();
    BOOST_TEST(read_bytes(folder / "out") == "a");
    b.commit();
    BOOST_TEST(read_bytes(folder / "out") == "bb");
    BOOST_TEST(folder.entries() == 1u);
}

BOOST_AUTO_TEST_CASE(refusals_name_the_target)
{
    const Folder folder;
    const std::string lost = folder / "no/such/folder/out";
    BOOST_TEST(refusal([&] { Output(lost, Output::Kind::text); }) == lost + ": no such file or directory");
    BOOST_TEST(refusal([&] { Output(folder.path, Output::Kind::text); }) == folder.path + ": is a directory");
    BOOST_TEST(refusal([&] { Output("", Output::Kind::text); }) == ": no such file or directory");
    BOOST_TEST(refusal([] {
                   Output full("/dev/full", Output::Kind::text);
                   full.write("text");
                   full.commit();
               }) == "/dev/full: no space left on device");
    BOOST_TEST(refusal([] {
                   Output null("/dev/null", Output::Kind::text);
                   BOOST_TEST(!null.can_overwrite());
                   null.write("text");
                   null.commit();
               }) == "");
    BOOST_TEST(std::filesystem::is_character_file("/dev/null"));
}

BOOST_AUTO_TEST_CASE(a_fifo_is_written_directly)
{
    const Folder folder;
    BOOST_REQUIRE(mkfifo((folder / "fifo").c_str(), 0600) == 0);
    std::string got;
    {
        std::jthread reader([&] { got = read_bytes(folder / "fifo"); });
        Output output(folder / "fifo", Output::Kind::binary);
        output.write("through");
        output.commit();
    }
    BOOST_TEST(got == "through");
    BOOST_TEST(folder.entries() == 1u);
}

BOOST_AUTO_TEST_CASE(standard_output)
{
    const auto print = [] {
        Output output("-", Output::Kind::binary);
        output.write("text");
        output.commit();
    };
    int ends[2];
    BOOST_REQUIRE(pipe(ends) == 0);
    BOOST_TEST(child_with_stdout(ends[1], print) == 0);
    char text[8] = {};
    BOOST_TEST(read(ends[0], text, sizeof text) == 4);
    close(ends[0]);
    const int broken = child_with_stdout(ends[1], print);    // nobody reads
    close(ends[1]);
    BOOST_TEST((WIFSIGNALED(broken) && WTERMSIG(broken) == SIGPIPE));

    const int full = open("/dev/full", O_WRONLY);
    const int status = child_with_stdout(full, print);
    close(full);
    BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 41));

    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) {
        BOOST_TEST_MESSAGE("no pseudo-terminals here: the refusal of binary data is not tested");
        return;
    }
    const int slave = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    const int refused = child_with_stdout(slave, print);
    close(slave);
    close(terminal);
    BOOST_TEST((WIFEXITED(refused) && WEXITSTATUS(refused) == 42));    // status usage
}

BOOST_AUTO_TEST_CASE(whole_files)
{
    const Folder folder;
    const std::string path = folder / "in";
    const std::string content(200'000, 'y');
    write_bytes(path, content);
    BOOST_TEST(read_whole_file(path, 200'000) == content);
    BOOST_TEST(refusal([&] { read_whole_file(path, 199'999); }) == path + ": larger than 199999 bytes");
    BOOST_TEST(refusal([&] { read_whole_file(folder / "no", 1); }) == folder / "no" + ": no such file or directory");
    BOOST_TEST(refusal([&] { read_whole_file(folder.path, 1); }) == folder.path + ": is a directory");
    BOOST_TEST(refusal([&] { read_whole_file("/dev/zero", 1'000'000); }) == "/dev/zero: larger than 1000000 bytes");
    write_bytes(path, "");
    BOOST_TEST(read_whole_file(path, 0) == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(digest)

// The examples of FIPS 180-2.
BOOST_AUTO_TEST_CASE(known_answers)
{
    BOOST_TEST(sha256({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    const std::string abc = "abc", longer = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    BOOST_TEST(sha256(bytes_of(abc)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    BOOST_TEST(sha256(bytes_of(longer)) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    Sha256 sum;
    sum.add(bytes_of(longer).first(20));
    Sha256 copy(sum);
    sum.add(bytes_of(longer).subspan(20));
    BOOST_TEST(sum.hex() == sha256(bytes_of(longer)));
    BOOST_TEST(copy.hex() == sha256(bytes_of(longer).first(20)));

    const Folder folder;
    const std::string million(1'000'000, 'a');
    write_bytes(folder / "a", million);
    BOOST_TEST(sha256_file(folder / "a") == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    BOOST_TEST(refusal([&] { sha256_file(folder / "b"); }) == folder / "b" + ": no such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()
