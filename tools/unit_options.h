// The options by which videos (and pictures) become samples, shared by nonna-frames and nonna-dataset build.
#pragma once

#include "cli/run_tool.h"
#include "dataset/unit.h"

struct UnitFlags {
    std::string pick = "random", span = "0:1", format = "jpg";
    std::int64_t size = 200, per_video = 1, jobs = 0;
    std::int64_t max_pixels = nonna::default_max_pixels;
    std::int64_t max_memory = std::int64_t(nonna::ChildLimits().memory >> 20);
    std::uint64_t seed = 0;
    nonna::ChildLimits limits;

    void declare_frames(nonna::Command& command)
    {
        command.option("--size", size, "N", "side of the square picture, pixels; 0 keeps the whole frame", 0, 8192);
        command.choice("--pick", pick, nonna::FrameRequest::picks(), "which moment of the span to take");
        command.option("--per-video", per_video, "N", "frames from each video", 1, 1'000'000);
        command.option("--span", span, "A:B", "part of the playing time, as fractions");
        command.option("--seed", seed, "S", "seed of the random pick");
        command.choice("--format", format, {"jpg", "png"}, "JPEG of quality 95, or lossless PNG");
        command.option("-j,--jobs", jobs, "N", "files at a time; 0: one for each processor", 0, 1024);
    }
    void declare_limits(nonna::Command& command)
    {
        command.option("--max-pixels", max_pixels, "N", "largest frame that is decoded", 1, 1'000'000'000);
        command.option("--max-memory", max_memory, "MIB", "memory for one file, MiB; 0: no limit", 0, 1 << 24);
        command.option("--max-cpu", limits.cpu, "SECONDS", "processor time for one file; 0: no limit", 0, 100'000);
        command.option("--max-time", limits.wall, "SECONDS", "time on the clock for one file; 0: no limit", 0, 100'000);
    }
    // `program`: recorded in every sample, with the options that determine it.
    void apply(nonna::UnitOptions& options, const std::string& program)
    {
        nonna::FrameRequest& request = options.request;
        request.set_pick(pick);
        request.set_span(span);
        request.seed = seed;
        request.count = int(per_video);
        request.size = int(size);
        limits.memory = std::uint64_t(max_memory) << 20;
        options.limits = limits;
        options.max_pixels = max_pixels;
        options.processes = int(jobs);
        options.lossless = format == "png";
        options.made_by = program + " --size " + std::to_string(size) + " --pick " + pick + " --per-video " +
                          std::to_string(per_video) + " --span " + span + " --seed " + std::to_string(seed) +
                          (options.lossless ? " --format png" : "");
    }
};
