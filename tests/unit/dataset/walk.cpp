#include "dataset/walk.h"

#include "../files.h"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace nonna;
namespace fs = std::filesystem;

namespace
{

struct Folder : test::Folder {
    ~Folder()
    {
        std::error_code error;
        for (const auto& entry : fs::recursive_directory_iterator(path, error))
            if (entry.is_directory(error) && !entry.is_symlink(error))
                ::chmod(entry.path().c_str(), 0700);
    }
    void file(const std::string& name) const
    {
        fs::create_directories(fs::path(path + "/" + name).parent_path());
        std::ofstream(path + "/" + name) << "x";
    }
    void link(const std::string& to, const std::string& name) const { fs::create_symlink(to, path + "/" + name); }

    // Found files, without the folder's name; "NAME [CODE]" of what is refused.
    std::vector<std::string> walk(const std::string& below = "") const
    {
        std::vector<std::string> found;
        Walk w(path + below, named_like_video);
        while (const std::optional<Walk::Found> one = w.next()) {
            BOOST_REQUIRE(one->path.starts_with(path));
            std::string name = one->path.substr(std::min(one->path.size(), path.size() + 1));
            if (one->refusal) {
                BOOST_CHECK_EQUAL(one->refusal->subject(), one->path);
                name.append(" [").append(reason_code(one->refusal->code())).append("]");
            }
            found.push_back(name);
        }
        return found;
    }
};

void check(const std::vector<std::string>& got, const std::vector<std::string>& expected)
{
    BOOST_CHECK_EQUAL_COLLECTIONS(got.begin(), got.end(), expected.begin(), expected.end());
}

}    // namespace

BOOST_AUTO_TEST_SUITE(walk)

BOOST_AUTO_TEST_CASE(in_the_byte_order_of_paths)
{
    const Folder folder;
    for (const char* const name : {"b.mp4", "a/z.mkv", "a-b/x.MP4", "a.mp4", "Z.avi", "a/deep/er/y.gif", "c/notes.txt",
                                   ".hidden.mp4", ".git/v.mp4", "a/.h.mp4", "\xc3\xa4.mp4", "noend", ".mp4", "mp4"})
        folder.file(name);
    fs::create_directory(folder.path + "/empty.mp4");
    check(folder.walk(), {"Z.avi", "a-b/x.MP4", "a.mp4", "a/deep/er/y.gif", "a/z.mkv", "b.mp4", "\xc3\xa4.mp4"});
    check(folder.walk("/"), folder.walk());
    check(folder.walk("/empty.mp4"), {});
}

BOOST_AUTO_TEST_CASE(links_are_followed_and_circles_end)
{
    const Folder folder;
    folder.file("real/a.mp4");
    folder.file("real/sub/b.mp4");
    folder.link("..", "real/sub/up");
    folder.link(".", "real/self");
    folder.link("real", "again");    // before the real one in the order: the one that is entered
    folder.link("real/a.mp4", "c.mp4");
    folder.link("gone", "dangling");
    folder.link("loop2.mp4", "loop1.mp4");
    folder.link("loop1.mp4", "loop2.mp4");
    check(folder.walk(), {"again/a.mp4", "again/sub/b.mp4", "c.mp4", "dangling [unreadable]", "loop1.mp4 [unreadable]",
                          "loop2.mp4 [unreadable]"});
    BOOST_CHECK_EQUAL(folder.walk("/again").size(), 2u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_walked_is_named_and_the_walk_goes_on)
{
    const Folder folder;
    folder.file("a/v.mp4");
    folder.file("b/v.mp4");
    folder.file("c/v.mp4");
    BOOST_REQUIRE(::mkfifo((folder.path + "/c/pipe").c_str(), 0600) == 0);
    folder.link("/dev/null", "c/null.mp4");
    check(Folder().walk("/gone"), {"gone [unreadable]"});
    check(folder.walk("/a/v.mp4"), {"a/v.mp4 [unreadable]"});    // not a folder
    check(folder.walk(), {"a/v.mp4", "b/v.mp4", "c/null.mp4 [not_regular]", "c/pipe [not_regular]", "c/v.mp4"});
    BOOST_REQUIRE(::chmod(folder.path.c_str(), 0755) == 0 && ::chmod((folder.path + "/b").c_str(), 0) == 0);
    const uid_t user = ::geteuid();
    if (user == 0)    // who may read every folder
        BOOST_REQUIRE(::seteuid(65534) == 0);
    const std::vector<std::string> found = folder.walk();
    BOOST_REQUIRE(user == ::geteuid() || ::seteuid(user) == 0);
    check(found, {"a/v.mp4", "b [unreadable]", "c/null.mp4 [not_regular]", "c/pipe [not_regular]", "c/v.mp4"});
}

BOOST_AUTO_TEST_CASE(names_and_folders_mixed)
{
    const Folder folder;
    folder.file("d/a.mp4");
    folder.file("d/notes.txt");
    folder.file("words.txt");
    const std::vector<std::string> names = {folder.path + "/words.txt", folder.path + "/d", folder.path + "/gone",
                                            folder.path + "/d"};
    const auto walked = [&](bool recursive) {
        std::vector<std::string> found;
        std::size_t next = 0;
        FileWalk files(
            [&](std::string& name) {
                if (next == names.size())
                    return false;
                name = names[next++];
                return true;
            },
            recursive, named_like_video);
        while (const std::optional<Walk::Found> one = files.next()) {
            // a folder that is not walked is told how it would be
            BOOST_TEST((one->refusal ? one->refusal->reason() : "") ==
                       (!recursive && one->path.ends_with("/d") ? "a folder, whose files --recursive takes" : ""));
            found.push_back(one->path.substr(folder.path.size() + 1));
        }
        return found;
    };
    check(walked(true), {"words.txt", "d/a.mp4", "gone", "d/a.mp4"});    // each argument is a walk of its own
    check(walked(false), {"words.txt", "d", "gone", "d"});
}

BOOST_AUTO_TEST_CASE(names_that_fit_a_table)
{
    BOOST_CHECK(is_tabular("a b/\xff\x01.mp4"));
    for (const char* const name : {"a\tb", "a\nb", "a\rb"})
        BOOST_CHECK(!is_tabular(name));
    BOOST_CHECK(named_like_picture("a/b.JPeG") && !named_like_picture("a/b.gif") && !named_like_picture("jpg"));
}

// The manual's list of endings is this one.
BOOST_AUTO_TEST_CASE(the_manual_lists_the_endings)
{
    std::ifstream page(NONNA_SOURCE_DIR "/man/nonna-frames.1.in");
    BOOST_REQUIRE(page.is_open());
    std::vector<std::string> listed;
    bool in_section = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with(".S"))
            in_section = line == ".Ss Endings of videos";
        if (!in_section || line.starts_with("."))
            continue;
        std::istringstream words(line);
        listed.insert(listed.end(), std::istream_iterator<std::string>(words), {});
    }
    check(listed, video_endings());
}

BOOST_AUTO_TEST_CASE(what_is_left_out_is_counted)
{
    const Folder folder;
    for (const char* const name : {"a.mp4", "b.heic", "c.HEIC", "deep/d.heic", "e.txt", "noend", ".hidden.xyz"})
        folder.file(name);
    Walk w(folder.path, named_like_video);
    while (w.next()) {
    }
    BOOST_CHECK_EQUAL(w.left_out().text(),
                      "5 files left out by the ending of the name: 3 .heic, 1 without an ending, 1 .txt");
    LeftOut many;
    for (int i = 0; i < 12; ++i)
        many.add("x.e" + std::to_string(i));
    BOOST_CHECK(many.text().ends_with(", 4 others"));
}

BOOST_AUTO_TEST_CASE(every_ending_of_jpeg)
{
    for (const char* const name :
         {"a.jpg", "a.JPEG", "a.jpe", "a.jfif", "a.JFI", "a.jif", "a.pjpeg", "a.pjp", "a.png", "a.webp"})
        BOOST_CHECK_MESSAGE(named_like_picture(name), name);
    for (const char* const name : {"a.heic", "a.bmp", "a.jpg.txt", "jpg"})
        BOOST_CHECK_MESSAGE(!named_like_picture(name), name);
}

BOOST_AUTO_TEST_SUITE_END()
