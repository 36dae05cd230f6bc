// nonna-dataset: image sets from pictures, detections into them, test sets and contact sheets out of them.
#include "cli/run_tool.h"
#include "media/annotate.h"
#include "media/detect.h"
#include "media/pack.h"
#include "media/test_set.h"
#include "pictures/sheet.h"

int main(int argc, char** argv)
{
    using namespace nonna;
    Command command("nonna-dataset", "make image sets, test sets and contact sheets");
    std::string input, output;
    std::int64_t threads = 0, patches = 0;
    std::uint64_t seed = 0;

    PackOptions pack;
    std::vector<std::string> paths;
    std::string label, labels_from, list, patch_size, root, format = "jpg";
    bool null_terminated = false;
    Command& packing = command.subcommand("pack", "pictures, folders or image sets to one image set", [&] {
        if (!label.empty() && !labels_from.empty())
            usage_error("--label", "excludes --labels-from");
        pack.set_patches(patches, patch_size);
        std::vector<PackInput> inputs;
        for (const std::string& path : paths)
            inputs.push_back({path, "", {}});
        if (!list.empty())
            for (const std::string& path : read_file_list(list, null_terminated))
                inputs.push_back(listed(path, root));
        if (!labels_from.empty())
            for (PackInput& row : read_labels(labels_from, root))
                inputs.push_back(std::move(row));
        if (inputs.empty())
            usage_error("PATH", "no picture given");
        if (!label.empty())
            pack.label = label;
        pack.lossless = format == "png";
        pack.seed = seed;
        pack.threads = int(threads);
        pack.made_by = "nonna-dataset " + version() + " pack";
        return pack_pictures(inputs, output, pack);
    });
    packing.positional("PATH", paths, "pictures, folders, image sets");
    packing.option("-o,--output", output, "OUT.tar", "the image set").required();
    packing.option("--size", pack.size, "N", "side of the stored square; 0 keeps", 0, 8192);
    packing.option("--crop", pack.crop, "N", "middle square: pixels, or share up to 1", 0, 65536);
    packing.option("--label", label, "L", "label of every picture");
    packing.option("--labels-from", labels_from, "TSV", "table with columns path, label");
    packing.option("--root", root, "DIR", "where names in lists start");
    packing.option("--files-from", list, "FILE", "more inputs, one a line");
    packing.flag("-0,--null", null_terminated, "names in --files-from end with NUL");
    packing.option("--patches", patches, "N", "random squares of each picture", 0, 100'000);
    packing.option("--patch-size", patch_size, "A:B", "their sides, pixels of the picture");
    packing.option("--seed", seed, "S", "seed of the patches");
    packing.choice("--format", format, {"jpg", "png"}, "of pictures encoded anew");
    packing.option("-j,--jobs", threads, "N", "threads; 0: one for each processor", 0, 1024);

    AnnotateOptions annotate;
    std::string keep = "all";
    std::int64_t min_size = 0;
    Command& faces = command.subcommand("faces", "find faces or people, keep their boxes in the json", [&] {
        using Keep = AnnotateOptions::Keep;
        annotate.keep = keep == "with" ? Keep::with : keep == "without" ? Keep::without : Keep::all;
        annotate.min_size = int(min_size);
        annotate.threads = int(threads);
        return annotate_set(input, output, annotate);
    });
    faces.positional("IN.tar", input, "image set; - is standard input");
    faces.option("-o,--output", output, "OUT.tar", "the image set with boxes").required();
    faces.choice("--detector", annotate.detector, detector_names(), "what to look for");
    faces.choice("--keep", keep, {"all", "with", "without"}, "which pictures");
    faces.option("--min-size", min_size, "N", "height of the smallest, pixels; 0: the detector's", 0, 8192);
    faces.option("-j,--jobs", threads, "N", "threads; 0: one for each processor", 0, 1024);

    TestSetOptions test;
    std::string positives, negatives, from_boxes, others;
    Command& testset = command.subcommand("testset", "positives (1) and negatives (0) at a prior", [&] {
        const bool mix = !positives.empty() && !negatives.empty();
        if (mix == !from_boxes.empty() || (!mix && positives.size() + negatives.size() > 0) ||
            (from_boxes.empty() && !others.empty()))
            usage_error("--positives", "give --positives and --negatives, or --from-boxes");
        test.seed = seed;
        test.threads = int(threads);
        return mix ? mix_test_set(positives, negatives, output, test)
                   : test_set_from_boxes(from_boxes, others, output, test);
    });
    testset.option("-o,--output", output, "OUT.tar", "the test set").required();
    testset.option("--positives", positives, "P.tar", "pictures with the thing");
    testset.option("--negatives", negatives, "N.tar", "pictures without it");
    testset.option("--from-boxes", from_boxes, "A.tar", "frames with boxes: cut both out");
    testset.option("--others", others, "O.tar", "other films, for negatives");
    testset.option("--prior", test.prior, "P", "share of negatives", 0.001, 0.999);
    testset.option("--count", test.count, "N", "pictures in all; 0: what there is", 0, 100'000'000);
    testset.option("--size", test.size, "N", "side of the stored square; 0 keeps", 0, 8192);
    testset.option("--margin", test.margin, "M", "around a box, share of its side; below 0: inside", -0.4, 10);
    testset.option("--min-score", test.min_score, "S", "least score of a positive's box", -1e9, 1e9);
    testset.option("--detector", test.detector, "NAME", "whose boxes, where several looked");
    testset.option("--seed", seed, "S", "seed of choice and order");
    testset.option("-j,--jobs", threads, "N", "threads; 0: one for each processor", 0, 1024);

    SetSheetOptions sheet;
    std::int64_t columns = 0, tile = 100;
    Command& sheets = command.subcommand("sheet", "contact sheet of an image set, PNG", [&] {
        sheet.sheet.columns = int(columns);
        sheet.sheet.tile = int(tile);
        return write_set_sheet(input, output, sheet);
    });
    sheets.positional("IN.tar", input, "image set; - is standard input");
    sheets.option("-o,--output", output, "SHEET.png", "the sheet").required();
    sheets.option("--columns", columns, "C", "0: about 4:3", 0, 1000);
    sheets.option("--count", sheet.count, "N", "the first N; 0: all", 0, 1'000'000);
    sheets.option("--tile", tile, "PIXELS", "side of a picture", 8, 2048);
    sheets.flag("--labels", sheet.labels, "labels below the pictures");
    sheets.flag("--boxes", sheet.boxes, "outline what detectors found");

    return run_tool(argc, argv, command);
}
