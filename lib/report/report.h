// A folder of results as one page of HTML, and its small tables as text.
//
// What the folder may hold, each piece made by the command beside it; what is missing is left out and listed with its
// command, what is there but broken is an Error naming the file:
//
//     table1.tsv          nonna-reproduce --table1 STUDY: concept method seeds accuracy accuracy_sd auc auc_sd
//                         held_accuracy held_accuracy_sd held_auc held_auc_sd paper; shares, empty where there is none
//     sensitivity.tsv     nonna-reproduce --sensitivity STUDY ...: field maps, then as above without auc
//     sweep-top.tsv       nonna-sweep MODEL TEST.tar --held-out -o sweep-top.tsv --best-responses best-responses.tsv
//     sweep-first.tsv     nonna-sweep MODEL TEST.tar --layer 1.norm --held-out -o sweep-first.tsv
//     sweep-random.tsv    nonna-sweep RANDOM TEST.tar --held-out -o sweep-random.tsv      (the model before training)
//     best-responses.tsv  as above: columns response, label (1 or 0): histogram, ROC curve
//     optimal.png         nonna-stimulus optimal MODEL --neuron ID -o optimal.png
//     top.png weakest.png nonna-stimulus top MODEL --neuron ID --data TEST.tar -o top.png
//                         --weakest weakest.png --tsv top.tsv: the table is told of beside them
//     layer.png           optimal stimuli of a whole layer
//     filters*.png        encoder filters
//     invariance.tsv      nonna-invariance: warp amount pictures mean deviation; invariance.png: its sheet
//     train.tsv           nonna-train ... --log train.tsv: every column that ends in _relative is drawn against step
//     commands.txt        the commands that made all this, one a line; each figure shows the line that names its file
//     *.png               other sheets, in the order of their names; the name is the caption ("frames-1.png")
//     *.safetensors       models: headers are read for the provenance, no weight
//
// A sub-folder that holds such results is a part of the page under its name, in the order of names; the folder's own
// results come first.
//
// Sweep tables are whole (no --best): the report takes the neuron with the best accuracy from them, and, where they
// have held-out columns, the one chosen on one half together with its accuracy and AUC on the other. Columns are found
// by name; bootstrap intervals, hit rates and polarity are shown where there are any.
// The same folder gives the same bytes, wherever it lies.
#pragma once

#include <string>

namespace nonna
{

struct Report {
    std::string html;
    std::string table;    // guess, random weights, best first-stage neuron, best neuron; for a terminal
};

Report make_report(const std::string& folder, const std::string& title, const std::string& made_by);

}    // namespace nonna
