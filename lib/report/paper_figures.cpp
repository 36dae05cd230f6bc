#include "report/paper_figures.h"

#include "paper_table1.h"

#include <charconv>
#include <sstream>
#include <string_view>

namespace nonna
{

// A search through some sixty lines for each of a page's few figures. The file is ours, and checked by a test.
std::optional<double> paper_accuracy(const std::string& of_concept, const std::string& method)
{
    const std::string wanted = of_concept + "\ttest\t" + method + "\t";
    std::istringstream lines(paper_table1);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(wanted)) {
            double share = 0;
            std::from_chars(line.data() + wanted.size(), line.data() + line.size(), share);
            return share;
        }
    return std::nullopt;
}

}    // namespace nonna
