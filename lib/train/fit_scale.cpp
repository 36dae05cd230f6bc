// What is fitted to data before a random model is anybody's: the decoders' scale, the autoencoders' biases.
//
// With means over the pictures barred, an autoencoder starts with b = -<w, xbar>, so that its sigmoids work around their
// steepest point whatever its input's mean (another autoencoder's is a half), and with c = xbar - D hbar. Both are of the
// stages below alone, so stages are fitted from the bottom up. An untied decoder is d = alpha * w with the alpha that is
// best once the means are taken out: with c as above that of alpha = 1 has rbar = xbar, and
//     alpha = (<r, x> - |xbar|^2) / (|r|^2 - |xbar|^2),     c = xbar - alpha * D hbar.
#include "train/trainer.h"

#include "base/interrupt.h"
#include "base/parallel.h"
#include "model/local_stage.h"

#include <algorithm>
#include <functional>

namespace nonna
{

namespace
{

// The pictures, a batch at a time.
class Shown
{
  public:
    Shown(const Model& model, std::span<const float> images, std::size_t count, Pool& pool)
        : size_(model.architecture.input().size()), count_(count), images_(images), pool_(pool),
          network_(model.architecture, int(std::min<std::size_t>(count, 48)), pool)
    {
    }
    void each_batch(const std::function<void(Network<float>&)>& f)
    {
        const std::size_t batch = std::size_t(network_.batch());
        for (std::size_t first = 0; first < count_; first += batch) {
            throw_if_interrupted();
            const std::size_t n = std::min(batch, count_ - first);
            network_.load(images_.subspan(first * size_, n * size_), int(n));
            f(network_);
        }
    }
    // Mean activations of a stage's last sublayer; of stage -1 the pictures themselves.
    std::vector<double> means(const Model& model, int stage)
    {
        std::vector<double> sums(stage < 0 ? size_ : model.architecture.stages[std::size_t(stage)].output.size());
        each_batch([&](Network<float>& network) {
            const float* a = network.input();
            if (stage >= 0) {
                const LayerId layer{stage,
                                    static_cast<Sublayer>(model.architecture.stages[std::size_t(stage)].sublayers() - 1)};
                network.up(model.parameters, layer);
                a = network.activation(layer);
            }
            pool_.for_each((sums.size() + block - 1) / block, [&](std::size_t b, int) {
                for (std::size_t i = b * block; i < std::min(sums.size(), (b + 1) * block); ++i)
                    for (int l = 0; l < network.count(); ++l)
                        sums[i] += double(a[i * std::size_t(network.lanes()) + l]) / double(count_);
            });
        });
        return sums;
    }

  private:
    static constexpr std::size_t block = 256;
    std::size_t size_, count_;
    std::span<const float> images_;
    Pool& pool_;
    Network<float> network_;
};

// f(weight, input unit, hidden unit) for every weight of a stage's matrices, which begin at `first`
template <class F> void each_weight(const StageArchitecture& s, std::size_t first, F f)
{
    std::size_t at = first;
    for (int r = 0; r < s.filter.rows; ++r)
        for (int c = 0; c < s.filter.columns; ++c)
            for (int dy = 0; dy < s.field; ++dy)
                for (int k = 0; k < s.field * s.input.maps; ++k)
                    for (int m = 0; m < s.maps; ++m, ++at)
                        f(at,
                          (std::size_t(r * s.stride + dy) * s.input.columns + c * s.stride) * s.input.maps +
                              std::size_t(k),
                          (std::size_t(r) * s.filter.columns + c) * s.maps + m);
}

struct Autoencoder {
    const ParameterTensor *encoder = nullptr, *decoder = nullptr, *encoder_bias = nullptr, *decoder_bias = nullptr;
    std::vector<double> mean_input, mean_decoded;    // xbar, D hbar
};

Autoencoder fit_biases(Model& model, const std::vector<ParameterTensor>& layout, int stage, Shown& shown)
{
    const StageArchitecture& s = model.architecture.stages[std::size_t(stage)];
    Autoencoder a;
    for (const ParameterTensor& t : layout)
        if (t.stage == stage)
            (t.decoder ? t.bias ? a.decoder_bias : a.decoder : t.bias ? a.encoder_bias : a.encoder) = &t;
    float* const p = model.parameters.data();
    a.mean_input = shown.means(model, stage - 1);
    std::vector<double> means(s.filter.size());
    each_weight(s, a.encoder->segment.offset, [&](std::size_t at, std::size_t from, std::size_t to) {
        means[to] += double(p[at]) * a.mean_input[from];
    });
    std::transform(means.begin(), means.end(), p + a.encoder_bias->segment.offset,
                   [](double mean) { return -float(mean); });

    means = shown.means(model, stage);
    a.mean_decoded.resize(s.input.size());
    each_weight(s, (s.tied ? a.encoder : a.decoder)->segment.offset,
                [&](std::size_t at, std::size_t from, std::size_t to) { a.mean_decoded[from] += double(p[at]) * means[to]; });
    return a;
}

void set_decoder_bias(Model& model, const Autoencoder& a, double alpha)
{
    for (std::size_t i = 0; i < a.mean_input.size(); ++i)
        model.parameters[a.decoder_bias->segment.offset + i] = float(a.mean_input[i] - alpha * a.mean_decoded[i]);
}

}    // namespace

void fit_scale(Model& model, std::span<const float> images, std::size_t count, Pool& pool)
{
    const std::vector<ParameterTensor> layout = parameter_layout(model.architecture);
    Shown shown(model, images, count, pool);
    std::vector<Autoencoder> autoencoders(model.architecture.stages.size());
    for (std::size_t s = 0; s < autoencoders.size(); ++s)
        if (model.architecture.stages[s].kind == StageKind::autoencoder) {
            autoencoders[s] = fit_biases(model, layout, int(s), shown);
            set_decoder_bias(model, autoencoders[s], 1);
        }

    std::vector<double> sums(model.statistics.size());
    shown.each_batch([&](Network<float>& network) {
        network.up(model.parameters);
        const std::vector<double> batch_sums = network.batch_statistics(model.parameters);
        for (std::size_t i = 0; i < sums.size(); ++i)
            sums[i] += batch_sums[i] / double(count);
    });
    for (const ParameterTensor& t : layout) {
        if (!t.decoder || t.bias)
            continue;
        const std::span<double> own = std::span(sums).subspan(2 * std::size_t(t.stage), 2);
        const Autoencoder& a = autoencoders[std::size_t(t.stage)];
        for (const double mean : a.mean_input)
            for (double& sum : own)
                sum -= mean * mean;
        const double alpha = least_squares_scale(own);
        for (std::size_t i = 0; i < t.segment.size(); ++i)
            model.parameters[t.segment.offset + i] *= float(alpha);
        if (a.decoder_bias)
            set_decoder_bias(model, a, alpha);
    }
    for (std::size_t s = 0; s < model.architecture.stages.size(); ++s)
        if (!model.architecture.stages[s].scaled())
            sums[2 * s] = sums[2 * s + 1] = 0;
    model.statistics = sums;
}

}    // namespace nonna
