// Tables, and what is read of them: numbers, and the neurons of a sweep.
#include "io/table.h"
#include "analysis/sweep_table.h"
#include "fuzz.h"

using namespace nonna;
using fuzz::reads;

std::uint32_t fuzz_met = 0;
const std::uint32_t fuzz_all = 7;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const fuzz::Folder folder;
    const std::string path = folder.file("t.tsv", data, size);
    reads(0, [&] {
        const Table table = read_table(path);
        for (std::size_t row = 0; row < table.rows.size(); ++row) {
            fuzz::require(table.rows[row].size() == table.columns.size(), "a line of another length");
            for (std::size_t column = 0; column < table.columns.size(); ++column)
                reads(1, [&] { table.number(row, column); });
            for (const std::string& name : table.columns) {
                reads(1, [&] { table.share_or_none(row, name); });
                reads(1, [&] { table.whole(row, name); });
            }
        }
    });
    reads(2, [&] {
        const SweepTable sweep(path);
        sweep.first(3, sweep.usual_order(), false);
        sweep.first(1, sweep.usual_order(), true);
    });
    return 0;
}
