// A folder of results as one page of HTML, and its small table as text.
//
// What the folder may hold, each piece made by the command beside it; what is missing is left out with a sentence that
// names the command, what is there but broken is an Error:
//
//     sweep-top.tsv       nonna-sweep MODEL TEST.tar --held-out -o sweep-top.tsv --best-responses best-responses.tsv
//     sweep-first.tsv     nonna-sweep MODEL TEST.tar --layer 1.norm --held-out -o sweep-first.tsv
//     sweep-random.tsv    nonna-sweep RANDOM TEST.tar --held-out -o sweep-random.tsv      (the model before training)
//     best-responses.tsv  as above: columns response, label (1 or 0): histogram, ROC curve
//     optimal.png         nonna-stimulus optimal MODEL --neuron ID -o optimal.png
//     top.png             nonna-stimulus top MODEL --neuron ID --data TEST.tar -o top.png
//     train.tsv           nonna-train ... --log train.tsv: every column that ends in _relative is drawn against step
//     commands.txt        any text: the commands that made all this
//     *.png               other sheets, in the order of their names; the name is the caption ("frames-1.png")
//
// Sweep tables are whole (no --best): the report takes the neuron with the best accuracy from them, and, where they
// have held-out columns, the one chosen on one half together with its accuracy and AUC on the other.
// The same folder gives the same bytes.
#pragma once

#include <string>

namespace nonna {

struct Report {
    std::string html;
    std::string table;    // guess, random weights, best first-stage neuron, best neuron; for a terminal
};

Report make_report(const std::string& folder, const std::string& title, const std::string& made_by);

}    // namespace nonna
