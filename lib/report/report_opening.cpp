// What a page begins with: what was found, in its title and first lines, and the pictures that say it.
#include "report/results_folder.h"

#include "report/neuron_files.h"
#include "report/paper_figures.h"

#include <algorithm>

namespace nonna
{

namespace
{

constexpr const char* the_neuron = "best neuron";

// What always saying the larger class gets right, as the table of the test has it.
double guess_of(const Finding& f)
{
    const DetectorFigures* guess = f.named("guess");
    return guess ? guess->accuracy.value_or(0.5) : 0.5;
}

bool above_chance(const Finding& f)
{
    const DetectorFigures* neuron = f.named(the_neuron);
    return neuron && neuron->accuracy.value_or(0) > guess_of(f) && f.low.value_or(neuron->auc.value_or(1)) > 0.5;
}

// A line does not break before the sign.
std::string unbroken(std::string text)
{
    for (std::size_t at = text.find(" %"); at != std::string::npos; at = text.find(" %", at))
        text.replace(at, 1, "\u00a0");
    return text;
}

std::string where(const Finding& f)
{
    return f.held_out ? "on pictures it was not chosen on" : "on the pictures that chose it";
}

std::string figures(const DetectorFigures& d)
{
    if (!d.accuracy)
        return "AUC " + decimal(d.auc);
    return percent(d.accuracy) + (d.auc ? " (AUC " + decimal(d.auc) + ")" : "");
}

enum class Outcome { beaten, mixed, beats };
// By both figures, as far as both have them.
Outcome compare(const DetectorFigures& neuron, const DetectorFigures& rival)
{
    int better = 0, figures = 0;
    for (const auto figure : {&DetectorFigures::accuracy, &DetectorFigures::auc})
        if (neuron.*figure && rival.*figure) {
            ++figures;
            better += *(neuron.*figure) > *(rival.*figure);
        }
    return better == 0 ? Outcome::beaten : better == figures ? Outcome::beats : Outcome::mixed;
}

}    // namespace

const DetectorFigures* Finding::named(const std::string& name) const
{
    for (const DetectorFigures& d : detectors)
        if (d.name == name)
            return &d;
    return nullptr;
}

std::string title_of(const std::vector<Finding>& findings)
{
    const DetectorFigures* neuron = findings.empty() ? nullptr : findings.front().named(the_neuron);
    if (!neuron || !neuron->accuracy)
        return "Grandmother neurons";
    const Finding& f = findings.front();
    const std::string right = unbroken(percent(neuron->accuracy)) + " " + where(f);
    if (above_chance(f))
        return f.thing.empty() ? "A neuron that tells them apart: " + right
                               : "A neuron that sees " + f.thing + ": " + right;
    return "No neuron that " + (f.thing.empty() ? "tells them apart" : "sees " + f.thing) + ": the best is right in " +
           right + ", a guess in " + unbroken(percent(guess_of(f)));
}

std::string finding_in_words(const Finding& f, bool alone)
{
    const DetectorFigures* neuron = f.named(the_neuron);
    if (!neuron)
        return "";
    std::string text = alone || f.thing.empty() ? "The best neuron is right " + where(f) + " in "
                                                : "For " + f.thing + " the best neuron is right in ";
    text += figures(*neuron) + ", a guess in " + percent(guess_of(f));
    if (f.seeds > 1)
        text += ", means over " + format_number("%.0f", f.seeds) + " seeds";
    text += ".";
    if (!above_chance(f))
        text += " That is not above chance: it has found nothing.";
    const DetectorFigures* linear = f.named("best linear filter");
    if (linear) {
        switch (compare(*neuron, *linear)) {
        case Outcome::beats:
            text += " It beats the best linear filter, which has " + figures(*linear) + ".";
            break;
        case Outcome::mixed:
            text += " The best linear filter, with " + figures(*linear) + ", is better by one of the two figures.";
            break;
        case Outcome::beaten:
            text += " It does not beat the best linear filter, which has " + figures(*linear) +
                    ": a template does as well on these pictures.";
        }
    }
    std::string better;
    for (const DetectorFigures& d : f.detectors)
        if (d.name != the_neuron && d.name != "guess" && &d != linear && compare(*neuron, d) == Outcome::beaten &&
            (d.accuracy || d.auc))
            better += (better.empty() ? "" : "; ") + d.name + ", " + figures(d);
    if (!better.empty())
        text += " Better than it: " + better + ".";
    return unbroken(text);
}

void order_concepts(std::vector<std::string>& concepts)
{
    const auto place = [](const std::string& name) {
        if (name == "faces")
            return 0;
        return paper_accuracy(name, "guess") || paper_accuracy(name, the_neuron) ? 1 : 2;
    };
    std::stable_sort(concepts.begin(), concepts.end(),
                     [&](const std::string& a, const std::string& b) { return place(a) < place(b); });
}

bool add_extremes(ResultsFolder& results)
{
    const std::optional<ChosenNeuron> neuron = chosen_neuron(results);
    if (!neuron)
        return false;
    constexpr std::size_t most = 10;
    const NeuronFiles files(results, neuron->name);
    const std::vector<Gallery> sides = files.extremes({neuron->threshold, neuron->silent}, most, 160);
    const std::string make = "nonna-stimulus top MODEL.safetensors --from sweep-top.tsv --neurons 1 --data TEST.tar "
                             "--each neurons -o top.png";
    if (sides.empty()) {
        results.missing("the strongest pictures one by one", make);
        return false;
    }
    results.page.galleries(sides,
                           "Of the test's pictures the ones to which neuron " + neuron->name +
                               " responds most and least: its response, the picture\u2019s source and label, and what "
                               "the neuron says of it. "
                               "Yes: " +
                               (neuron->silent ? "below" : "above") +
                               " its threshold; right or wrong: against the picture\u2019s label. A click enlarges.",
                           results.origin({files.folder() + "/top.tsv", "top.png", "top.tsv"}, make));
    return true;
}

}    // namespace nonna
