#include "watch.h"

#include "analysis/respond.h"
#include "base/error.h"
#include "base/log.h"
#include "io/npy.h"
#include "io/output.h"

#include <filesystem>

using namespace nonna;

std::size_t watch_pictures(const Model& model, std::span<const NeuronId> neurons, const std::string& data, Pool& pool,
                           const Watch& watch, const PictureSample* sample, bool with_numerators)
{
    NeuronResponder responder(model, neurons, pool, with_numerators);
    const auto take = [&](const PictureSet& set, std::size_t) {
        const std::span<const float> responses = responder.respond({set.pixels, set.count()});
        watch({set, responses, responder.numerators(), responder.preprocessed()});
    };
    const PictureForm form = model.preprocessing.form();
    return sample ? stream_sample(data, *sample, form, responder.batch(), pool, take)
                  : stream_pictures(data, form, responder.batch(), pool, take);
}

static std::string group_of(const PictureSet& set, std::size_t i, Distinct distinct)
{
    if (distinct == Distinct::folder) {
        const std::string folder = std::filesystem::path(set.sources[i]).parent_path().string();
        return folder.empty() ? "." : folder;
    }
    return distinct == Distinct::group ? set.groups[i].value_or(set.sources[i]) : set.sources[i];
}

void take(Extremes& extremes, const Look& look, Distinct distinct)
{
    const PictureSet& set = look.pictures;
    const std::size_t neurons = look.responses.size() / set.count();
    for (std::size_t i = 0; i < set.count(); ++i)
        extremes.take(
            look.responses.subspan(i * neurons, neurons),
            [&] {
                const auto pixels = set.image(i);
                SeenPicture seen{set.keys[i], set.sources[i], set.labels[i], {pixels.begin(), pixels.end()}};
                seen.time = set.times[i];
                return seen;
            },
            look.numerators.empty() ? look.numerators : look.numerators.subspan(i * neurons, neurons),
            distinct == Distinct::no ? "" : group_of(set, i, distinct));
}

static std::vector<float> read_inputs(const std::string& path, const Architecture& a, std::size_t neurons)
{
    const NpyReader reader(path);
    const std::vector<std::uint64_t>& shape = reader.shape();
    const auto side = std::uint64_t(a.side);
    if (shape.size() != 4 || shape[1] != side || shape[2] != side || shape[3] != std::uint64_t(a.channels) ||
        (shape[0] != 1 && shape[0] != neurons))
        throw Error(path, "its shape is not that of one input of the network, or of one for each neuron: (neurons, " +
                              std::to_string(side) + ", " + std::to_string(side) + ", " + std::to_string(a.channels) +
                              "), as --npy writes them");
    std::vector<float> inputs(shape[0] * a.input().size());
    reader.read_columns(0, shape[0], 0, a.input().size(), inputs);
    return inputs;
}

std::vector<std::vector<float>> read_starts(const std::string& path, const Model& model, std::size_t asked,
                                            std::span<const std::size_t> living)
{
    const Architecture& a = model.architecture;
    const std::size_t size = a.input().size();
    std::vector<float> inputs(size);
    if (path.ends_with(".npy")) {
        inputs = read_inputs(path, a, asked);
    } else {
        const std::string file = read_whole_file(path, std::size_t(256) << 20);
        model.preprocessing.apply(decode_square(std::as_bytes(std::span(file)), path, model.preprocessing.form()),
                                  inputs);
    }
    std::vector<std::vector<float>> starts;
    for (const std::size_t n : living) {
        const auto from = inputs.begin() + std::ptrdiff_t(inputs.size() > size ? n * size : 0);
        starts.emplace_back(from, from + std::ptrdiff_t(size));
    }
    return starts;
}

std::vector<std::vector<float>> whitened_averages(const ResponseAverages& averages, std::span<const std::size_t> living,
                                                  const Model& model)
{
    std::vector<std::vector<float>> starts;
    for (const std::size_t n : living) {
        starts.push_back(averages.of(n).average);
        model.preprocessing.whiten(starts.back());
    }
    return starts;
}

std::vector<std::size_t> living(std::span<const NeuronId> neurons, const std::string& data,
                                const std::function<bool(std::size_t neuron)>& dead)
{
    std::vector<std::size_t> numbers;
    for (std::size_t n = 0; n < neurons.size(); ++n)
        if (dead(n))
            warn(neuron_name(neurons[n]), "dead: it responds alike to every picture of " + data + "; left out");
        else
            numbers.push_back(n);
    if (numbers.empty())
        throw Error(data, "no neuron that was asked for tells its pictures apart: there is nothing to draw");
    return numbers;
}

bool dead(const Extremes& extremes, std::size_t neuron)
{
    return extremes.seen() > 1 && extremes.strongest(neuron)[0].response == extremes.weakest(neuron)[0].response;
}
