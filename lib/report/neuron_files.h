// One neuron's files in a folder of results, RESULTS/neurons/NAME, as pages show them (neuron_folders.h has NAME, and
// writes them). Private to the report.
//
//     top.tsv          nonna-stimulus top --each: end rank key source label response file, perhaps time (seconds); the
//                      pictures that `file` names lie beside it. Shown in the table's order
//     average.png      nonna-stimulus average --each
//     optimal.png      nonna-stimulus optimal --each
//     invariance.tsv   nonna-invariance --folders: warp amount pictures mean deviation
//
// What is missing is nothing; what is there but broken is an Error naming the file.
#pragma once

#include "report/neuron_folders.h"
#include "report/results_folder.h"

#include <optional>
#include <string>
#include <vector>

namespace nonna
{

// What a response says: yes above the threshold, or, of a neuron that says yes by falling silent, below it.
struct YesRule {
    std::optional<double> threshold;    // none: nobody knows
    bool silent = false;
};

class NeuronFiles
{
  public:
    NeuronFiles(const ResultsFolder& results, const std::string& neuron);

    const std::string& folder() const { return folder_; }    // "neurons/3.norm-6,6,2"
    bool has(const std::string& file) const { return results_.has(folder_ + "/" + file); }
    // Strongest and weakest, at most `most` of each, pictures no longer than `longest`; empty: no top.tsv, or nothing
    // in it.
    std::vector<Gallery> extremes(const YesRule& rule, std::size_t most, int longest) const;
    std::optional<PageImage> picture(const std::string& file, const std::string& alt, int longest) const;

  private:
    const ResultsFolder& results_;
    std::string folder_;
};

}    // namespace nonna
