#include "report/stimulus_files.h"

#include "base/parallel.h"
#include "io/npy.h"
#include "report/neuron_folders.h"
#include "report/picture_file.h"
#include "report/stimulus_picture.h"

namespace nonna
{

void write_inputs(const std::string& path, const Architecture& a, std::size_t neurons,
                  const std::function<std::span<const float>(std::size_t neuron)>& of)
{
    const auto side = std::uint64_t(a.side);
    NpyWriter writer(path, {side, side, std::uint64_t(a.channels)});
    for (std::size_t n = 0; n < neurons; ++n)
        writer.write_rows(of(n));
    writer.commit();
}

void StimulusFiles::write(const Model& m, std::span<const NeuronId> neurons, std::span<const OptimalStimulus> found,
                          Pool& pool) const
{
    std::vector<StimulusTile> tiles;
    for (std::size_t n = 0; n < neurons.size(); ++n)
        tiles.push_back(
            {neuron_name(neurons[n]), found[n].response, found[n].x, visible_area(neurons[n], m.architecture)});
    if (!tsv.empty())
        write_starts(tsv, neurons, found);
    if (!steps.empty())
        write_steps(steps, neurons, found);
    if (!npy.empty())
        write_inputs(npy, m.architecture, found.size(), [&](std::size_t n) { return std::span(found[n].x); });
    if (!whitened.empty())
        write_picture(whitened, stimuli_picture(m.preprocessing, tiles, true, pool));
    if (const NeuronFolders folders(each); folders.wanted())
        pool.for_each(tiles.size(), [&](std::size_t n, int) {
            const StimulusTile& t = tiles[n];
            folders.write(t.name, "optimal.png", stimulus_pixels(m.preprocessing, t.x, t.area, false));
            write_starts(folders.path(t.name, "optimal.tsv"), neurons.subspan(n, 1), found.subspan(n, 1));
        });
    if (!output.empty())
        write_picture(output, stimuli_picture(m.preprocessing, tiles, false, pool));
}

}    // namespace nonna
