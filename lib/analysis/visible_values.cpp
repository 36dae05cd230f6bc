#include "analysis/visible_values.h"

#include "analysis/respond.h"
#include "base/error.h"
#include "base/parallel.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace nonna
{

std::vector<std::size_t> visible_values(const Architecture& architecture, NeuronId neuron)
{
    const Area area = visible_area(neuron, architecture);
    std::vector<std::size_t> values;
    for (int r = area.row; r < area.row + area.rows; ++r)
        for (int c = area.column; c < area.column + area.columns; ++c)
            for (int i = 0; i < architecture.channels; ++i)
                values.push_back((std::size_t(r) * architecture.side + c) * architecture.channels + i);
    return values;
}

double expected_norm(const Architecture& architecture, NeuronId neuron)
{
    return std::sqrt(double(visible_values(architecture, neuron).size()));
}

MedianNorms::MedianNorms(const Architecture& architecture, std::span<const NeuronId> neurons)
    : size_(architecture.input().size()), neurons_(neurons.begin(), neurons.end())
{
    // Neurons of one place, of whatever map, share an area, and its norms are kept once.
    std::map<std::tuple<int, int, int, int>, std::size_t> known;
    for (const NeuronId& n : neurons) {
        const Area a = visible_area(n, architecture);
        const auto [at, isnew] = known.try_emplace({a.row, a.column, a.rows, a.columns}, visible_.size());
        if (isnew)
            visible_.push_back(visible_values(architecture, n));
        area_of_.push_back(at->second);
    }
    norms_.resize(visible_.size());
}

void MedianNorms::take(std::span<const float> whitened, Pool& pool)
{
    const std::size_t count = whitened.size() / size_;
    pool.for_each(visible_.size(), [&](std::size_t area, int) {
        for (std::size_t i = 0; i < count; ++i) {
            const float* const x = whitened.data() + i * size_;
            double squares = 0;
            for (const std::size_t k : visible_[area])
                squares += double(x[k]) * x[k];
            norms_[area].push_back(std::sqrt(squares));
        }
    });
}

double MedianNorms::median(std::size_t neuron) const
{
    std::vector<double> norms = norms_[area_of_[neuron]];
    if (norms.empty())
        return 0;
    const std::size_t half = norms.size() / 2;
    std::sort(norms.begin(), norms.end());
    return norms.size() % 2 ? norms[half] : (norms[half - 1] + norms[half]) / 2;
}

double MedianNorms::usable(std::size_t neuron, const std::string& data) const
{
    const double norm = median(neuron);
    if (!(norm > 0))
        throw Error(data,
                    "the pictures are flat in the area that " + neuron_name(neurons_[neuron]) + " sees: give --norm");
    return norm;
}

int sign_like(const Model& model, std::span<const Extreme> pictures, NeuronId neuron, std::span<const float> x,
              Pool& pool)
{
    const std::vector<std::size_t> visible = visible_values(model.architecture, neuron);
    double sum = 0;
    for (const Extreme& e : pictures) {
        const std::vector<float> image = preprocess(model, {e.picture->pixels, 1}, pool);
        for (const std::size_t k : visible)
            sum += double(image[k]) * x[k];
    }
    return sum < 0 ? -1 : 1;
}

}    // namespace nonna
