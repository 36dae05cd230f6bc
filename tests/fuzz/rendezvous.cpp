// A rendezvous folder's files and their names, and lists of servers.
#include "paramserver/rendezvous.h"
#include "fuzz.h"

using namespace nonna;
using fuzz::reads;

std::uint32_t fuzz_met = 0;
const std::uint32_t fuzz_all = 7;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const fuzz::Folder folder;
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::string path = folder.file("servers-0000-0000-of-0001", data, size);
    const auto look = [&] {
        const std::vector<Found> found = Rendezvous(folder.path).servers();
        if (found.empty())
            throw Error(folder.path, "no servers");
        for (const Found& f : found)
            fuzz::require(f.shards.first <= f.shards.last && f.shards.last < f.shards.of, "shards that cannot be");
        missing(complete(found).empty() ? found : complete(found));
    };
    reads(0, look);
    std::filesystem::remove(path);

    // the same as a name, as far as it can be one
    std::string name = text.substr(0, 60);
    for (char& c : name)
        if (c == '/' || c == '\0')
            c = '_';
    const std::string named = folder.file("servers-" + name, reinterpret_cast<const std::uint8_t*>("ipc://x\n"), 8);
    reads(1, look);
    std::filesystem::remove(named);

    reads(2, [&] { listed_servers("tcp://" + text); });
    return 0;
}
