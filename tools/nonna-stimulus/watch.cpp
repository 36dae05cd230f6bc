#include "watch.h"

#include "analysis/respond.h"
#include "base/error.h"
#include "base/log.h"
#include "images/picture_stream.h"
#include "io/npy.h"

using namespace nonna;

void watch_pictures(const Model& model, std::span<const NeuronId> neurons, const std::string& data, Pool& pool,
                    const Watch& watch)
{
    NeuronResponder responder(model, neurons, pool);
    stream_pictures(data, model.architecture.side, model.architecture.channels, responder.batch(), pool,
                    [&](const PictureSet& set, std::size_t) {
                        const std::span<const float> responses = responder.respond({set.pixels, set.count()});
                        watch(set, responses, responder.preprocessed());
                    });
}

void write_inputs(const std::string& path, const Architecture& a, std::size_t neurons,
                  const std::function<std::span<const float>(std::size_t neuron)>& of)
{
    const auto side = std::uint64_t(a.side);
    NpyWriter writer(path, {side, side, std::uint64_t(a.channels)});
    for (std::size_t n = 0; n < neurons; ++n)
        writer.write_rows(of(n));
    writer.commit();
}

void take(Extremes& extremes, const PictureSet& set, std::span<const float> responses)
{
    const std::size_t neurons = responses.size() / set.count();
    for (std::size_t i = 0; i < set.count(); ++i)
        extremes.take(responses.subspan(i * neurons, neurons), [&] {
            const auto pixels = set.image(i);
            return SeenPicture{set.keys[i], set.sources[i], set.labels[i], {pixels.begin(), pixels.end()}};
        });
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
