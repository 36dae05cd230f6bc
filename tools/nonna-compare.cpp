// nonna-compare: the best neurons of many sweeps, over several seeds, as one table.
#include "analysis/comparison.h"
#include "cli/run_tool.h"

int main(int argc, char** argv)
{
    using namespace nonna;
    std::string list, output = "-", runs, paper, by;
    Command command("nonna-compare", "the best neurons of many sweeps, over several seeds");
    command.positional("LIST.tsv", list, "what is compared: columns seed, sweep and keys; - is standard input");
    command.option("-o,--output", output, "OUT.tsv", "means and deviations; - is standard output");
    command.option("--runs", runs, "RUNS.tsv", "a line for each sweep");
    command.choice("--choose", by, {"accuracy", "auc"}, "what is best (default: what each sweep went by)");
    command.option("--paper", paper, "PAPER.tsv", "others' figures with the same keys, for the last column");

    return run_tool(argc, argv, command, [&] {
        keep_apart({output, runs}, {list, paper});
        if (list == "-" && paper == "-")
            usage_error("--paper", "standard input gives the list");
        const ComparedRuns compared = compare_sweeps(list, value_named<ChooseBy>(by));
        keep_apart({output, runs}, compared.sweeps);
        if (!runs.empty())
            write_runs(runs, compared);
        write_means(output, compared, paper);
        return ExitStatus::done;
    });
}
