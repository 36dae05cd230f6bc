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
    Command& job = program.subcommand("sheet", "draw a contact sheet of an image set, PNG or JPEG", [] {
        keep_apart({o.output}, {o.input});
        return write_set_sheet(o.input, o.output, o.options);
    });
    job.positional("IN.tar", o.input, "image set; `-` is standard input");
    job.option("-o,--output", o.output, "SHEET.png", "the sheet").required();
    job.option("--columns", o.options.sheet.columns, "C", "columns; 0: for a shape of about 4:3", 0, 1000);
    job.option("--count", o.options.count, "N", "only the first N pictures; 0: all", 0, 1'000'000);
    job.option("--tile", o.options.sheet.tile, "PIXELS", "side of a picture", 8, 2048);
    job.flag("--labels", o.options.labels, "write labels below the pictures");
    job.flag("--boxes", o.options.boxes, "outline what detectors found");
}
