#include "recognition/head_stage.h"

#include "base/parallel.h"
#include "kernels/kernels.h"

#include <algorithm>
#include <cassert>
#include <vector>

namespace nonna
{

namespace
{

constexpr std::size_t tile = 16;    // classes, or features, a task

template <class Real> class LogisticStage final : public HeadStage<Real>
{
  public:
    LogisticStage(Shape input, std::size_t classes, const Standard& standard, int batch, Pool& pool)
        : input_(input), classes_(classes), standard_(standard), pool_(pool),
          x_(input.size() * std::size_t(padded_lanes(batch))), z_(classes * std::size_t(padded_lanes(batch))),
          e_(classes * std::size_t(padded_lanes(batch)))
    {
        assert(standard.mean.size() == input.size());
    }

    Shape input() const override { return input_; }
    int sublayers() const override { return 1; }
    Shape shape(int) const override { return {1, 1, int(classes_)}; }
    const Real* activation(int) const override { return z_.data(); }
    std::vector<Segment> segments() const override
    {
        return {{0, classes_, input_.size(), 1, false}, {classes_ * input_.size(), 1, 1, classes_, false}};
    }
    std::size_t parameters() const override { return classes_ * (input_.size() + 1); }
    std::size_t statistics() const override { return 0; }
    bool updates() const override { return false; }
    void set_lanes(int count) override
    {
        count_ = std::size_t(count);
        lanes_ = std::size_t(padded_lanes(count));
    }
    void set_labels(std::span<const std::uint32_t> labels) override { labels_.assign(labels.begin(), labels.end()); }
    std::size_t right() const override { return right_; }

    void up(Parameters<const Real> parameters, const Real* x, int) override
    {
        const Real* const w = parameters.unsplit();
        const std::size_t features = input_.size();
        each_tile(features, [&](std::size_t f) {
            for (std::size_t l = 0; l < lanes_; ++l)
                x_[f * lanes_ + l] = (x[f * lanes_ + l] - Real(standard_.mean[f])) * Real(standard_.factor[f]);
        });
        each_tile(classes_, [&](std::size_t c) {
            Real* const z = z_.data() + c * lanes_;
            std::fill_n(z, lanes_, w[classes_ * features + c]);
            for (std::size_t f = 0; f < features; ++f)
                add(w[c * features + f], x_.data() + f * lanes_, z);
        });
    }

    std::vector<double> batch_statistics(Parameters<const Real>, const Real*) override { return {}; }

    // The errors p - y stay for the way down; padding lanes have none.
    StageCost cost(Parameters<const Real>, std::span<const double>, const Real*) override
    {
        assert(labels_.size() == count_);
        std::vector<double> losses(classes_, 0.0);
        each_tile(classes_, [&](std::size_t c) {
            for (std::size_t l = 0; l < lanes_; ++l) {
                const std::size_t at = c * lanes_ + l;
                const bool own = l < count_ && labels_[l] == c;
                e_[at] = l < count_ ? Real(logistic(z_[at]) - double(own)) : Real(0);
                losses[c] += l < count_ ? logistic_loss(z_[at], own) : 0;
            }
        });
        right_ = 0;
        for (std::size_t l = 0; l < count_; ++l) {
            std::size_t answer = 0;
            for (std::size_t c = 1; c < classes_; ++c)
                if (z_[c * lanes_ + l] > z_[answer * lanes_ + l])
                    answer = c;
            right_ += answer == labels_[l];
        }
        StageCost cost;
        for (const double loss : losses)
            cost.total += loss;
        return cost;
    }

    void down(Parameters<const Real> parameters, std::span<const double>, const Real*, Real cost_scale, const Real*,
              int, Real* dx, const GradientUse<Real>* use) override
    {
        const Real* const w = parameters.unsplit();
        const std::size_t features = input_.size();
        if (dx)
            each_tile(features, [&](std::size_t f) {
                Real* const d = dx + f * lanes_;
                std::fill_n(d, lanes_, Real(0));
                for (std::size_t c = 0; c < classes_; ++c)
                    add(cost_scale * Real(standard_.factor[f]) * w[c * features + f], e_.data() + c * lanes_, d);
            });
        if (!use || !use->written)
            return;
        each_tile(classes_, [&](std::size_t c) {
            const Real* const e = e_.data() + c * lanes_;
            for (std::size_t f = 0; f < features; ++f) {
                Real sum = 0;
                for (std::size_t l = 0; l < lanes_; ++l)
                    sum += e[l] * x_[f * lanes_ + l];
                use->written[c * features + f] = cost_scale * sum;
            }
            Real sum = 0;
            for (std::size_t l = 0; l < lanes_; ++l)
                sum += e[l];
            use->written[classes_ * features + c] = cost_scale * sum;
        });
    }

  private:
    Shape input_;
    std::size_t classes_;
    Standard standard_;
    Pool& pool_;
    Aligned<Real> x_, z_, e_;    // standardised input, scores, errors
    std::vector<std::uint32_t> labels_;
    std::size_t count_ = 0, lanes_ = 0, right_ = 0;

    template <class F> void each_tile(std::size_t n, F f)
    {
        pool_.for_each((n + tile - 1) / tile, [&](std::size_t task, int) {
            for (std::size_t i = task * tile; i < std::min(n, (task + 1) * tile); ++i)
                f(i);
        });
    }
    void add(Real factor, const Real* from, Real* to) const
    {
        for (std::size_t l = 0; l < lanes_; ++l)
            to[l] += factor * from[l];
    }
};

}    // namespace

template <class Real>
std::unique_ptr<HeadStage<Real>> make_head_stage(Shape input, std::size_t classes, const Standard& standard, int batch,
                                                 Pool& pool)
{
    return std::make_unique<LogisticStage<Real>>(input, classes, standard, batch, pool);
}

template std::unique_ptr<HeadStage<float>> make_head_stage(Shape, std::size_t, const Standard&, int, Pool&);
template std::unique_ptr<HeadStage<double>> make_head_stage(Shape, std::size_t, const Standard&, int, Pool&);

}    // namespace nonna
