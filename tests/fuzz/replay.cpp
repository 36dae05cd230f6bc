// A fuzz target over a corpus, where there is no fuzzer: each file, beginnings of it, and it with one byte changed.
// Fails as the target does, by a signal, or where the corpus no longer has all that the target can meet.
//
// usage: replay_TARGET CORPUS
#include "fuzz.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <vector>

namespace
{

// Of a long file so many beginnings and places, evenly: a test should not last.
constexpr std::size_t most_places = 400;

void run(const std::string& bytes)
{
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}    // namespace

int main(int argc, char** argv)
{
    if (argc != 2)
        return 2;
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
        std::ifstream file(entry.path(), std::ios::binary);
        files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    for (const std::string& bytes : files)
        run(bytes);
    const std::uint32_t lacking = fuzz_all & ~fuzz_met;
    for (const std::string& bytes : files) {
        const std::size_t stride = std::max<std::size_t>(1, bytes.size() / most_places);
        for (std::size_t at = 0; at < bytes.size(); at += stride) {
            run(bytes.substr(0, at));
            for (const int change : {1, 0x80, 0xff}) {
                std::string other = bytes;
                other[at] = char(other[at] ^ change);
                run(other);
            }
            if (std::isdigit(static_cast<unsigned char>(bytes[at])))    // a larger number, a longer one
                run(bytes.substr(0, at) + "99999999999999999999" + bytes.substr(at + 1));
        }
    }
    std::printf("%zu files\n", files.size());
    if (lacking) {
        std::fprintf(stderr, "the corpus lacks what the target could meet: bits %#x\n", lacking);
        return 1;
    }
    return 0;
}
