// One folder of results on its way to the page: what report_*.cpp share. Private to the report.
//
// A section writes its heading only when it has something to show; what it misses goes to `left_out`, shown at the end
// of the results. What is there but broken is an Error naming the file.
#pragma once

#include "io/table.h"
#include "report/html.h"
#include "report/plot.h"

#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nonna
{

// The commands that somebody noted, one a line ("\" at its end goes on in the next), quoted as for a shell.
class Commands
{
  public:
    Commands() = default;
    explicit Commands(const std::filesystem::path& file);    // an absent file holds none

    // The lines that have one of `names` as a word, also as --option=NAME or ./NAME; of a file's several the one that
    // names it after an option, which is how programs are told their outputs. Each line once, in the order of names.
    std::vector<std::string> of(const std::vector<std::string>& names) const;

  private:
    std::vector<std::string> lines_;
};

std::vector<std::string> command_words(const std::string& line);    // as a shell takes them apart

bool there(const std::filesystem::path& path);    // also what cannot be looked at, for reading to say why

struct ResultsFolder {
    std::filesystem::path folder;
    std::string name;    // the sub-folder's; empty: the whole report's own
    Page& page;
    const Commands& above;    // the whole report's commands: they name a sub-folder's files FOLDER/FILE
    Commands own;
    std::vector<std::pair<std::string, std::string>> left_out{};    // what, command
    bool growing = false;           // somebody is still writing in it: a log may end within a line
    std::string thing{};            // the concept: "faces"; empty: nobody said
    std::string positive = "1";     // the label of its pictures
    bool pictures_shown = false;    // the strongest and the weakest are at the page's beginning

    int level() const { return name.empty() ? 2 : 3; }    // of this folder's headings
    void heading(const std::string& text) { page.heading(level(), text); }
    std::filesystem::path file(const std::string& file) const { return folder / file; }
    bool has(const std::string& file) const { return there(folder / file); }
    void missing(const std::string& what, const std::string& command) { left_out.emplace_back(what, command); }
    // How these files were made; `usual`: a command that would, for where nobody noted it.
    Origin origin(const std::vector<std::string>& files, const std::string& usual) const;
    // What an option was given when the first of these files was made; empty: nothing is noted.
    std::string option_of(const std::vector<std::string>& files, const std::string& option) const;
};

// How well one detector does, held out where there is such a figure.
struct DetectorFigures {
    std::string name;    // "best neuron", "best linear filter"
    std::optional<double> accuracy, auc;
};
// What a page is about: the best neuron beside its rivals, all scored alike.
struct Finding {
    std::string thing;
    std::vector<DetectorFigures> detectors;
    bool held_out = false;        // on pictures that had no say in choosing
    std::optional<double> low;    // of its AUC's interval
    double seeds = 1;             // means over so many
    const DetectorFigures* named(const std::string& name) const;
};
std::optional<Finding> finding_of_sweeps(const ResultsFolder& results);        // none: no sweep-top.tsv
std::vector<Finding> findings_of_table1(const std::filesystem::path& file);    // one a concept, in the page's order
std::string title_of(const std::vector<Finding>& findings);
// A sentence or two a finding: is it above chance, does it beat its rivals?
std::string finding_in_words(const Finding& finding, bool alone);

// Where several concepts stand: faces first, as in the paper, then the paper's others, then as they come.
void order_concepts(std::vector<std::string>& concepts);

// The sections, in the page's order. Those that have numbers for a terminal return them as text.
// The ten pictures that the chosen neuron responds to most beside the ten that it responds to least; false: none there.
bool add_extremes(ResultsFolder& results);
std::string add_table1(ResultsFolder& results);         // table1.tsv
std::string add_controls(ResultsFolder& results);       // controls.tsv, beside it the tests' own of table1.tsv
std::string add_sensitivity(ResultsFolder& results);    // sensitivity.tsv
std::string add_numbers(ResultsFolder& results);        // sweep-*.tsv
void add_stimuli(ResultsFolder& results,
                 const std::vector<std::string>& filters);    // optimal, top, weakest, layer, filters*.png
void add_responses(ResultsFolder& results);                   // best-responses.tsv, sweep-top.tsv
void add_matching(ResultsFolder& results);                    // matched-match.tsv
void add_invariance(ResultsFolder& results);                  // invariance.tsv, invariance.png
void add_training(ResultsFolder& results);                    // train.tsv, train-0.tsv ... (report_training.h)
void add_other_pictures(ResultsFolder& results, const std::vector<std::string>& files);
// `folders`: the report's own ("") and the sub-folders' names.
void add_provenance(Page& page, const std::filesystem::path& top, const std::vector<std::string>& folders,
                    const std::string& made_by);

// A PNG file for a page, as WebP where that is smaller, no side longer than `longest` (0: as it is).
PageImage page_picture(const std::filesystem::path& path, const std::string& alt, int longest = 0);

// One PNG file as a figure.
void add_png(ResultsFolder& results, const std::string& file, const std::string& alt, const std::string& caption,
             const std::string& usual);

// The one neuron that a sweep chooses; that of sweep-top.tsv is in the headline, the histogram and the ROC curve alike.
struct ChosenNeuron {
    std::string name;
    bool silent = false;                                // says yes below its threshold
    bool held_out = false;                              // chosen on one part of the images, scored on another
    std::optional<double> threshold;                    // of all images
    std::string by;                                     // "accuracy", "AUC"
    std::optional<double> auc, positives, negatives;    // of all images
};
std::optional<ChosenNeuron> chosen_neuron(const ResultsFolder& results,
                                          const std::string& sweep = "sweep-top.tsv");    // none: no such table

// One warp of an invariance.tsv.
struct InvarianceCurve {
    std::string warp, title, brief;              // "translate-x", "shifted sideways", "sideways"
    std::string axis, unit;                      // "pixels to the right", "pixels"
    PlotCurve curve;                             // the mean response minus the threshold, and deviations
    std::vector<std::optional<double>> above;    // a point each: the share of pictures above the threshold
};
std::vector<InvarianceCurve> read_invariance(const Table& table);    // at least one
std::string in_words(const InvarianceCurve& curve);
// "Shifted sideways: above threshold from -1 to 3 pixels; ..."
std::string verdict_of(const std::vector<InvarianceCurve>& curves);

// Of what is drawn, shown or read.
std::string format_number(const char* format, double value);
std::string percent(std::optional<double> share);    // "81.7 %", "–" where there is none
std::string decimal(std::optional<double> value);    // three places
inline constexpr const char* no_value = "\u2013";
// factor * value, behind `between` "±" and factor * sd, where there is one.
std::string with_sd(std::optional<double> value, std::optional<double> sd, const char* format, double factor,
                    const char* between);
// A line of a terminal's table.
std::string terminal_line(const std::string& name, const std::vector<std::string>& cells);
// How many seeds the rows of a table are means over.
struct SeedCounts {
    double least = 0, most = 0;
    void note(std::optional<double> seeds);
    std::string in_words() const;    // a sentence with a space before it; nothing of a single seed
};
std::string read_text(const std::filesystem::path& file, std::size_t limit);
PageImage drawing(const std::string& svg, PlotSize size, const std::string& alt);

}    // namespace nonna
