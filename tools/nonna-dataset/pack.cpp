// nonna-dataset pack: pictures, folders and image sets to one image set.
#include "dataset/pack.h"
#include "../unit_options.h"
#include "dataset/walk.h"
#include "io/file_kind.h"
#include "jobs.h"

#include <filesystem>
#include <unistd.h>

using namespace nonna;

namespace
{

bool is_image_set(const std::string& path)
{
    std::error_code error;
    return std::filesystem::is_regular_file(path, error) && std::filesystem::file_size(path, error) > 0 &&
           ::access(path.c_str(), R_OK) == 0 && detect_file_kind(path) == FileKind::image_set;
}

struct PackJob {
    PackOptions options;
    std::vector<std::string> paths, looks;
    std::string output, label, labels_from, list, patch_size, root;
    std::int64_t patches = 0;
    PictureFormat format = PictureFormat::jpg;
    DecodeSize decode = DecodeSize::reduced;
    bool null_terminated = false, folders = false;

    ExitStatus run()
    {
        if (!label.empty() && !labels_from.empty())
            usage_error("--label", "excludes --labels-from");
        if (folders && (!label.empty() || !labels_from.empty()))
            usage_error("--labels-from-folders", std::string("excludes --label") + (label.empty() ? "s-from" : ""));
        if (folders && paths.empty())
            usage_error("--labels-from-folders", "goes with a folder of folders, or an archive, as PATH");
        options.set_patches(patches, patch_size);
        options.set_looks(looks);
        std::vector<PackInput> inputs;
        for (const std::string& path : paths)
            inputs.push_back({path, "", label.empty() ? std::nullopt : std::optional(label), folders, {}});
        if (!list.empty())
            for (const std::string& path : read_file_list(list, null_terminated))
                inputs.push_back(listed(path, root));
        if (!labels_from.empty())
            for (PackInput& row : read_labels(labels_from, root))
                inputs.push_back(std::move(row));
        if (inputs.empty())
            usage_error("PATH", "no picture given");
        keep_apart({output}, {list, labels_from});
        std::vector<std::string> pictures;
        std::error_code error;
        for (const PackInput& input : inputs)    // a set may be cut anew in its place
            if (!std::filesystem::equivalent(output, input.path, error) || !is_image_set(input.path))
                pictures.push_back(input.path);
        keep_apart({output}, pictures, named_like_picture);
        if (!is_tabular(label))
            usage_error("--label", "holds a tab or line break, which tables cannot");
        if (!label.empty())
            options.label = label;
        options.decode = decode;
        options.lossless = format == PictureFormat::png;
        options.made_by = "nonna-dataset " + version() + " pack";
        return pack_pictures(inputs, output, options);
    }
};

}    // namespace

void add_pack(Command& program)
{
    static PackJob o;
    Command& job =
        program.subcommand("pack", "turn pictures, folders or image sets into one image set", [] { return o.run(); });
    job.positional("PATH", o.paths, "pictures, folders, image sets, built sets, other archives of pictures");
    job.option("-o,--output", o.output, "OUT.tar", "the image set").required();
    job.option("--size", o.options.size, "N", "side of the stored square; 0 keeps the size", 0, 8192);
    job.option("--crop", o.options.crop, "N", "middle square: its pixels, or its share up to 1", 0, 65536);
    job.option("--label", o.label, "L", "label of every picture");
    job.option("--labels-from", o.labels_from, "TSV", "more inputs: a table, TSV or CSV, with the columns path, label");
    job.flag("--labels-from-folders", o.folders, "the folders in PATH are the classes: their names are the labels");
    job.option("--root", o.root, "DIR", "folder that names in lists are relative to");
    job.option("--files-from", o.list, "FILE", "more inputs, one on each line");
    job.flag("-0,--null", o.null_terminated, "names in `--files-from` end with NUL");
    job.option("--patches", o.patches, "N", "random squares of each picture", 0, 100'000);
    job.option("--patch-size", o.patch_size, "A:B", "range of their sides, in pixels of the picture");
    job.option("--look", o.looks, "LOOK", "`grey`, `aperture`, `mean-ground` or `control`");
    job.option("--seed", o.options.seed, "S", "seed of the patches");
    job.option("--max-pixels", o.options.max_pixels, "N", "larger pictures are left out", 1, 1'000'000'000'000);
    job.choice("--decode", o.decode, "large JPEGs: as far as squares need");
    job.choice("--format", o.format, "format of pictures that are encoded again");
    job.threads(o.options.threads);
}
