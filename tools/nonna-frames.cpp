// nonna-frames: one seeded random frame of each video, as an image set.
#include "cli/run_tool.h"
#include "dataset/frame_set.h"

#include <charconv>

namespace {

// "A:B", fractions of the playing time.
void parse_span(const std::string& text, nonna::FrameRequest& request)
{
    const char* const end = text.data() + text.size();
    const auto a = std::from_chars(text.data(), end, request.span_begin);
    if (a.ec == std::errc() && a.ptr != end && *a.ptr == ':') {
        const auto b = std::from_chars(a.ptr + 1, end, request.span_end);
        if (b.ec == std::errc() && b.ptr == end && request.span_begin >= 0 && request.span_begin < request.span_end &&
            request.span_end <= 1)
            return;
    }
    nonna::usage_error("--span", "must be A:B with 0 <= A < B <= 1");
}

}    // namespace

int main(int argc, char** argv)
{
    using nonna::FrameRequest;
    std::vector<std::string> videos;
    std::string output, pick = "random", span = "0:1", format = "jpg", list;
    std::int64_t size = 200, per_video = 1, threads = 0;
    std::uint64_t seed = 0;
    bool null_terminated = false;

    nonna::Command command("nonna-frames", "one seeded random frame of each video, as an image set");
    command.positional("VIDEO", videos, "video files");
    command.option("-o,--output", output, "OUT.tar", "the image set; - is standard output").required();
    command.option("--size", size, "N", "side of the square picture in pixels; 0 keeps the whole frame", 0, 8192);
    command.choice("--pick", pick, {"random", "middle", "first"}, "which moment of the span");
    command.option("--per-video", per_video, "N", "frames from each video", 1, 1'000'000);
    command.option("--span", span, "A:B", "part of the playing time, as fractions");
    command.option("--seed", seed, "S", "seed of the random pick");
    command.choice("--format", format, {"jpg", "png"}, "JPEG of quality 95, or PNG without loss");
    command.option("-j,--jobs", threads, "N", "threads; 0: one for each processor", 0, 1024);
    command.option("--files-from", list, "FILE", "more videos, one a line; - is standard input");
    command.flag("-0,--null", null_terminated, "names in --files-from end with NUL");

    return nonna::run_tool(argc, argv, command, [&] {
        if (!list.empty())
            for (std::string& path : nonna::read_file_list(list, null_terminated))
                videos.push_back(std::move(path));
        if (videos.empty())
            nonna::usage_error("VIDEO", "no video given");
        nonna::FrameSetOptions options;
        FrameRequest& request = options.request;
        request.pick = pick == "first"    ? FrameRequest::Pick::first
                       : pick == "middle" ? FrameRequest::Pick::middle
                                          : FrameRequest::Pick::random;
        request.seed = seed;
        request.count = int(per_video);
        request.size = int(size);
        parse_span(span, request);
        options.lossless = format == "png";
        options.threads = int(threads);
        options.made_by = "nonna-frames " + nonna::version() + " --size " + std::to_string(size) + " --pick " + pick +
                          " --per-video " + std::to_string(per_video) + " --span " + span + " --seed " +
                          std::to_string(seed) + (options.lossless ? " --format png" : "");
        return nonna::write_frame_set(videos, output, options);
    });
}
