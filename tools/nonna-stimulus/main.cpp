// nonna-stimulus: what a neuron likes best: the optimal input, found by ascent; the average of pictures weighted by its
// response; the strongest and weakest pictures of a set; a stage's filters.
#include "jobs.h"

void choice_options(nonna::Command& job, nonna::NeuronChoice& choice)
{
    job.option("--neuron", choice.names, "ID", "STAGE.SUBLAYER/ROW,COL,MAP as in `3.norm/6,6,2`");
    job.option("--from", choice.table, "T.tsv", "the best neurons of a table such as nonna-sweep's");
    job.option("--by", choice.by, "COLUMN", "by which column of it (default: as nonna-sweep ranks)");
    job.option("--layer", choice.layer, "LAYER", "neurons all over a layer, as in `3.norm` or `top`");
    job.option("--neurons", choice.count, "N", "how many from the table or layer", 1, 1'000'000);
}

void each_option(nonna::Command& job, std::string& folder, const std::string& files)
{
    job.option("--each", folder, "DIR", "each neuron's own files: DIR/NAME/" + files);
}

void somewhere(const std::string& output, const std::string& folder)
{
    if (output.empty() && folder.empty())
        nonna::usage_error("--output", "is required, or --each");
}

int main(int argc, char** argv)
{
    nonna::Command command("nonna-stimulus", "show what a neuron responds to most");
    add_optimal(command);
    add_average(command);
    add_top(command);
    add_filters(command);
    return run_tool(argc, argv, command);
}
