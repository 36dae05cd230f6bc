// Pages about single neurons: so many of the best, and as many others, drawn at random, each with what other programs
// wrote of it, and the map of the layer that leads to them.
//
// The neurons are those of sweep-top.tsv, by its own choice, and the draw is by seed 1: nonna-sweep --from
// sweep-top.tsv --best N --random N --seed 1 names the same. What a neuron's page shows:
//
//     its row of sweep-top.tsv, and its place among all      sweep-top.tsv
//     how its responses are spread                           histograms.tsv, of nonna-sweep --histograms
//     strongest and weakest pictures, average, optimal       neurons/NAME (neuron_files.h)
//     stimulus, invariance
//
// A missing file leaves its part out, with the command that makes it; a broken one is an Error. Pages are leaves of the
// one page (html.h), or files of their own beside it, PART/neurons/NAME.html.
#pragma once

#include "report/results_folder.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nonna
{

struct BrowserOptions {
    std::int64_t neurons = 0;            // of the best; none: no pages
    bool split = false;                  // a file a neuron
    std::string page = "report.html";    // the name of the page itself, which they lead back to
};

// A file beside the page, by its name relative to it.
struct PageFile {
    std::string name, html;
};

// Nothing where the folder has no sweep-top.tsv.
void add_neuron_browser(ResultsFolder& results, const BrowserOptions& options, const std::string& made_by,
                        std::vector<PageFile>& files);

}    // namespace nonna
