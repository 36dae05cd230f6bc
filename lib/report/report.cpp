#include "report/report.h"

#include "base/error.h"
#include "report/results_folder.h"

#include <algorithm>
#include <set>

namespace nonna
{

namespace
{

namespace fs = std::filesystem;

constexpr std::size_t text_limit = std::size_t{1} << 20;

const std::set<std::string> known = {"table1.tsv",      "controls.tsv",     "sensitivity.tsv",   "sweep-top.tsv",
                                     "sweep-first.tsv", "sweep-random.tsv", "matched-match.tsv", "best-responses.tsv",
                                     "invariance.tsv",  "train.tsv",        "commands.txt",      "optimal.png",
                                     "top.png",         "weakest.png",      "layer.png",         "invariance.png"};

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
        c.results = c.results || sheet || known.contains(name);
        c.models = c.models || name.ends_with(".safetensors");
    }
    for (auto* names : {&c.filters, &c.sheets, &c.folders})
        std::sort(names->begin(), names->end());
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

// Everything of one folder but its commands.
std::string add_part(ResultsFolder& results, const Contents& contents)
{
    std::string text = add_table1(results);
    append(text, add_controls(results));
    append(text, add_numbers(results));
    add_stimuli(results, contents.filters);
    add_responses(results);
    add_matching(results);
    add_invariance(results);
    append(text, add_sensitivity(results));
    add_training(results);
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

}    // namespace

// The folder's own results, then each sub-folder's that has some, by name. What is looked at is listed first, for a
// page that has nothing to show is an error before gnuplot is asked for anything.
bool is_result(std::string_view name)
{
    return known.contains(std::string(name)) || name.ends_with(".tsv") || name.ends_with(".png") ||
           name.ends_with(".safetensors");
}

Report make_report(const std::string& folder, const std::string& title, const std::string& made_by)
{
    require_folder(folder);
    const fs::path base = folder;
    const Contents own = contents_of(base);
    std::vector<std::pair<std::string, Contents>> parts;
    std::vector<std::string> sources{""};    // folders with models or tables
    for (const std::string& name : own.folders) {
        const Contents below = contents_of(base / name);
        if (below.results || below.models)
            sources.push_back(name);
        if (below.results)
            parts.emplace_back(name, below);
    }
    if (!own.results && parts.empty())
        throw Error(folder, "no results in it, such as sweep-top.tsv");

    Report report;
    Page page(title,
              "A network learnt from pictures without labels. Here is how well single neurons of it tell a concept "
              "from everything else, and what the best of them has learnt to see.");
    const Commands commands(base / "commands.txt");
    ResultsFolder top{base, "", page, commands, commands};
    report.table = add_part(top, own);
    if (!own.results || (!parts.empty() && !top.has("sweep-top.tsv")))
        top.left_out.clear();    // its results are the sub-folders'
    if (!top.has("commands.txt"))
        top.missing("the list of commands", "writing them to commands.txt");
    if (parts.empty())
        add_commands(top);
    if (!top.left_out.empty())
        page.left_out(top.left_out);
    for (const auto& [name, contents] : parts) {
        page.heading(2, name);
        ResultsFolder results{base / name, name, page, commands, Commands(base / name / "commands.txt")};
        const std::string text = add_part(results, contents);
        add_commands(results);
        if (!text.empty())
            append(report.table, name + "\n" + text);
        if (!results.left_out.empty())
            page.left_out(results.left_out);
    }
    if (!parts.empty())    // they made the sub-folders too
        add_commands(top);
    add_provenance(page, base, sources, made_by);
    report.html = page.finish("Made by " + made_by + ".");
    return report;
}

}    // namespace nonna
