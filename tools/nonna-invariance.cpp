// nonna-invariance: a neuron's response to pictures that are shifted, scaled, turned.
#include "report/measure_invariance.h"

#include "cli/run_tool.h"
#include "report/picture_file.h"

int main(int argc, char** argv)
{
    using namespace nonna;
    InvarianceOptions o;
    std::vector<std::string> files;
    Command command("nonna-invariance", "measure a neuron's response under translation, scale and rotation");
    command.positional("MODEL", o.model, "model file");
    command.positional("PICTURES.tar", files, "image set to be warped; `-` is standard input");
    command.option("--neuron", o.neuron, "ID", "as in `3.norm/6,6,2` (default: the best of `--sweep`)");
    command.option("--sweep", o.sweep, "SWEEP.tsv", "table of nonna-sweep, for the neuron's threshold");
    command.option("--threshold", o.threshold, "V", "subtracted from responses (default: the sweep's, or 0)", -1e30,
                   1e30);
    command.option("--count", o.count, "N", "most pictures, and most sequences", 1, 100'000);
    command.option("-o,--output", o.output, "OUT.tsv", "the curves; `-` is standard output");
    command.option("--each", o.each, "EACH.tsv", "the responses to every picture");
    command.option("--plot", o.plot, "OUT.svg", "the curves as a plot (needs gnuplot)");
    command.option("--sheet", o.sheet, "OUT.png", "two of the pictures, warped");
    command.option("--folders", o.folder, "DIR", "the best neurons of `--sweep`: each one's DIR/NAME/invariance.tsv");
    command.option("--neurons", o.neurons, "N", "how many, with `--folders`", 1, 1'000'000);
    command.threads(o.threads);
    command.group("Warps");
    command.option("--translate", o.translate, "RANGE", "pixels: `9`, `-4:9`, `9/19` for 19 amounts, or `none`");
    command.option("--scale", o.scale, "RANGE", "factors, as `0.4:1.6/25`, or `none`");
    command.option("--rotate", o.rotate, "RANGE", "degrees in the plane, as `180/37`, or `none`");
    command.choice("--border", o.border, "what is shown beyond the picture");
    command.option("--crop", o.crop, "C", "the network sees the middle C pixels, or that share (0: all)", 0, 100'000);
    command.option("--positive", o.positive, "LABEL", "pictures with another label are left out");
    command.group("Sequences");
    command.option("--sequence", o.sequence, "VIEWS.tar", "pictures of heads that turn");
    command.option("--angles", o.angles, "LIST", "`01=-90,02=-70,...` or a table (default: the name's end)");

    return run_tool(argc, argv, command, [&] {
        // PICTURES.tar may be missing, where heads that turn are all that is looked at: a list that may be empty.
        if (files.size() > 1)
            usage_error("PICTURES.tar", "expected one image set, not " + std::to_string(files.size()));
        if (!files.empty())
            o.pictures = files[0];
        if (o.pictures.empty() && o.sequence.empty())
            usage_error("PICTURES.tar", "missing, and so is --sequence");
        if (const std::string given = command.given_in("Warps"); o.pictures.empty() && !given.empty())
            usage_error(given, "has nothing to act on without PICTURES.tar");
        if (o.sequence.empty() && !o.angles.empty())
            usage_error("--angles", "goes with --sequence");
        if (o.pictures == "-" && o.sequence == "-")
            usage_error("--sequence", "only one of two sets can be standard input");
        if (o.neuron.empty() && o.sweep.empty())
            usage_error("--neuron", "must be given, unless there is --sweep");
        command.needs({"--neurons"}, "--folders");
        if (!o.folder.empty() && o.sweep.empty())
            usage_error("--folders", "goes with --sweep, whose best neurons it is about");
        for (const char* const option : {"--neuron", "--threshold", "--output", "--each", "--plot", "--sheet"})
            if (!o.folder.empty() && command.given(option))
                usage_error(option, "is of one neuron, --folders of many");
        if (o.crop > 1 && o.crop != double(std::int64_t(o.crop)))
            usage_error("--crop", "must be a whole number of pixels, or a share up to 1");
        keep_apart({o.output, o.each, o.plot, o.sheet}, {o.model, o.pictures, o.sequence, o.sweep, o.angles});
        check_picture_name(o.sheet);
        return measure_invariance(o);
    });
}
