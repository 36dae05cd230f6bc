#include "model/local_stage.h"

#include "base/parallel.h"
#include "kernels/aligned.h"
#include "model/layers.h"

#include <optional>

namespace nonna
{

namespace
{

template <class Real> class LocalStage : public Stage<Real>
{
  public:
    LocalStage(const StageArchitecture& stage, int batch, Pool& pool)
        : stage_(stage), most_lanes_(padded_lanes(batch)), pool_(pool), filters_(stage, pool),
          pooling_(stage, most_lanes_, pool), hidden_(stage.filter.size() * most_lanes_),
          pooled_(stage.pooled.size() * most_lanes_)
    {
        if (stage.norm > 0) {
            norm_.emplace(stage, most_lanes_, pool);
            normalised_ = Aligned<Real>(stage.output.size() * most_lanes_);
        }
    }

    Shape input() const override { return stage_.input; }
    int sublayers() const override { return norm_ ? 3 : 2; }
    Shape shape(int sublayer) const override
    {
        return sublayer == 0 ? stage_.filter : sublayer == 1 ? stage_.pooled : stage_.output;
    }
    const Real* activation(int sublayer) const override
    {
        return sublayer == 0 ? hidden_.data() : sublayer == 1 ? pooled_.data() : normalised_.data();
    }
    std::vector<Segment> segments() const override
    {
        std::vector<Segment> all = {filters_.segment(0, stage_.unit_norm)};
        if (!stage_.tied)
            all.push_back(filters_.segment(filters_.parameters(), false));
        return all;
    }
    std::size_t parameters() const override { return filters_.parameters() * (stage_.tied ? 1 : 2); }
    std::size_t statistics() const override { return 2; }

    void set_lanes(int count) override
    {
        count_ = count;
        lanes_ = padded_lanes(count);
    }

    void up(std::span<const Real> parameters, const Real* x, int last) override
    {
        filters_.up(lanes_, parameters.data(), x, hidden_.data());
        if (last >= 1)
            pooling_.up(lanes_, hidden_.data(), pooled_.data());
        if (last >= 2)
            norm_->up(lanes_, pooled_.data(), normalised_.data());
        reconstructed_ = false;
    }

    std::vector<double> batch_statistics(std::span<const Real> parameters, const Real* x) override
    {
        reconstruct(parameters);
        return {row_sums(stage_.input, reconstruction_.data(), x),
                row_sums(stage_.input, reconstruction_.data(), reconstruction_.data())};
    }

    StageCost cost(std::span<const Real> parameters, std::span<const double> statistics, const Real* x) override
    {
        StageCost cost;
        cost.statistics = batch_statistics(parameters, x);
        if (residual_.size() == 0)
            residual_ = Aligned<Real>(stage_.input.size() * most_lanes_);
        const Real alpha = scale(statistics);
        each_row(stage_.input, [&](std::size_t at, std::size_t n) {
            kernels<Real>().residual(n, alpha, reconstruction_.data() + at, x + at, residual_.data() + at);
        });
        cost.reconstruction = row_sums(stage_.input, residual_.data(), residual_.data());
        cost.sparsity = row_sums(stage_.pooled, pooled_.data(), nullptr);
        cost.input = row_sums(stage_.input, x, x);
        cost.total = cost.reconstruction + stage_.lambda * cost.sparsity;
        return cost;
    }

    void down(std::span<const Real> parameters, std::span<const double> statistics, const Real* x, Real cost_scale,
              const Real* dy, int from, Real* dx, Real* dparameters) override
    {
        if (hidden_gradient_.size() == 0)
            hidden_gradient_ = Aligned<Real>(stage_.filter.size() * most_lanes_);
        const bool own = cost_scale != 0;
        Real* dh = hidden_gradient_.data();

        // dh from above and from the sparsity cost
        const Real* dq = from == 1 ? dy : nullptr;
        if (dy && from == 2) {
            if (pooled_gradient_.size() == 0)
                pooled_gradient_ = Aligned<Real>(stage_.pooled.size() * most_lanes_);
            norm_->down(lanes_, dy, pooled_gradient_.data());
            dq = pooled_gradient_.data();
        }
        const Real bias = own ? Real(stage_.lambda) * cost_scale : Real(0);
        if (dq || own)
            pooling_.down(lanes_, hidden_.data(), pooled_.data(), dq, bias, dh);
        else
            each_row(stage_.filter, [&](std::size_t at, std::size_t n) { std::fill_n(dh + at, n, Real(0)); });
        if (dy && from == 0)
            each_row(stage_.filter,
                     [&](std::size_t at, std::size_t n) { kernels<Real>().add_scaled(n, 1, dy + at, dh + at); });

        // the reconstruction's part: e becomes the gradient of the cost with respect to the unscaled reconstruction,
        // 2 * cost_scale * alpha * (r - x)
        const std::size_t encoder = filters_.parameters();
        const Real* decoder = parameters.data() + (stage_.tied ? 0 : encoder);
        const Real alpha = scale(statistics);
        if (own) {
            each_row(stage_.input, [&](std::size_t at, std::size_t n) {
                // u is not needed any more: keep d cost / d u there, the residual stays for dx
                Real* e = reconstruction_.data() + at;
                std::fill_n(e, n, Real(0));
                kernels<Real>().add_scaled(n, 2 * cost_scale * alpha, residual_.data() + at, e);
            });
            reconstructed_ = false;
            filters_.up_add(lanes_, decoder, reconstruction_.data(), dh);
        }
        if (dparameters) {
            const Real* e = own ? reconstruction_.data() : nullptr;
            if (stage_.tied)
                filters_.weight_gradient(lanes_, x, dh, e, hidden_.data(), dparameters);
            else {
                filters_.weight_gradient(lanes_, x, dh, nullptr, nullptr, dparameters);
                if (own)
                    filters_.weight_gradient(lanes_, e, hidden_.data(), nullptr, nullptr, dparameters + encoder);
                else
                    std::fill_n(dparameters + encoder, encoder, Real(0));
            }
        }
        if (dx) {
            filters_.down(lanes_, parameters.data(), dh, dx);
            if (own)    // x is also the target
                each_row(stage_.input, [&](std::size_t at, std::size_t n) {
                    kernels<Real>().add_scaled(n, -2 * cost_scale, residual_.data() + at, dx + at);
                });
        }
    }

  private:
    StageArchitecture stage_;
    int most_lanes_, lanes_ = 0, count_ = 0;
    Pool& pool_;
    LocalFilters<Real> filters_;
    L2Pool<Real> pooling_;
    std::optional<ContrastNorm<Real>> norm_;
    Aligned<Real> hidden_, pooled_, normalised_;
    Aligned<Real> reconstruction_, residual_;            // made at the first cost
    Aligned<Real> hidden_gradient_, pooled_gradient_;    // made at the first gradient
    bool reconstructed_ = false;

    Real scale(std::span<const double> statistics) const
    {
        return stage_.tied ? Real(least_squares_scale(statistics)) : Real(1);
    }

    void reconstruct(std::span<const Real> parameters)
    {
        if (reconstructed_)
            return;
        if (reconstruction_.size() == 0)
            reconstruction_ = Aligned<Real>(stage_.input.size() * most_lanes_);
        const std::size_t decoder = stage_.tied ? 0 : filters_.parameters();
        filters_.down(lanes_, parameters.data() + decoder, hidden_.data(), reconstruction_.data());
        reconstructed_ = true;
    }

    template <class F> void each_row(Shape shape, F f)
    {
        const std::size_t n = std::size_t(shape.columns) * shape.maps * lanes_;
        pool_.for_each(shape.rows, [&](std::size_t row, int) { f(row * n, n); });
    }

    // Sum of a * b over the examples: rows on several threads, then in their order.
    double row_sums(Shape shape, const Real* a, const Real* b)
    {
        std::vector<double> sums(shape.rows);
        const std::size_t n = std::size_t(shape.columns) * shape.maps * lanes_;
        pool_.for_each(shape.rows, [&](std::size_t row, int) {
            sums[row] = kernels<Real>().dot(n, lanes_, count_, a + row * n, b ? b + row * n : nullptr);
        });
        double total = 0;
        for (const double s : sums)
            total += s;
        return total;
    }
};

}    // namespace

template <class Real>
std::unique_ptr<Stage<Real>> make_local_stage(const StageArchitecture& stage, int batch, Pool& pool)
{
    return std::make_unique<LocalStage<Real>>(stage, batch, pool);
}

template std::unique_ptr<Stage<float>> make_local_stage(const StageArchitecture&, int, Pool&);
template std::unique_ptr<Stage<double>> make_local_stage(const StageArchitecture&, int, Pool&);

}    // namespace nonna
