// nonna-dataset faces: what a detector finds, into the json.
#include "dataset/annotate.h"
#include "jobs.h"

using namespace nonna;

namespace
{

struct FacesJob {
    AnnotateOptions options;
    std::string input, output;

    ExitStatus run()
    {
        if (options.min_score && options.keep == AnnotateOptions::Keep::all)
            usage_error("--min-score", "goes with --keep with or --keep without");
        keep_apart({output}, {input, options.detector.model});
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
    job.choice("--keep", o.options.keep, "which pictures to keep");
    job.option("--min-score", o.options.min_score, "T", "least score of a find for `--keep`", -1e9, 1e9);
    job.option("--min-size", o.options.detector.min_size, "N", "least height of a find, pixels; 0: the detector's", 0,
               8192);
    job.option("--max-side", o.options.detector.max_side, "N",
               "larger pictures are examined at so many pixels a side; 0: as they are", 0, 65536);
    job.flag("--again", o.options.again, "examine pictures again that already have a verdict");
    job.threads(o.options.threads);
}
