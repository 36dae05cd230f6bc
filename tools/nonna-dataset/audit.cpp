// nonna-dataset audit: how often a detector takes a random patch for a face.
#include "dataset/audit.h"
#include "base/log.h"
#include "io/output.h"
#include "jobs.h"
#include "report/picture_file.h"
#include "report/sheet.h"

#include <cstdio>

using namespace nonna;

namespace
{

struct AuditJob {
    AuditOptions options;
    std::vector<std::string> paths;
    std::string output = "-", sheet;
    std::size_t count = 100;

    ExitStatus run()
    {
        keep_apart({output, sheet}, paths, named_like_picture);
        keep_apart({output, sheet}, {options.detector.model});
        check_picture_name(sheet);
        if (!sheet.empty())
            require_sheet(count, {}, false);
        options.examples = sheet.empty() ? 0 : count;
        options.made_by = "nonna-dataset " + version() + " audit";
        std::vector<PictureInput> inputs;
        for (const std::string& path : paths)
            inputs.push_back({path, "", {}});
        // Opened first: what cannot be written is known before minutes are spent.
        TableWriter table(output, audit_columns());
        std::optional<Output> picture;
        if (!sheet.empty())
            picture.emplace(sheet, Output::Kind::binary);
        const Audit audit = audit_patches(inputs, options);
        if (picture)
            draw(audit, *picture);
        write_audit(audit, options, table);
        summarise(audit);
        return audit.unreadable > 0 ? ExitStatus::skipped : ExitStatus::done;
    }

    void draw(const Audit& audit, Output& out) const
    {
        if (audit.examples.empty()) {
            warn(sheet, "not written: nothing was taken for a face");
            return;
        }
        std::vector<SheetTile> tiles;
        for (const AuditExample& example : audit.examples) {
            Picture patch = example.patch;
            for (const Box& box : example.boxes)
                draw_box(patch, box, 255, 220, 0);
            tiles.push_back({std::move(patch), ""});
        }
        out.write(encoded_picture(sheet, make_sheet(tiles)));
        out.commit();
    }

    void summarise(const Audit& audit) const
    {
        char text[400];
        std::snprintf(text, sizeof text,
                      "%llu of %llu patches of %lldx%lld pixels from %llu pictures are taken for a face: %.3g %%, "
                      "95 %% interval %.3g to %.3g %% (%llu pictures too small, %llu unreadable)",
                      static_cast<unsigned long long>(audit.faces), static_cast<unsigned long long>(audit.patches),
                      static_cast<long long>(options.patch_size), static_cast<long long>(options.patch_size),
                      static_cast<unsigned long long>(audit.pictures), 100 * audit.rate, 100 * audit.low,
                      100 * audit.high, static_cast<unsigned long long>(audit.small),
                      static_cast<unsigned long long>(audit.unreadable));
        say(text);
    }
};

}    // namespace

void add_audit(Command& program)
{
    static AuditJob o;
    Command& job =
        program.subcommand("audit", "count the random patches that are taken for a face", [] { return o.run(); });
    job.positional("PATH", o.paths, "image sets, folders, pictures; `-` is standard input", 1);
    job.option("-o,--output", o.output, "TSV", "the table");
    job.option("--sheet", o.sheet, "SHEET.png", "what was taken for a face");
    job.option("--count", o.count, "N", "patches on the sheet, the first N", 1, 10'000);
    job.option("--patches", o.options.patches, "N", "patches to examine", 1, 10'000'000);
    job.option("--patch-size", o.options.patch_size, "PIXELS", "side of a patch", 8, 8192);
    job.option("--seed", o.options.seed, "S", "seed of the patches");
    job.choice("--detector", o.options.detector.name, detector_names(), "what to look for");
    job.option("--model", o.options.detector.model, "FILE", "network of `yunet`, ONNX");
    job.option("--min-score", o.options.min_score, "T", "least score of a face", -1e9, 1e9);
    job.option("--min-size", o.options.detector.min_size, "N", "least height of a find, pixels; 0: the detector's", 0,
               8192);
    job.threads(o.options.threads);
}
