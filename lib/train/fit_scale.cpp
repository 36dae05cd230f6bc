// What is fitted to data before a random model is anybody's: the decoders' scale, the autoencoders' biases.
//
// With means over the pictures barred, an autoencoder starts with b = -<w, xbar>, so that its sigmoids work around
// their middle, and with c = xbar - D hbar, so that rbar = xbar. Then
//     alpha = (<r, x> - |xbar|^2) / (|r|^2 - |xbar|^2)
// is the decoder's best scale once the means are taken out. Untied, d becomes alpha * w; tied, w becomes sqrt(alpha) *
// w, as the sigmoid is nearly linear so far. All is of the stages below alone, so stages are fitted from the bottom up.
#include "train/trainer.h"

#include "base/interrupt.h"
#include "base/parallel.h"
#include "model/local_stage.h"

#include <algorithm>
#include <cmath>
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
    std::size_t count() const { return count_; }
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
                const LayerId layer{
                    stage, static_cast<Sublayer>(model.architecture.stages[std::size_t(stage)].sublayers() - 1)};
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

// One stage's parameters, and what is fitted of them (the equations stand at the top).
class AutoencoderFit
{
  public:
    AutoencoderFit(Model& model, const std::vector<ParameterTensor>& layout, int stage)
        : model_(model), number_(stage), stage_(model.architecture.stages[std::size_t(stage)]),
          parameters_(model.parameters)
    {
        for (const ParameterTensor& t : layout)
            if (t.stage == stage)
                segment_of(t) = t.segment;
    }

    // Biases, scale, biases: the scale is fitted to hidden units that work around their sigmoids' middle, and changes
    // what the biases must make up for. The stages below are fitted already.
    void fit(Shown& shown)
    {
        const std::vector<double> mean_input = shown.means(model_, number_ - 1);
        set_encoder_bias(mean_input);
        set_decoder_bias(mean_input, shown.means(model_, number_));
        scale(least_squares_scale(sums_about_means(shown, mean_input)));
        set_encoder_bias(mean_input);
        set_decoder_bias(mean_input, shown.means(model_, number_));
    }

  private:
    Model& model_;
    const int number_;
    const StageArchitecture& stage_;
    std::span<float> parameters_;
    Segment encoder_, decoder_, encoder_bias_, decoder_bias_;    // no decoder_ where tied

    Segment& segment_of(const ParameterTensor& t)
    {
        if (t.bias)
            return t.decoder ? decoder_bias_ : encoder_bias_;
        return t.decoder ? decoder_ : encoder_;
    }
    const Segment& decoding() const { return stage_.tied ? encoder_ : decoder_; }

    // Means over the pictures of <r, x> and |r|^2, less |xbar|^2 = <rbar, xbar> = |rbar|^2.
    std::vector<double> sums_about_means(Shown& shown, const std::vector<double>& mean_input)
    {
        std::vector<double> sums(2);
        shown.each_batch([&](Network<float>& network) {
            network.up(model_.parameters);
            const std::vector<double> batch = network.batch_statistics(model_.parameters);
            for (std::size_t i = 0; i < 2; ++i)
                sums[i] += batch[2 * std::size_t(number_) + i] / double(shown.count());
        });
        for (const double mean : mean_input)
            for (double& sum : sums)
                sum -= mean * mean;
        return sums;
    }

    // Tied weights are on both ways, so that r takes the factor twice.
    void scale(double alpha)
    {
        const double factor = stage_.tied ? std::sqrt(std::max(alpha, 0.0)) : alpha;
        for (std::size_t i = 0; i < decoding().size(); ++i)
            parameters_[decoding().offset + i] *= float(factor);
    }

    void set_encoder_bias(const std::vector<double>& mean_input)
    {
        std::vector<double> bias(stage_.filter.size());
        each_weight(stage_, encoder_.offset, [&](std::size_t at, std::size_t input, std::size_t hidden) {
            bias[hidden] -= double(parameters_[at]) * mean_input[input];
        });
        std::copy(bias.begin(), bias.end(), parameters_.begin() + std::ptrdiff_t(encoder_bias_.offset));
    }
    void set_decoder_bias(std::vector<double> bias, const std::vector<double>& mean_hidden)
    {
        each_weight(stage_, decoding().offset, [&](std::size_t at, std::size_t input, std::size_t hidden) {
            bias[input] -= double(parameters_[at]) * mean_hidden[hidden];
        });
        std::copy(bias.begin(), bias.end(), parameters_.begin() + std::ptrdiff_t(decoder_bias_.offset));
    }
};

}    // namespace

void fit_scale(Model& model, std::span<const float> images, std::size_t count, Pool& pool)
{
    const std::vector<ParameterTensor> layout = parameter_layout(model.architecture);
    const std::vector<StageArchitecture>& stages = model.architecture.stages;
    Shown shown(model, images, count, pool);
    for (std::size_t s = 0; s < stages.size(); ++s)
        if (stages[s].kind == StageKind::autoencoder)
            AutoencoderFit(model, layout, int(s)).fit(shown);

    // The paper's stages need only alpha, the scale at which their random decoders fit best. It is of no stage's making
    // but its own: decoders do not change what goes up, so all are measured in one pass.
    std::vector<double> sums(model.statistics.size());
    shown.each_batch([&](Network<float>& network) {
        network.up(model.parameters);
        const std::vector<double> batch_sums = network.batch_statistics(model.parameters);
        for (std::size_t i = 0; i < sums.size(); ++i)
            sums[i] += batch_sums[i] / double(count);
    });
    for (const ParameterTensor& t : layout) {
        // Untied decoders have no alpha: they take the scale into their weights.
        if (!t.decoder || stages[std::size_t(t.stage)].kind == StageKind::autoencoder)
            continue;
        const double alpha = least_squares_scale(std::span(sums).subspan(2 * std::size_t(t.stage), 2));
        for (std::size_t i = 0; i < t.segment.size(); ++i)
            model.parameters[t.segment.offset + i] *= float(alpha);
    }
    // Tied ones keep it as sums, which training goes on averaging; the others have none in the file.
    for (std::size_t s = 0; s < stages.size(); ++s)
        if (!stages[s].scaled())
            sums[2 * s] = sums[2 * s + 1] = 0;
    model.statistics = sums;
}

}    // namespace nonna
