// nonna-dataset faces: what a detector finds, into the json.
#include "dataset/annotate.h"
#include "jobs.h"

using namespace nonna;

namespace
{

struct FacesJob {
    AnnotateOptions options;
    std::string input, output, keep = "all";
    std::int64_t min_size = 0, threads = 0;

    ExitStatus run()
    {
        using Keep = AnnotateOptions::Keep;
        options.keep = keep == "with" ? Keep::with : keep == "without" ? Keep::without : Keep::all;
        if (options.min_score && options.keep == Keep::all)
            usage_error("--min-score", "goes with --keep with or --keep without");
        options.detector.min_size = int(min_size);
        options.threads = int(threads);
        return annotate_set(input, output, options);
    }
};

}    // namespace

void add_faces(Command& program)
{
    static FacesJob o;
    Command& job =
        program.subcommand("faces", "find faces or people, and store their boxes in the json", [] { return o.run(); });
    job.positional("IN.tar", o.input, "image set; `-` is standard input");
    job.option("-o,--output", o.output, "OUT.tar", "the image set with boxes").required();
    job.choice("--detector", o.options.detector.name, detector_names(), "what to look for");
    job.option("--model", o.options.detector.model, "FILE", "network of `yunet`, ONNX");
    job.choice("--keep", o.keep, {"all", "with", "without"}, "which pictures to keep");
    job.option("--min-score", o.options.min_score, "T", "least score of a find for `--keep`", -1e9, 1e9);
    job.option("--min-size", o.min_size, "N", "least height of a find, pixels; 0: the detector's", 0, 8192);
    job.flag("--again", o.options.again, "examine pictures again that already have a verdict");
    job.option("-j,--jobs", o.threads, "N", "threads; 0: one for each processor", 0, 1024);
}
