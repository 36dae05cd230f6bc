// nonna-stimulus filters: a stage's encoder weights at some positions, as a sheet.
#include "base/parallel.h"
#include "io/table.h"
#include "jobs.h"
#include "report/filter_sheet.h"
#include "report/picture_file.h"
#include "report/stimulus_picture.h"

using namespace nonna;

namespace
{

struct FiltersJob {
    std::string model, output, whitened, tsv;
    std::vector<std::string> at;
    int stage = 1, grid = 3, threads = 0;

    ExitStatus run();
};

ExitStatus FiltersJob::run()
{
    keep_apart({output, whitened, tsv}, {model});
    check_picture_name(output);
    check_picture_name(whitened);
    const Model m = load_model(model);
    const int stages = int(m.architecture.stages.size());
    if (stage > stages)
        usage_error("--stage", m.architecture.name + " has " + std::to_string(stages));
    if (stage > 1 && !whitened.empty())
        usage_error("--whitened", "only the first stage's filters look at a picture");
    const StageArchitecture& s = m.architecture.stages[std::size_t(stage) - 1];
    std::vector<FilterPosition> positions;
    for (const std::string& text : at)
        positions.push_back(parse_position(text, s));
    if (positions.empty())
        positions = grid_of_positions(grid, s);
    Pool pool(threads);
    const FilterView view = stage == 1 ? FilterView::pixels : FilterView::weights;
    if (!whitened.empty())
        write_picture(whitened, filter_sheet(m, stage - 1, positions, FilterView::weights, pool));
    if (!tsv.empty()) {
        TableWriter table(tsv, {"stage", "row", "col", "rows", "cols"});
        for (const FilterPosition& p : positions)
            table.cell(stage).cell(p.row).cell(p.column).cell(s.filter.rows).cell(s.filter.columns).end_row();
        table.commit();
    }
    write_picture(output, filter_sheet(m, stage - 1, positions, view, pool));
    return ExitStatus::done;
}

}    // namespace

void add_filters(Command& program)
{
    static FiltersJob o;
    static Command& job = program.subcommand("filters", "draw a stage's encoder weights, as a sheet", [] {
        if (job.given("--grid") && job.given("--at"))
            usage_error("--grid", "excludes --at, which gives the positions");
        return o.run();
    });
    job.positional("MODEL", o.model, "model file");
    job.option("--stage", o.stage, "S", "which stage, from 1", 1, 16);
    job.option("--at", o.at, "ROW,COL", "position of the filters");
    job.option("--grid", o.grid, "N", "N x N positions all over the stage", 1, 1000);
    job.option("-o,--output", o.output, "OUT.png", "the sheet; for the first stage as pixels").required();
    job.option("--whitened", o.whitened, "W.png", "the first stage also as the network sees it");
    job.option("--tsv", o.tsv, "F.tsv", "the positions, and how many the stage has");
    job.threads(o.threads);
}
