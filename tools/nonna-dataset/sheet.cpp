// nonna-dataset sheet: a contact sheet of an image set.
#include "report/sheet.h"
#include "jobs.h"

using namespace nonna;

namespace
{

struct SheetJob {
    SetSheetOptions options;
    std::string input, output;
};

}    // namespace

void add_sheet(Command& program)
{
    static SheetJob o;
    static Command* sheet = nullptr;
    Command& job = program.subcommand("sheet", "draw a contact sheet of an image set, PNG or JPEG", [] {
        keep_apart({o.output}, {o.input});
        sheet->needs({"--seed"}, "--sample");
        if (o.options.sample > 0 && o.options.count > 0)
            usage_error("--sample", "excludes --count, the first pictures");
        if (o.options.sample > 0 && !o.options.captions())    // drawn ones cannot be counted off in the set
            o.options.labels = o.options.keys = true;
        return write_set_sheet(o.input, o.output, o.options);
    });
    sheet = &job;
    job.positional("IN.tar", o.input, "image set; `-` is standard input");
    job.option("-o,--output", o.output, "SHEET.png", "the sheet").required();
    job.option("--columns", o.options.sheet.columns, "C", "columns; 0: for a shape of about 4:3", 0, 1000);
    job.option("--count", o.options.count, "N", "only the first N pictures; 0: all", 0, 1'000'000);
    job.option("--sample", o.options.sample, "N", "N pictures drawn from all, with label or key; 0: none", 0,
               1'000'000);
    job.option("--seed", o.options.seed, "S", "seed of the draw");
    job.option("--tile", o.options.sheet.tile, "PIXELS", "side of a picture", 8, 2048);
    job.flag("--labels", o.options.labels, "write labels below the pictures");
    job.flag("--keys", o.options.keys, "write keys below the pictures, with `--labels` where there is no label");
    job.flag("--boxes", o.options.boxes, "outline what detectors found");
}
