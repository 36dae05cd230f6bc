// nonna-dataset build, merge, remove: a set that grows night by night.
#include "dataset/build.h"
#include "dataset/merge.h"
#include "dataset/removal.h"
#include "jobs.h"

using namespace nonna;

namespace {

struct BuildJob {
    BuildOptions options;
    std::string folder, list, part, span = "0:1", pick = "random";
    std::vector<std::string> paths;
    std::int64_t size = 200, per_video = 1, near_dup = -1, shard_size = 1000, memory = 2048, jobs = 0;
    bool null_terminated = false, recursive = false;

    ExitStatus run()
    {
        return build_set(folder, paths, options);
    }
};

struct MergeJob {
    std::vector<std::string> sets;
    std::string output;
};

struct RemoveJob {
    std::string folder, list;
    std::vector<std::string> sources;
    bool null_terminated = false;

    ExitStatus run()
    {
        std::vector<std::string> all = sources;
        if (!list.empty())
            for (std::string& source : read_file_list(list, null_terminated))
                all.push_back(std::move(source));
        if (all.empty())
            usage_error("--source", "no source given");
        return remove_sources(folder, all);
    }
};

}    // namespace

void add_merge(Command& program)
{
    static MergeJob o;
    Command& job = program.subcommand("merge", "parts, or other built sets, to one", [] { return merge_sets(o.sets, o.output); });
    job.positional("DIR", o.sets, "built sets", 1);
    job.option("-o,--output", o.output, "OUT", "folder of the result").required();
}

void add_remove(Command& program)
{
    static RemoveJob o;
    Command& job = program.subcommand("remove", "take sources out of a built set, for good", [] { return o.run(); });
    job.positional("DIR", o.folder, "the built set");
    job.positional("SOURCE", o.sources, "sources, as they were named to build");
    job.option("--source", o.list, "LIST", "file of sources, one a line; - is standard input");
    job.flag("-0,--null", o.null_terminated, "names in the list end with NUL");
}
