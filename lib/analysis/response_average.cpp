#include "analysis/response_average.h"

#include "base/parallel.h"
#include "io/table.h"
#include "model/neuron.h"

#include <algorithm>
#include <cmath>

namespace nonna
{

double ResponseAverage::signal(std::span<const std::size_t> values) const
{
    double a = 0, e = 0;
    for (const std::size_t v : values) {
        a += double(average[v]) * average[v];
        e += double(error[v]) * error[v];
    }
    return e > 0 ? std::sqrt(a / e) : 0;
}

ResponseAverages::ResponseAverages(std::size_t neurons, std::size_t values)
    : n_(values), nn_(values), neurons_(neurons, {0, 0, 0, std::vector<double>(values), std::vector<double>(values),
                                                  std::vector<double>(values)})
{
}

void ResponseAverages::take(std::span<const float> normalised, std::span<const float> responses, Pool& pool)
{
    const std::size_t values = n_.size(), neurons = neurons_.size(), count = normalised.size() / values;
    if (pictures_ == 0 && count > 0)
        for (std::size_t k = 0; k < neurons; ++k)
            neurons_[k].first = responses[k];
    pictures_ += count;
    pool.for_each(neurons + 1, [&](std::size_t k, int) {
        for (std::size_t i = 0; i < count; ++i) {
            const float* const n = normalised.data() + i * values;
            if (k == neurons) {    // what all of them share
                for (std::size_t v = 0; v < values; ++v) {
                    n_[v] += n[v];
                    nn_[v] += double(n[v]) * n[v];
                }
                continue;
            }
            Sums& s = neurons_[k];
            const double d = responses[i * neurons + k] - s.first;
            s.d += d;
            s.dd += d * d;
            for (std::size_t v = 0; v < values; ++v) {
                const double dn = d * n[v];
                s.dn[v] += dn;
                s.dnn[v] += dn * n[v];
                s.ddnn[v] += dn * dn;
            }
        }
    });
}

void ResponseAverages::take(const PictureBytes& pictures, std::span<const float> responses, Pool& pool)
{
    const std::size_t values = n_.size();
    normalised_.resize(pictures.count * values);
    pool.for_each(pictures.count, [&](std::size_t i, int) {
        Preprocessing::normalise(pictures.pixels.subspan(i * values, values),
                                 std::span(normalised_).subspan(i * values, values));
    });
    take(normalised_, responses, pool);
}

ResponseAverage ResponseAverages::of(std::size_t neuron) const
{
    const Sums& s = neurons_[neuron];
    const std::size_t values = n_.size();
    const double count = double(pictures_), d = s.d / count;
    ResponseAverage result{std::vector<float>(values), std::vector<float>(values), s.first + d,
                           std::sqrt(std::max(0.0, s.dd / count - d * d))};
    if (!(result.deviation > 0))
        return result;
    for (std::size_t v = 0; v < values; ++v) {
        const double average = (s.dn[v] - d * n_[v]) / (count * result.deviation);
        const double square =
            (s.ddnn[v] - 2 * d * s.dnn[v] + d * d * nn_[v]) / (count * result.deviation * result.deviation);
        result.average[v] = float(average);
        result.error[v] = float(std::sqrt(std::max(0.0, square - average * average) / count));
    }
    return result;
}

void write_averages(const std::string& path, std::span<const NeuronId> neurons,
                    std::span<const ResponseAverage> averages, std::uint64_t pictures,
                    std::span<const std::vector<std::size_t>> visible)
{
    TableWriter table(path, {"neuron", "pictures", "mean", "deviation", "signal"});
    for (std::size_t k = 0; k < neurons.size(); ++k) {
        const ResponseAverage& a = averages[k];
        table.cell(neuron_name(neurons[k])).cell(pictures).cell(a.mean).cell(a.deviation);
        table.cell(a.signal(visible[k])).end_row();
    }
    table.commit();
}

}    // namespace nonna
