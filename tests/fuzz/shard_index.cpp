// A shard's index beside an archive that is whole: one that lies must be found out, or change nothing.
#include "io/shard_index.h"
#include "fuzz.h"
#include "io/image_shard.h"
#include "io/image_stream.h"

using namespace nonna;
using fuzz::reads;

std::uint32_t fuzz_met = 0;
const std::uint32_t fuzz_all = 3;

namespace
{

// Three samples, whose pictures nobody decodes.
std::string archive(const fuzz::Folder& folder)
{
    const std::string path = folder.path + "/set.tar";
    ImageWriter writer(path);
    for (int i = 0; i < 3; ++i) {
        Sample sample{sample_key(std::string(64, char('a' + i))), "png", Bytes(std::size_t(10 + i), std::byte(i)), {}};
        sample.meta.source = "picture";
        sample.meta.sha256 = std::string(64, char('a' + i));
        sample.meta.width = sample.meta.height = 1;
        writer.write(sample);
    }
    writer.commit();
    return path;
}

}    // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const fuzz::Folder folder;
    static const std::string tar = archive(folder);
    const std::string index = folder.file("set.tar.idx", data, size);
    reads(0, [&] { read_index_table(index); });
    reads(1, [&] {
        const ImageShard shard(tar);
        for (std::size_t i = 0; i < shard.count(); ++i) {
            const Sample sample = shard.sample(i);
            fuzz::require(sample.key == shard.key(i), "a sample of another key");
        }
    });
    return 0;
}
