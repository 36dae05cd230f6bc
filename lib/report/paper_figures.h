// What the paper reports: accuracies of Le et al. 2012, Table 1 and the text around it, to stand beside one's own.
//
// They are in share/nonna/reproduce/paper.tsv alone, which nonna-reproduce hands to nonna-compare, and which is built
// into this room (lib/CMakeLists.txt), so that a page does not depend on where the programs lie.
#pragma once

#include <optional>
#include <string>

namespace nonna
{

// A share; none where the paper has no such figure. Concept and method as in the file: "faces", "best neuron". The
// paper has one test, the file a row for each test of ours that it may stand beside: all of these say the same.
std::optional<double> paper_accuracy(const std::string& of_concept, const std::string& method);

}    // namespace nonna
