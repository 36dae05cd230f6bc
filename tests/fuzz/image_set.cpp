// An image set's archive: as a stream, by a scan for an index, and by its layout.
#include "fuzz.h"
#include "io/image_shard.h"
#include "io/image_stream.h"
#include "io/shard_index.h"

using namespace nonna;
using fuzz::reads;

std::uint32_t fuzz_met = 0;
const std::uint32_t fuzz_all = 7;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const fuzz::Folder folder;
    const std::string tar = folder.file("set.tar", data, size);
    std::size_t streamed = 0, scanned = 0;
    const bool stream = reads(0, [&] {
        ImageReader reader(tar);
        while (const auto sample = reader.next()) {
            archive_bytes(*sample, "again");
            ++streamed;
        }
    });
    const bool scan = reads(1, [&] {
        const std::vector<ShardEntry> entries = scan_shard(tar);
        scanned = entries.size();
        check_shard_layout(tar, entries);
    });
    if (stream && scan)
        fuzz::require(streamed == scanned, "the scan has other samples than the stream");
    reads(2, [&] {
        const ImageShard shard(tar);
        for (std::size_t i = 0; i < shard.count(); ++i)
            shard.sample(i);
        if (stream)
            fuzz::require(shard.count() == streamed, "the shard has other samples than the stream");
    });
    return 0;
}
