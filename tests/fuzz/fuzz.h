// A fuzz target: libFuzzer's entry, which replay.cpp calls too, and what it has understood so far.
//
// Bytes from anywhere must give an Error, or something that reads back as itself; anything else ends the process. What
// a target tries is counted by bits of `fuzz_met`, so that a corpus that no longer reaches what it was made for is
// found out: replayed whole it must meet all of `fuzz_all`.
#pragma once

#include "base/error.h"
#include "io/spool.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern std::uint32_t fuzz_met;
extern const std::uint32_t fuzz_all;

namespace nonna::fuzz
{

inline void require(bool condition, const char* what)
{
    if (condition)
        return;
    std::fprintf(stderr, "fuzz: %s\n", what);
    std::abort();
}

// Tries one reader: true where it took the bytes, which is noted. An Error is what bad bytes should give, and so is a
// refusal to reserve what they ask for.
template <class Read> bool reads(std::uint32_t bit, Read read)
{
    try {
        read();
    } catch (const Error&) {
        return false;
    } catch (const std::bad_alloc&) {
        return false;
    }
    fuzz_met |= 1u << bit;
    return true;
}

// Where readers of files find their input; it goes when the process ends.
struct Folder {
    std::string path = temporary_folder() + "/nonna-fuzz-XXXXXX";
    Folder() { require(mkdtemp(path.data()) != nullptr, "no folder for the input: TMPDIR?"); }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string file(const std::string& name, const std::uint8_t* data, std::size_t size) const
    {
        const std::string at = path + "/" + name;
        std::ofstream(at, std::ios::binary).write(reinterpret_cast<const char*>(data), std::streamsize(size));
        return at;
    }
};

}    // namespace nonna::fuzz
