// A folder of results as one page of HTML, and its small tables as text.
//
// What the folder may hold, each piece made by the command beside it; what is missing is left out and listed with its
// command (not the two that a study alone has, controls.tsv and matched-match.tsv), what is there but broken is an
// Error naming the file:
//
//     table1.tsv          nonna-reproduce --table1 STUDY: concept test method seeds accuracy accuracy_sd auc auc_sd
//                         held_accuracy held_accuracy_sd held_auc held_auc_sd paper; shares, empty where there is none.
//                         A table for each test: test, matched, colour, others; a single one without that column
//     controls.tsv        likewise: concept control seed neuron auc; means and deviations over the seeds, beside what
//                         table1.tsv has of the best neuron in the test itself
//     sensitivity.tsv     nonna-reproduce --sensitivity STUDY ...: setting value, then seeds and so on as in
//     table1.tsv;
//                         a drawing for each setting that has two values or more, one table of all
//     sweep-top.tsv       nonna-sweep MODEL TEST.tar --held-out -o sweep-top.tsv --best-responses best-responses.tsv
//     sweep-first.tsv     nonna-sweep MODEL TEST.tar --layer 1.norm --held-out -o sweep-first.tsv
//     sweep-random.tsv    nonna-sweep RANDOM TEST.tar --held-out -o sweep-random.tsv      (the model before training)
//     best-responses.tsv  as above: columns response, label (1 or 0): histogram, ROC curve
//     matched-match.tsv   nonna-dataset testset --match N --split-lists matched=...: part positives matched
//     taken_anyway
//                         dropped rule_auc_before rule_auc_after
//     optimal.png         nonna-stimulus optimal MODEL --neuron ID -o optimal.png
//     top.png weakest.png nonna-stimulus top MODEL --neuron ID --data TEST.tar -o top.png
//                         --weakest weakest.png --tsv top.tsv: the table is told of beside them
//     layer.png           optimal stimuli of a whole layer
//     filters*.png        encoder filters
//     invariance.tsv      nonna-invariance: warp amount pictures mean deviation; invariance.png: its sheet
//     train.tsv           nonna-train ... --log train.tsv: every column that ends in _relative is drawn against step;
//                         train-0.tsv, train-1.tsv ...: those of replicas of one run, in one plot
//     commands.txt        the commands that made all this, one a line; each figure shows the line that names its file
//     *.png               other sheets, in the order of their names; the name is the caption ("frames-1.png")
//     *.safetensors       models: headers are read for the provenance, no weight
//
// A sub-folder that holds such results is a part of the page under its name, in the order of names; the folder's own
// results come first. Where sub-folders are runs (report/report_runs.h), a table and plots of all of them come first,
// and the parts are folded.
//
// Sweep tables are whole (no --best). The neuron that a page is about, in the headline, the histogram and the ROC
// curve, is the one that sweep-top.tsv chooses (analysis/sweep_table.h): by accuracy or AUC as its column chosen_by
// says, and, where it has held-out columns, on one part of the images, with its accuracy and AUC on another. The table
// beside it also has the best on all images, as in the paper. best-responses.tsv must be that neuron's: Error where
// numbers of images or AUC differ. Columns are found by name; bootstrap intervals, hit rates and polarity are shown
// where there are any. The same folder gives the same bytes, wherever it lies.
#pragma once

#include "report/neuron_browser.h"

#include <string>
#include <string_view>
#include <vector>

namespace nonna
{

struct Report {
    std::string html;
    std::string table;              // the detectors; for a terminal
    std::vector<PageFile> pages;    // of single neurons, where they are files of their own
};

bool is_result(std::string_view name);    // whether a file called so in the folder may be looked at
// An empty title: what was found. `growing`: somebody is still writing in the folder, so that a log of costs may end
// within a line, or have none yet; where there is nothing at all, the page is empty and that is no Error.
Report make_report(const std::string& folder, const std::string& title, const std::string& made_by,
                   const BrowserOptions& browser = {}, bool growing = false);

}    // namespace nonna
