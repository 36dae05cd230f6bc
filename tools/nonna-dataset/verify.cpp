// nonna-dataset verify: is this image set whole?
#include "dataset/verify.h"
#include "base/log.h"
#include "io/built_set.h"
#include "jobs.h"

using namespace nonna;

namespace
{

struct VerifyJob {
    VerifyOptions options;
    std::vector<std::string> sets;

    ExitStatus run()
    {
        for (const std::string& set : sets) {
            const VerifyCounts n = verify_set(set, options);
            std::string text = std::to_string(n.pictures) + " pictures, " + std::to_string(n.bytes) + " bytes";
            if (is_built_set(set))
                text = n.units.text() + ", " + std::to_string(n.shards) + " shards, " + text;
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
    job.option("--max-pixels", o.options.max_pixels, "N", "larger pictures are faults", 1, 1'000'000'000'000);
    job.threads(o.options.threads);
}
