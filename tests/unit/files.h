// Files for a test of any room: a folder that goes when the test ends, whole-file reads and writes, and the text of a
// refusal.
#pragma once

#include "base/error.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace nonna::test
{

struct Folder {
    std::string path;

    Folder()
    {
        path = (std::filesystem::temp_directory_path() / "nonna-test-XXXXXX").string();
        BOOST_REQUIRE(mkdtemp(path.data()) != nullptr);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string operator/(const std::string& name) const { return path + "/" + name; }
    void write(const std::string& name, const std::string& bytes) const;    // "a/b.txt": the folder a too
    std::string read(const std::string& name) const;
    std::size_t entries() const
    {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
    }
};

inline std::string read_bytes(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    BOOST_REQUIRE_MESSAGE(file, "cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const std::string& path, const std::string& bytes)
{
    std::ofstream(path, std::ios::binary) << bytes;
}

inline void Folder::write(const std::string& name, const std::string& bytes) const
{
    std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
    write_bytes(*this / name, bytes);
}

inline std::string Folder::read(const std::string& name) const { return read_bytes(*this / name); }

inline std::string golden(const std::string& name) { return std::string(NONNA_SOURCE_DIR) + "/tests/golden/" + name; }

// "subject: reason" of the Error that `action` throws; "" when it throws none.
template <class Action> std::string refusal(Action&& action)
{
    try {
        action();
    } catch (const Error& e) {
        return e.what();
    }
    return "";
}

}    // namespace nonna::test
