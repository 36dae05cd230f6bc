// nonna-report: a folder of results as one page of HTML, once or while it fills.
#include "cli/run_tool.h"
#include "io/output.h"
#include "report/report.h"
#include "report/watch.h"

#include <filesystem>

int main(int argc, char** argv)
{
    using namespace nonna;
    std::string folder, output, title = "Grandmother neurons";
    bool watch = false;
    double every = 10;
    Command command("nonna-report", "make one page of HTML from a folder of results");
    command.positional("DIR", folder, "folder of results, or of runs to compare");
    command.option("-o,--output", output, "OUT.html", "the page (default: DIR/report.html); `-` is standard output");
    command.option("--title", title, "TEXT", "the page's title");
    command.flag("--watch", watch, "make the page anew when something in the folder changes, until interrupted");
    command.option("--every", every, "SECONDS", "least time between two pages of `--watch`", 0.1, 86400);

    return run_tool(argc, argv, command, [&] {
        command.needs({"--every"}, "--watch");
        const std::string path = output.empty() ? folder + "/report.html" : output;
        std::error_code failure;
        if (watch && (path == "-" || std::filesystem::is_other(path, failure)))
            usage_error("--watch", "needs a file for the page, as it is written again and again; name one by -o");
        const auto make = [&] { return make_report(folder, title, "nonna-report " + version(), watch); };
        Report report;
        if (watch) {
            report = watch_folder({folder, path, every, make, {}});
        } else {
            report = make();
            Output page(path, Output::Kind::text);
            page.write(report.html);
            page.commit();
        }
        if (output != "-" && !report.table.empty()) {
            Output table("-", Output::Kind::text);
            table.write(report.table);
            table.commit();
        }
        return ExitStatus::done;
    });
}
