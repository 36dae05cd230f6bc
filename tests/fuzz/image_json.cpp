// The json member of a sample: what is read is what is written of it.
#include "fuzz.h"
#include "io/image_meta.h"

using namespace nonna;

std::uint32_t fuzz_met = 0;
const std::uint32_t fuzz_all = 1;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    fuzz::reads(0, [&] {
        const std::string once = meta_to_json(meta_from_json(text, "set.tar", "x.json"), "set.tar", "x.json");
        const std::string twice = meta_to_json(meta_from_json(once, "set.tar", "x.json"), "set.tar", "x.json");
        fuzz::require(once == twice, "read again it is another");
    });
    return 0;
}
