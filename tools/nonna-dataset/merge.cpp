// nonna-dataset merge and remove: parts to one set, and a takedown.
#include "dataset/merge.h"
#include "base/interrupt.h"
#include "dataset/removal.h"
#include "jobs.h"

using namespace nonna;

namespace
{

struct MergeJob {
    std::vector<std::string> sets;
    std::string output;

    ExitStatus run()
    {
        interrupts_can_resume();
        return merge_sets(sets, output);
    }
};

struct RemoveJob {
    std::string folder, list;
    std::vector<std::string> sources;
    bool null_terminated = false;

    ExitStatus run()
    {
        append_file_list(sources, list, null_terminated);
        if (sources.empty())
            usage_error("--source", "no source given");
        return remove_sources(folder, sources);
    }
};

}    // namespace

void add_merge(Command& program)
{
    static MergeJob o;
    Command& job = program.subcommand("merge", "merge parts, or other built sets, into one", [] { return o.run(); });
    job.positional("DIR", o.sets, "built sets", 1);
    job.option("-o,--output", o.output, "OUT", "folder of the result").required();
}

void add_remove(Command& program)
{
    static RemoveJob o;
    Command& job = program.subcommand("remove", "take sources out of a built set, for good", [] { return o.run(); });
    job.positional("DIR", o.folder, "the built set");
    job.positional("SOURCE", o.sources, "sources, by the names given to build");
    job.option("--source", o.list, "LIST", "file with more sources, one on each line; `-` is standard input");
    job.flag("-0,--null", o.null_terminated, "names in the list end with NUL");
}
