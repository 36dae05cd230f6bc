// nonna-report: a folder of results as one page of HTML, once or while it fills.
#include "cli/run_tool.h"
#include "io/output.h"
#include "report/report.h"
#include "report/watch.h"

#include <filesystem>

using namespace nonna;
namespace fs = std::filesystem;

int main(int argc, char** argv)
{
    std::string folder, output, title;
    BrowserOptions browser;
    bool watch = false;
    double every = 10;
    Command command("nonna-report", "make one page of HTML from a folder of results");
    command.positional("DIR", folder, "folder of results, or of runs to compare");
    command.option("-o,--output", output, "OUT.html", "the page (default: DIR/report.html); `-` is standard output");
    command.option("--title", title, "TEXT", "the page's title (default: what was found)");
    command.option("--neurons", browser.neurons, "N", "also a page for each of the N best neurons, and N others", 0,
                   1'000'000);
    command.flag("--split", browser.split, "the neurons' pages as files of their own, beside the page");
    command.flag("--watch", watch, "make the page anew when something in the folder changes, until interrupted");
    command.option("--every", every, "SECONDS", "least time between two pages of `--watch`", 0.1, 86400);

    return run_tool(argc, argv, command, [&] {
        keep_apart({output}, {folder}, is_result);
        command.needs({"--every"}, "--watch");
        if (browser.split && browser.neurons == 0)
            usage_error("--split", "needs --neurons");
        if (browser.split && output == "-")
            usage_error("--split", "needs a file in --output: other files lie beside it");
        if (browser.split && watch)
            usage_error("--split", "excludes --watch, which writes one page again and again");
        const fs::path path = output.empty() ? folder + "/report.html" : output;
        std::error_code failure;
        if (watch && (path == "-" || fs::is_other(path, failure)))
            usage_error("--watch", "needs a file for the page, as it is written again and again; name one by -o");
        browser.page = path.filename();
        const auto make = [&] { return make_report(folder, title, "nonna-report " + version(), browser, watch); };
        const Report report = watch ? watch_folder({folder, path, every, make, {}}) : make();
        // The page is last: where it is there, what it leads to is.
        for (const PageFile& file : report.pages) {
            const fs::path beside = path.parent_path() / file.name;
            fs::create_directories(beside.parent_path());
            write_whole_file(beside, file.html);
        }
        if (!watch)
            write_whole_file(path, report.html);
        if (output != "-" && !report.table.empty()) {
            write_whole_file("-", report.table);
        }
        return ExitStatus::done;
    });
}
