// NumPy's arrays.
#include "io/npy.h"
#include "fuzz.h"

#include <vector>

using namespace nonna;

std::uint32_t fuzz_met = 0;
const std::uint32_t fuzz_all = 1;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const fuzz::Folder folder;
    const std::string path = folder.file("a.npy", data, size);
    fuzz::reads(0, [&] {
        const NpyReader reader(path);
        std::uint64_t row = 1;
        for (std::size_t axis = 1; axis < reader.shape().size(); ++axis)
            row *= reader.shape()[axis];
        if (reader.shape().empty() || reader.shape()[0] == 0 || row == 0)
            return;
        fuzz::require(row <= size, "a row longer than the file");
        std::vector<float> all(row), half(row / 2);
        reader.read_columns(reader.shape()[0] - 1, 1, 0, row, all);
        reader.read_columns(0, 1, row - half.size(), half.size(), half);
    });
    return 0;
}
