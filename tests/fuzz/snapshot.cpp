// A shard's snapshot: what is restored is whole, and is of this model.
#include "paramserver/snapshot.h"
#include "base/log.h"
#include "fuzz.h"
#include "micro_model.h"

using namespace nonna;

std::uint32_t fuzz_met = 0;
const std::uint32_t fuzz_all = 1;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const fuzz::Folder folder;
    static const Model model = fuzz::micro_model();
    static const Layout layout(parameter_segments(model.architecture), model.statistics.size(),
                               model_identity(model.architecture, model.preprocessing));
    folder.file("shard-0000-of-0001.000000000020.safetensors", data, size);
    fuzz::reads(0, [&] {
        const std::optional<ShardCopy> copy = Snapshots(folder.path, layout, 0, 1, Rule::adagrad).restore();
        fuzz::require(copy && copy->values.size() == layout.size(), "another number of values");
    });
    return 0;
}
