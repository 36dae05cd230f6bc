#include "report/report.h"

#include "base/error.h"
#include "report/report_runs.h"
#include "report/report_training.h"
#include "report/results_folder.h"

#include <algorithm>
#include <set>

namespace nonna
{

namespace
{

namespace fs = std::filesystem;

constexpr std::size_t text_limit = std::size_t{1} << 20, name_limit = 200;

const std::set<std::string> known = {"table1.tsv",
                                     "controls.tsv",
                                     "sensitivity.tsv",
                                     "sweep-top.tsv",
                                     "sweep-first.tsv",
                                     "sweep-random.tsv",
                                     "sweep-linear.tsv",
                                     "sweep-kmeans.tsv",
                                     "sweep-second.tsv",
                                     "sweep-nonorm.tsv",
                                     "sweep-faceless.tsv",
                                     "sweep-autoencoder3.tsv",
                                     "sweep-autoencoder6.tsv",
                                     "matched-match.tsv",
                                     "best-responses.tsv",
                                     "invariance.tsv",
                                     "train.tsv",
                                     "commands.txt",
                                     "optimal.png",
                                     "top.png",
                                     "weakest.png",
                                     "layer.png",
                                     "invariance.png",
                                     "average.png"};

// What a folder holds, by name, in order.
struct Contents {
    std::vector<std::string> filters, sheets, folders;
    bool results = false, models = false;
};

Contents contents_of(const fs::path& folder)
{
    Contents c;
    std::error_code unreadable;
    fs::directory_iterator entries(folder, unreadable);
    if (unreadable)
        throw Error(folder, unreadable.message());
    for (const fs::directory_entry& entry : entries) {
        const std::string name = entry.path().filename();
        if (name.starts_with("."))
            continue;
        std::error_code failure;
        if (entry.is_directory(failure)) {
            if (fs::equivalent(entry.path(), folder, failure))    // a link to itself
                continue;
            c.folders.push_back(name);
            continue;
        }
        const bool sheet = name.ends_with(".png") && !known.contains(name);
        if (sheet)
            (name.starts_with("filters") ? c.filters : c.sheets).push_back(name);
        c.results = c.results || sheet || known.contains(name) || is_cost_log(name);
        c.models = c.models || name.ends_with(".safetensors");
    }
    for (auto* names : {&c.filters, &c.sheets, &c.folders})
        std::sort(names->begin(), names->end());
    std::stable_partition(c.filters.begin(), c.filters.end(), [](const std::string& f) { return f == "filters.png"; });
    return c;
}

void require_folder(const std::string& folder)
{
    std::error_code failure;
    if (fs::is_directory(folder, failure))
        return;
    if (failure == std::errc::no_such_file_or_directory)
        throw Error(folder, "no such file or directory");    // in small letters, as everywhere
    throw Error(folder, failure ? failure.message() : "not a folder");
}

void append(std::string& text, const std::string& more)
{
    if (!more.empty())
        text += (text.empty() ? "" : "\n") + more;
}

// That of the positives, as the sweep was told; 1 where nothing is noted.
std::string label_of(const ResultsFolder& results)
{
    const std::string label = results.option_of({"sweep-top.tsv"}, "--positive");
    return label.empty() ? "1" : label;
}

// What the positives are: as a file says, or the label that the sweep was told of.
std::string thing_of(const ResultsFolder& results)
{
    if (results.has("concept.txt")) {
        std::string thing = read_text(results.file("concept.txt"), name_limit);
        thing.erase(std::min(thing.find('\n'), thing.size()));
        if (thing.empty())
            throw Error(results.file("concept.txt"), "empty: it has the concept's name, as in 'faces'");
        return thing;
    }
    return results.positive == "1" ? "" : results.positive;
}

struct Browsing {
    const BrowserOptions& options;
    const std::string& made_by;
    std::vector<PageFile>& files;
};

// Everything of one folder but its commands.
std::string add_part(ResultsFolder& results, const Contents& contents, const Browsing& browsing)
{
    if (!results.pictures_shown && results.has("sweep-top.tsv"))
        results.pictures_shown = add_extremes(results);
    std::string text = add_table1(results);
    append(text, add_controls(results));
    append(text, add_numbers(results));
    add_responses(results);
    add_matching(results);
    add_invariance(results);
    append(text, add_sensitivity(results));
    add_training(results);
    add_stimuli(results, contents.filters);
    add_neuron_browser(results, browsing.options, browsing.made_by, browsing.files);
    add_other_pictures(results, contents.sheets);
    return text;
}

void add_commands(ResultsFolder& results)
{
    if (results.has("commands.txt")) {
        results.heading("The commands");
        results.page.code(read_text(results.file("commands.txt"), text_limit));
    }
}

constexpr const char* lead_of_runs =
    "Networks that learnt from pictures without labels, each in its own way: in what they differ, what training cost "
    "them, and how well their best neurons tell a concept from everything else.";

// A sub-folder with results of its own.
struct Part {
    std::string name;
    Contents contents;
};

std::vector<Finding> findings_of(const ResultsFolder& top)
{
    if (top.has("table1.tsv"))
        return findings_of_table1(top.file("table1.tsv"));
    if (std::optional<Finding> own = finding_of_sweeps(top))
        return {*own};
    return {};
}

std::string lead_of(const std::vector<Finding>& findings)
{
    std::string lead = "A network learnt from pictures without labels. Here is how well single neurons of it tell a "
                       "concept from everything else, and what the best of them has learnt to see.";
    for (const Finding& f : findings)
        if (const std::string words = finding_in_words(f, findings.size() == 1); !words.empty())
            lead += "\n" + words;    // a paragraph each
    return lead;
}

}    // namespace

bool is_result(std::string_view name)
{
    return known.contains(std::string(name)) || name.ends_with(".tsv") || name.ends_with(".png") ||
           name.ends_with(".safetensors");
}

// The folder's own results, then each sub-folder's that has some: the paper's concepts first, then by name. What is
// looked at is listed first, for a page that has nothing to show is an error before gnuplot is asked for anything.
Report make_report(const std::string& folder, const std::string& title, const std::string& made_by,
                   const BrowserOptions& browser, bool growing)
{
    require_folder(folder);
    const fs::path base = folder;
    const Contents own = contents_of(base);
    std::vector<std::string> names = own.folders;
    order_concepts(names);
    std::vector<Part> parts;
    const std::vector<std::string> runs = runs_in(base, own.folders);
    const auto is_run = [&](const std::string& name) {
        return std::find(runs.begin(), runs.end(), name) != runs.end();
    };
    std::vector<std::string> sources{""};    // folders with models or tables
    for (const std::string& name : names) {
        const Contents below = contents_of(base / name);
        if (below.results || below.models)
            sources.push_back(name);
        if (below.results || is_run(name))
            parts.push_back({name, below});
    }
    std::stable_partition(parts.begin(), parts.end(), [&](const Part& part) { return is_run(part.name); });
    if (!own.results && parts.empty() && growing)
        return {};
    if (!own.results && parts.empty())
        throw Error(folder, "no results in it, such as sweep-top.tsv");

    const bool swept = there(base / "sweep-top.tsv") || std::any_of(parts.begin(), parts.end(), [&](const Part& part) {
                           return there(base / part.name / "sweep-top.tsv");
                       });
    if (browser.neurons > 0 && !swept && !growing)
        throw Error("--neurons", "no sweep-top.tsv in " + folder + " says which neurons are the best",
                    ExitStatus::usage);

    Report report;
    const Browsing browsing{browser, made_by, report.pages};
    Page page;
    const Commands commands(base / "commands.txt");
    ResultsFolder top{base, "", page, commands, commands, {}, growing};
    top.positive = label_of(top);
    top.thing = thing_of(top);
    const std::vector<Finding> findings = findings_of(top);
    const std::string found = runs.empty() ? title_of(findings) : std::to_string(runs.size()) + " runs side by side";
    page.set_title(title.empty() ? found : title, runs.empty() ? lead_of(findings) : lead_of_runs);

    std::vector<ResultsFolder> below;
    for (const Part& part : parts) {
        ResultsFolder& results = below.emplace_back(base / part.name, part.name, page, commands,
                                                    Commands(base / part.name / "commands.txt"));
        results.growing = growing;
        results.positive = label_of(results);
        results.thing = thing_of(results);
        const bool named = std::any_of(findings.begin(), findings.end(), [&](auto& f) { return f.thing == part.name; });
        if (results.thing.empty() && named)
            results.thing = part.name;
    }
    // A page of several concepts begins with the pictures of the first, which its title speaks of.
    if (!below.empty() && !top.has("sweep-top.tsv") && !findings.empty() &&
        below.front().thing == findings.front().thing)
        below.front().pictures_shown = add_extremes(below.front());

    report.table = add_part(top, own, browsing);
    if (!runs.empty())
        append(report.table, add_comparison(top, runs));
    if (!own.results || (!parts.empty() && !top.has("sweep-top.tsv")))
        top.left_out.clear();    // its results are the sub-folders'
    if (!top.has("commands.txt"))
        top.missing("the list of commands", "writing them to commands.txt");
    if (parts.empty())
        add_commands(top);
    if (!top.left_out.empty())
        page.left_out(top.left_out);
    if (!runs.empty())
        page.heading(2, "Each run by itself");
    for (std::size_t i = 0; i < parts.size(); ++i) {
        ResultsFolder& results = below[i];
        if (is_run(results.name))
            page.begin_fold(results.name);
        else
            page.heading(2, results.name);
        const std::string text = add_part(results, parts[i].contents, browsing);
        add_commands(results);
        if (!text.empty() && !is_run(results.name))    // a run's line is in the table of all
            append(report.table, results.name + "\n" + text);
        if (!results.left_out.empty())
            page.left_out(results.left_out);
        if (is_run(results.name))
            page.end_fold();
    }
    if (!parts.empty())    // they made the sub-folders too
        add_commands(top);
    add_provenance(page, base, sources, made_by);
    report.html = page.finish("Made by " + made_by + ".");
    return report;
}

}    // namespace nonna
