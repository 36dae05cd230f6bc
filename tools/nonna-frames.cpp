// nonna-frames: one seeded random frame of each video, as an image set.
#include "cli/run_tool.h"
#include "dataset/frame_set.h"
#include "dataset/walk.h"
#include "unit_options.h"

int main(int argc, char** argv)
{
    nonna::FrameSetOptions options;
    UnitFlags flags(options.unit);
    std::vector<std::string> videos;
    std::string output, list;
    bool null_terminated = false;

    nonna::Command command("nonna-frames", "take a seeded random frame from each video, as an image set");
    command.positional("VIDEO", videos, "video files; folders with `--recursive`");
    command.option("-o,--output", output, "OUT.tar", "the image set; `-` is standard output").required();
    flags.declare_frames(command);
    command.option("--files-from", list, "FILE", "more videos, one on each line; `-` is standard input");
    command.flag("-0,--null", null_terminated, "names in `--files-from` end with NUL");
    command.flag("-r,--recursive", options.recursive, "folders stand for the videos in them");
    flags.declare_limits(command);

    return nonna::run_tool(argc, argv, command, [&] {
        nonna::append_file_list(videos, list, null_terminated);
        if (videos.empty())
            nonna::usage_error("VIDEO", "no video given");
        nonna::keep_apart({output}, videos, options.recursive ? nonna::named_like_video : nullptr);
        nonna::keep_apart({output}, {list});
        flags.finish("nonna-frames " + nonna::version());
        return nonna::write_frame_set(videos, output, options);
    });
}
