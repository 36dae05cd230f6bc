// nonna-dataset split: a labelled set to halves, one to learn from and one to judge by.
#include "dataset/class_halves.h"
#include "jobs.h"

using namespace nonna;

namespace
{

struct SplitJob {
    ClassHalves options;
    std::string set, output;

    ExitStatus run()
    {
        options.set_output(output);
        keep_apart(options.outputs(), {set});
        write_class_halves(set, options);
        return ExitStatus::done;
    }
};

}    // namespace

void add_split(Command& program)
{
    static SplitJob o;
    Command& job =
        program.subcommand("split", "cut a labelled set in halves: to learn from, to judge by", [] { return o.run(); });
    job.positional("SET.tar", o.set, "an image set; `-` is standard input");
    job.option("-o,--output", o.output, "P[=A:B]", "halves P-a.tar, P-b.tar and their lists; of A:B:C and so on parts")
        .required();
    job.choice("--by", o.options.by, "what each part has its share of: every class, or only of all pictures");
    job.choice("--group-by", o.options.group_by, "what may be in one part only");
    job.option("--seed", o.options.seed, "S", "seed of who is in which part");
}
