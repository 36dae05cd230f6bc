// The job linear: random crops of training pictures as linear filters.
#include "analysis/linear_filters.h"
#include "jobs.h"
#include "report/picture_file.h"
#include "report/stimulus_picture.h"

#include <filesystem>

using namespace nonna;

namespace
{

struct Linear : BaselineCommand {
    std::string show;
    std::optional<int> side;
    LinearOptions options;
};

// The test images' side, where it was not given.
int first_side(const std::string& test)
{
    if (test == "-" || (std::filesystem::exists(test) && !std::filesystem::is_regular_file(test)))
        usage_error("--side", "is needed where the test set is not a file");
    ImageReader reader(test);
    const std::optional<Sample> first = reader.next();
    if (!first)
        throw Error(test, "no pictures in it");
    const PictureInfo info = inspect_picture(first->picture, test + ": " + first->key + "." + first->extension);
    return std::min(info.width, info.height);
}

ExitStatus tell(const RandomCrops& crops, const Mixture& data)
{
    // a place of the mixture is one draw's; its picture may have several
    const auto named = [&](const std::set<std::size_t>& places) {
        std::set<std::string> names;
        for (const std::size_t place : places)
            names.insert(data.sample_name(place));
        return names;
    };
    if (const std::size_t whole = named(crops.only_whole()).size(); whole > 0)
        warn(data.name(), std::to_string(whole) +
                              " of the pictures drawn are exactly as large as the test images and give only one " +
                              "crop each: pack them 1.5 times as large or more");
    for (const std::string& name : named(crops.too_small()))
        warn(name, "smaller than the test images, skipped");
    return crops.too_small().empty() ? ExitStatus::done : ExitStatus::skipped;
}

ExitStatus tune(Linear& o, const PictureSet& test, const RandomCrops& crops, Pool& pool)
{
    Tuning tuning({"pixels", "filters"}, o.sweep.by);
    for (const auto& [pixels, name] : names_of<LinearPixels>) {
        o.options.pixels = pixels;
        const ResponseSource source = linear_responses({test.pixels, test.count()}, crops, o.options, test.name, pool);
        const std::vector<NeuronScore> scores = o.choose(source, test, pool);
        // The first crops of many are those of a run with fewer.
        for (const std::size_t n : {scores.size() / 100, scores.size() / 10, scores.size()})
            if (n > 0)
                tuning.add({name, std::to_string(n)}, source, {scores.begin(), scores.begin() + std::ptrdiff_t(n)});
    }
    return o.finish(tuning, test);
}

ExitStatus linear(Linear& o, const Command& job)
{
    o.check(job, {o.show});
    check_picture_name(o.show);
    for (const char* option : {"--show", "--pixels"})
        if (o.tune && job.given(option))
            usage_error(option, "goes without --tune, which tries them all");
    Pool pool(o.threads);
    const int side = o.side ? *o.side : first_side(o.test);
    const PictureSet test = o.read_test(side, o.channels, pool);
    const Mixture data(o.data, o.sweep.seed);
    const RandomCrops crops({data.name(), data.count(),
                             [&](std::size_t i) -> CropSource::Pixels {
                                 Picture p = decode_picture(data.picture(i), data.sample_name(i));
                                 return {p.width, p.height, o.channels == 1 ? grey(p) : std::move(p.rgb)};
                             },
                             o.channels},
                            side, o.sweep.seed);
    o.options.seed = o.sweep.seed;
    o.options.batch_bytes = o.sweep.batch_bytes();
    NeuronScore best;
    const ExitStatus status =
        o.tune
            ? tune(o, test, crops, pool)
            : o.run(linear_responses({test.pixels, test.count()}, crops, o.options, test.name, pool), test, pool, best);
    if (!o.show.empty()) {
        std::vector<std::uint8_t> crop(crops.size());
        crops.read(std::size_t(best.map), crop);
        Picture filter{side, side, std::vector<std::uint8_t>(std::size_t(side) * side * 3)};
        for (std::size_t k = 0; k < filter.rgb.size(); ++k)
            filter.rgb[k] = crop[o.channels == 1 ? k / 3 : k];
        write_picture(o.show, resize(filter, side * 6, side * 6));
    }
    return std::max(status, tell(crops, data));
}

}    // namespace

void add_linear(Command& program)
{
    static Linear o;
    static Command* job;
    job = &program.subcommand("linear", "random crops of training pictures, by their cosine with a test image",
                              [] { return linear(o, *job); });
    job->positional("TEST.tar", o.test, "labelled images; `-` is standard input");
    job->option("--data", o.data, "TRAIN.tar[:WEIGHT]",
                "training pictures, at least 1.5 times as large as the test images")
        .required();
    job->option("--filters", o.options.filters, "N", "how many random crops, drawn by `--seed`", 1, 10'000'000);
    job->choice("--pixels", o.options.pixels, "how pictures are prepared for the cosine");
    job->option("--side", o.side, "N", "side of the test images (default: that of the first)", 2, 1024);
    job->option("--show", o.show, "BEST.png", "the best filter as a picture");
    o.declare(*job);
}
