// nonna-dataset verify: is this image set whole?
#include "dataset/verify.h"
#include "base/log.h"
#include "io/shard.h"
#include "jobs.h"

using namespace nonna;

namespace
{

struct VerifyJob {
    VerifyOptions options;
    std::vector<std::string> sets;
    std::int64_t threads = 0, max_pixels = default_max_pixels;

    ExitStatus run()
    {
        options.threads = int(threads);
        options.max_pixels = long(max_pixels);
        for (const std::string& set : sets) {
            const VerifyCounts n = verify_set(set, options);
            std::string text = std::to_string(n.pictures) + " pictures, " + std::to_string(n.bytes) + " bytes";
            if (is_built_set(set))
                text = std::to_string(n.ok + n.rejected + n.failed) + " in = " + std::to_string(n.ok) + " ok + " +
                       std::to_string(n.rejected) + " rejected + " + std::to_string(n.failed) + " failed, " +
                       std::to_string(n.shards) + " shards, " + text;
            say((set == "-" ? "standard input" : set) + ": " + (options.quick ? "structure intact: " : "intact: ") +
                text);
        }
        return ExitStatus::done;
    }
};

}    // namespace

void add_verify(Command& program)
{
    static VerifyJob o;
    Command& job = program.subcommand("verify", "check that every byte of an image set is as it was written",
                                      [] { return o.run(); });
    job.positional("SET", o.sets, "folders of built sets, archives; `-` is standard input", 1);
    job.flag("--quick", o.options.quick, "only the structure: decode no picture, compute no digest");
    job.option("--max-pixels", o.max_pixels, "N", "larger pictures are faults", 1, 1'000'000'000'000);
    job.option("-j,--jobs", o.threads, "N", "threads; 0: one for each processor", 0, 1024);
}
