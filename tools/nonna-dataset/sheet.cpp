// nonna-dataset sheet: a contact sheet of an image set.
#include "pictures/sheet.h"
#include "jobs.h"

using namespace nonna;

namespace
{

struct SheetJob {
    SetSheetOptions options;
    std::string input, output;
    std::int64_t columns = 0, tile = 100;

    ExitStatus run()
    {
        options.sheet.columns = int(columns);
        options.sheet.tile = int(tile);
        return write_set_sheet(input, output, options);
    }
};

}    // namespace

void add_sheet(Command& program)
{
    static SheetJob o;
    Command& job = program.subcommand("sheet", "draw a contact sheet of an image set, PNG", [] { return o.run(); });
    job.positional("IN.tar", o.input, "image set; `-` is standard input");
    job.option("-o,--output", o.output, "SHEET.png", "the sheet").required();
    job.option("--columns", o.columns, "C", "columns; 0: for a shape of about 4:3", 0, 1000);
    job.option("--count", o.options.count, "N", "only the first N pictures; 0: all", 0, 1'000'000);
    job.option("--tile", o.tile, "PIXELS", "side of a picture", 8, 2048);
    job.flag("--labels", o.options.labels, "write labels below the pictures");
    job.flag("--boxes", o.options.boxes, "outline what detectors found");
}
