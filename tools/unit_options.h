// The options by which videos (and pictures) become samples, shared by nonna-frames and nonna-dataset build; and
// --format of these and nonna-dataset pack.
#pragma once

#include "cli/run_tool.h"
#include "dataset/decode_units.h"

enum class PictureFormat { jpg, png };

template <>
inline constexpr auto nonna::names_of<PictureFormat> = nonna::names<PictureFormat>({
    {PictureFormat::jpg, "jpg"},
    {PictureFormat::png, "png"},
});

// Binds the options to a UnitOptions, which must stay where it is.
class UnitFlags
{
  public:
    explicit UnitFlags(nonna::UnitOptions& options) : options_(options) {}

    void declare_frames(nonna::Command& command)
    {
        nonna::FrameRequest& request = options_.request;
        command.option("--size", request.size, "N", "side of the square; 0 keeps the whole frame", 0, 8192);
        command.choice("--pick", request.pick, "which moment of the span to take");
        command.option("--per-video", request.count, "N", "frames from each video", 1, 1'000'000);
        command.option("--span", span_, "A:B", "part of the playing time, as fractions");
        command.option("--seed", request.seed, "S", "seed of the random pick");
        command.choice("--format", format_, "JPEG of quality 95, or lossless PNG");
        command.threads(options_.processes, "files at a time");
    }
    void declare_limits(nonna::Command& command)
    {
        nonna::ChildLimits& limits = options_.limits;
        command.option("--max-pixels", options_.max_pixels, "N", "largest frame that is decoded", 1, 1'000'000'000);
        command.option("--max-memory", max_memory_, "MIB", "memory for one file, MiB; 0: no limit", 0, 1 << 24);
        command.option("--max-cpu", limits.cpu, "SECONDS", "processor time for one file; 0: no limit", 0, 100'000);
        command.option("--max-time", limits.wall, "SECONDS", "time on the clock for one file; 0: no limit", 0, 100'000);
    }
    // What the options do not hold as they were given. `program`: recorded in every sample, with the options that
    // determine it.
    void finish(const std::string& program)
    {
        nonna::FrameRequest& request = options_.request;
        request.set_span(span_);
        options_.limits.memory = max_memory_ << 20;
        options_.lossless = format_ == PictureFormat::png;
        options_.made_by = program + " --size " + std::to_string(request.size) + " --pick " +
                           nonna::name_of(request.pick) + " --per-video " + std::to_string(request.count) + " --span " +
                           span_ + " --seed " + std::to_string(request.seed) +
                           (options_.lossless ? " --format png" : "");
    }

  private:
    nonna::UnitOptions& options_;
    std::string span_ = "0:1";
    PictureFormat format_ = PictureFormat::jpg;
    std::uint64_t max_memory_ = nonna::ChildLimits().memory >> 20;
};
