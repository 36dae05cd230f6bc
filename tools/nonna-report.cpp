// nonna-report: a folder of results as one page of HTML.
#include "cli/run_tool.h"
#include "io/output.h"
#include "report/report.h"

int main(int argc, char** argv)
{
    using namespace nonna;
    std::string folder, output, title = "Grandmother neurons";
    Command command("nonna-report", "make one page of HTML from a folder of results");
    command.positional("DIR", folder, "folder of results");
    command.option("-o,--output", output, "OUT.html", "the page (default: DIR/report.html); `-` is standard output");
    command.option("--title", title, "TEXT", "the page's title");

    return run_tool(argc, argv, command, [&] {
        keep_apart({output}, {folder}, is_result);
        const Report report = make_report(folder, title, "nonna-report " + version());
        Output page(output.empty() ? folder + "/report.html" : output, Output::Kind::text);
        page.write(report.html);
        page.commit();
        if (output != "-" && !report.table.empty()) {
            Output table("-", Output::Kind::text);
            table.write(report.table);
            table.commit();
        }
        return ExitStatus::done;
    });
}
