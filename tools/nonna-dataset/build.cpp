// nonna-dataset build: a set that grows night by night.
#include "dataset/build.h"
#include "../unit_options.h"
#include "base/interrupt.h"
#include "jobs.h"

using namespace nonna;

namespace
{

struct BuildJob {
    BuildOptions options;
    UnitFlags flags{options.unit};
    std::string folder, list, part, textfile;
    std::vector<std::string> paths;
    std::optional<int> near_dup;
    double shard_size = 1000;
    bool null_terminated = false;

    ExitStatus run()
    {
        interrupts_can_resume();
        keep_apart({textfile}, {list});
        return reported_build(textfile, folder, [&](BuildReport& report) { return build(report); });
    }

    ExitStatus build(BuildReport& report)
    {
        append_file_list(paths, list, null_terminated);
        if (paths.empty() && list.empty())    // a list may be empty, one night
            usage_error("PATH", "no video or picture given");
        options.set_part(part);
        options.near_dup = near_dup.value_or(-1);
        options.shard_bytes = std::uint64_t(shard_size * 1e6);
        options.version = version();
        flags.finish("nonna-dataset " + version() + " build");
        return build_set(folder, paths, options, report);
    }
};

}    // namespace

void add_build(Command& program)
{
    static BuildJob o;
    Command& job = program.subcommand("build", "add videos and pictures to a set that grows night by night",
                                      [] { return o.run(); });
    job.positional("DIR", o.folder, "folder of the set; made if it is not there");
    job.positional("PATH", o.paths, "videos and pictures; folders with `--recursive`");
    job.option("--files-from", o.list, "FILE", "more inputs, one on each line");
    job.flag("-0,--null", o.null_terminated, "names in `--files-from` end with NUL");
    job.flag("-r,--recursive", o.options.recursive, "folders stand for the files in them");
    o.flags.declare_frames(job);
    job.option("--near-dup", o.near_dup, "BITS", "reject what differs in at most so many of 64 bits", 0,
               NearIndex::most);
    job.option("--retry", o.options.retry, "CODE", "try again what failed with CODE, or `all`");
    job.option("--min-age", o.options.min_age, "MINUTES", "leave what changed later than that for another run", 0,
               1'000'000);
    job.option("--part", o.part, "I/N", "take only part I of N, from 0, to be merged");
    job.option("--shard-size", o.shard_size, "MB", "size of the largest shard", 0.001, 100'000);
    job.option("--textfile", o.textfile, "FILE", "what came of the run, for node_exporter");
    o.flags.declare_limits(job);
}
