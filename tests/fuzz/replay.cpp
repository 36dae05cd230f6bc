// The fuzz target over the corpus, where there is no fuzzer: each file, each beginning of it, and each with one byte
// changed. Fails as the target does, by a signal, or where the corpus no longer has a message of every kind.
//
// usage: replay_decoder CORPUS | replay_decoder --write CORPUS (made anew from our own messages)
#include "../unit/paramserver/samples.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

using namespace nonna;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern std::uint32_t fuzz_decoded;

namespace
{

void run(const std::string& bytes)
{
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

void write(const std::string& folder)
{
    const auto file = [&](const std::string& name, const test::Bytes& bytes) {
        std::ofstream(folder + "/" + name, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
    };
    for (const test::Sample& s : test::samples()) {
        file(s.name, s.bytes);
        test::Bytes cut = s.bytes;
        cut.resize(cut.size() - cut.size() / 3);
        file(s.name + "-cut", cut);
    }
    using test::altered;
    const test::Bytes push = test::example_push();
    file("empty", {});
    file("push-version-2", altered(push, 4, std::uint16_t(2)));
    file("push-many-numbers", altered(push, 72, (std::uint64_t(1) << 62) + 3));
    file("push-range-wraps", altered(push, 64, ~std::uint64_t(0)));
    file("push-many-statistics", altered(push, 20, 0xffffffffu));
    file("push-decay-nan", altered(push, 56, std::numeric_limits<double>::quiet_NaN()));
    file("push-number-nan", altered(push, 96, std::numeric_limits<float>::quiet_NaN()));
    file("push-no-numbers", test::Bytes(push.begin(), push.begin() + 96));
    file("welcome-many-shards", altered(encode(test::example_welcome()), 52, 0xffffffffu));
    file("hello-role-9", altered(encode(test::example_hello()), 16, 9u));
    file("error-long", encode(ErrorMessage{ErrorCode::failed, std::string(900, 'x')}));
}

}    // namespace

int main(int argc, char** argv)
{
    if (argc == 3 && std::string(argv[1]) == "--write") {
        write(argv[2]);
        return 0;
    }
    if (argc != 2)
        return 2;
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(file), {}};
        ++files;
        run(bytes);
    }
    const std::uint32_t whole = fuzz_decoded;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(file), {}};
        for (std::size_t n = 0; n < bytes.size(); ++n)
            run(bytes.substr(0, n));
        for (std::size_t at = 0; at < bytes.size(); ++at)
            for (const int change : {1, 0x80, 0xff}) {
                std::string other = bytes;
                other[at] = char(other[at] ^ change);
                run(other);
            }
    }
    std::printf("%d files\n", files);
    for (unsigned kind = unsigned(Kind::hello); kind <= unsigned(Kind::error); ++kind)
        if (!(whole >> kind & 1)) {
            std::fprintf(stderr, "no file of the corpus is a message of kind %u\n", kind);
            return 1;
        }
    return 0;
}
