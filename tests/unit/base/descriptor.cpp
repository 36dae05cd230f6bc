#include "base/descriptor.h"
#include "../files.h"

#include <fcntl.h>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

using namespace nonna;
using namespace nonna::test;

namespace
{

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

std::span<std::byte> bytes_of(std::string& text) { return std::as_writable_bytes(std::span(text)); }

Descriptor new_file(const Folder& folder, const std::string& content)
{
    write_bytes(folder / "file", content);
    return Descriptor::open(folder / "file", O_RDWR);
}

}    // namespace

BOOST_AUTO_TEST_SUITE(descriptor)

BOOST_AUTO_TEST_CASE(one_owner_closes_once)
{
    const Folder folder;
    int first = -1, second = -1;
    {
        Descriptor a = new_file(folder, "a"), b = new_file(folder, "b");
        first = a.number();
        second = b.number();
        BOOST_TEST(::fcntl(first, F_GETFD) == FD_CLOEXEC);
        a = std::move(b);
        BOOST_TEST(!is_open(first));
        BOOST_TEST(a.number() == second);
        BOOST_TEST(!b);
        const Descriptor c(std::move(a));
        BOOST_TEST(!a);
        BOOST_TEST(is_open(second));
    }
    BOOST_TEST(!is_open(second));
    const int lent = ::dup(STDERR_FILENO);
    {
        Descriptor borrowed = Descriptor::borrow(lent, "lent");
        borrowed.close();
    }
    BOOST_TEST(is_open(lent));
    ::close(lent);
}

BOOST_AUTO_TEST_CASE(failures_name_the_file)
{
    const Folder folder;
    BOOST_TEST(refusal([&] { Descriptor::open(folder / "none", O_RDONLY); }) ==
               folder / "none" + ": no such file or directory");
    BOOST_TEST(!Descriptor::try_open(folder / "none", O_RDONLY));
    BOOST_TEST(errno == ENOENT);
    Descriptor full = Descriptor::open("/dev/full", O_WRONLY);
    BOOST_TEST(refusal([&] { full.write(std::string_view("words")); }) == "/dev/full: no space left on device");
    full.rename("my output");
    BOOST_TEST(refusal([&] { full.write(std::string_view("words")); }) == "my output: no space left on device");
    Descriptor lost = new_file(folder, "");
    ::close(lost.number());
    BOOST_TEST(refusal([&] { lost.close(); }) == folder / "file" + ": bad file descriptor");
    BOOST_TEST(refusal([&] { lost.close(); }) == "");    // nothing is open any more
}

BOOST_AUTO_TEST_CASE(reads_are_whole)
{
    const Folder folder;
    Descriptor file = new_file(folder, "0123456789");
    BOOST_TEST(file.size() == 10u);
    std::string piece(4, ' ');
    file.read_at(3, bytes_of(piece));
    BOOST_TEST(piece == "3456");
    BOOST_TEST(refusal([&] { file.read_at(7, bytes_of(piece)); }) == folder / "file" + ": truncated");
    std::string all(20, ' ');
    BOOST_TEST(file.read(bytes_of(all)) == 10u);
    BOOST_TEST(file.read(bytes_of(all)) == 0u);

    // A pipe gives what is in it; read goes on until it has all that was asked for.
    Pipe pipe = open_pipe("pipe");
    pipe.write_end.write(std::string_view("ab"));
    BOOST_TEST(pipe.read_end.read_some(bytes_of(all)) == 2u);
    const pid_t child = ::fork();
    if (child == 0) {
        for (int i = 0; i < 50; ++i)
            if (!write_all(pipe.write_end.number(), std::string(3000, char('a' + i % 26))))
                ::_exit(1);
        ::_exit(0);
    }
    pipe.write_end = {};
    std::string much(160'000, ' ');
    BOOST_TEST(pipe.read_end.read(bytes_of(much)) == 150'000u);
    BOOST_TEST(much[149'999] == char('a' + 49 % 26));
    uninterrupted([&] { return ::waitpid(child, nullptr, 0); });
}

BOOST_AUTO_TEST_CASE(appending_and_cutting)
{
    const Folder folder;
    Descriptor file = new_file(folder, "0123456789");
    file.cut(4);
    file.write(std::string_view("xy"));    // where it was cut
    file.write_at(1, std::as_bytes(std::span("AB", 2)));
    file.sync();
    file.sync_data();
    BOOST_TEST(read_bytes(folder / "file") == "0AB3xy");

    write_bytes(folder / "other", std::string(300'000, 'o') + "rest");
    const Descriptor other = Descriptor::open(folder / "other", O_RDONLY);
    file.append_copy(other, 300'001);
    file.write(std::string_view("."));
    BOOST_TEST((read_bytes(folder / "file") == "0AB3xy" + std::string(300'000, 'o') + "r."));
    BOOST_TEST(refusal([&] { file.append_copy(other, 300'005); }) == folder / "other" + ": truncated");

    ::unlink((folder / "other").c_str());
    BOOST_TEST(read_bytes(other.path_while_open()).ends_with("orest"));
    sync_folder(folder.path);
    sync_folder(folder / "none");    // nobody's failure
}

BOOST_AUTO_TEST_CASE(locks)
{
    const Folder folder;
    const Descriptor one = new_file(folder, ""), two = Descriptor::open(folder / "file", O_RDONLY);
    {
        const Descriptor reader = Descriptor::open(folder / "file", O_RDONLY);
        BOOST_TEST(reader.try_lock(true));
        BOOST_TEST(two.try_lock(true));
        BOOST_TEST(!one.try_lock(false));
    }
    BOOST_TEST(one.try_lock(true));
    BOOST_TEST(!one.try_lock(false));
    BOOST_TEST(refusal([] { Descriptor(-1, "none").try_lock(true); }) == "none: bad file descriptor");
}

BOOST_AUTO_TEST_CASE(a_signal_breaks_nothing_off)
{
    int calls = 0;
    const auto broken_off_twice = [&] {
        errno = EINTR;
        return ++calls < 3 ? -1 : 7;
    };
    BOOST_TEST(uninterrupted(broken_off_twice) == 7);
    BOOST_TEST(calls == 3);
    const auto failing = [&] {
        ++calls;
        errno = EIO;
        return -1;
    };
    BOOST_TEST(uninterrupted(failing) == -1);
    BOOST_TEST(calls == 4);
}

BOOST_AUTO_TEST_SUITE_END()
