#include "recognition/fit_head.h"

#include "analysis/products.h"
#include "base/available_memory.h"
#include "base/counted.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "io/folder_lock.h"
#include "io/output.h"
#include "recognition/head_run.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <numeric>

namespace nonna
{

namespace
{

// What a thread works on at a time. Part of the results: sums are made tile by tile.
constexpr std::size_t class_tile = 32, picture_tile = 32, feature_tile = 1024;
constexpr std::size_t judged_at_a_time = 256;

std::size_t tiles(std::size_t n, std::size_t tile) { return (n + tile - 1) / tile; }

std::string number_text(double v)
{
    char text[40];
    std::snprintf(text, sizeof text, "%.9g", v);
    return text;
}

std::size_t classes_a_block(std::size_t classes, std::size_t features, const HeadOptions& options, int arrays)
{
    const std::size_t row = (features + 1) * sizeof(float) * std::size_t(arrays);
    if (classes * row <= options.memory)
        return classes;
    return std::max<std::size_t>(1, options.memory / row / class_tile) * class_tile;
}

int array_count(const HeadOptions& options) { return options.hold_out > 0 ? 4 : 3; }

// Learnt from and held out, each in the order of the pictures.
struct Division {
    std::vector<std::size_t> learn, held;
};

Division divide(const HeadExamples& examples, const HeadOptions& options)
{
    std::vector<std::vector<std::size_t>> members(examples.classes.size());
    for (std::size_t i = 0; i < examples.labels.size(); ++i)
        members[examples.labels[i]].push_back(i);
    Counted lone(Counted::Kind::warning, examples.name, "classes have a single picture, which is learnt from alone");
    Division division;
    for (std::size_t c = 0; c < members.size(); ++c) {
        std::vector<std::size_t>& of_class = members[c];
        if (of_class.size() == 1)
            lone.add(examples.name,
                     "the class '" + examples.classes[c] + "' has a single picture, which is learnt from alone");
        Random random(options.seed, Purpose::head_held_out, c);
        shuffle(of_class, random);
        const auto held = std::size_t(std::floor(options.hold_out * double(of_class.size()) + 0.5));
        const std::size_t n = of_class.empty() ? 0 : std::min(held, of_class.size() - 1);
        division.held.insert(division.held.end(), of_class.begin(), of_class.begin() + std::ptrdiff_t(n));
        division.learn.insert(division.learn.end(), of_class.begin() + std::ptrdiff_t(n), of_class.end());
    }
    lone.tell();
    std::sort(division.learn.begin(), division.learn.end());
    std::sort(division.held.begin(), division.held.end());
    return division;
}

// One run. Rows of arrays are a class's weights with its bias behind them, which meets a feature that is always 1.
class HeadFit
{
  public:
    HeadFit(Features& features, const HeadExamples& examples, const HeadOptions& options, std::string run, Pool& pool)
        : features_(features), examples_(examples), options_(options), run_(std::move(run)), pool_(pool),
          division_(divide(examples, options)), length_(features.length())
    {
        state_.classes = examples.classes.size();
        state_.width = length_ + 1;
        if (state_.classes < 2)
            throw Error(examples.name, "has pictures of " + std::to_string(state_.classes) +
                                           " class, and a head tells two or more apart");
        if (options.negatives >= std::int64_t(state_.classes))
            throw Error("--negatives", "there are only " + std::to_string(state_.classes - 1) + " other classes",
                        ExitStatus::usage);
        if (options.hold_out > 0 && division_.held.empty())
            throw Error(examples.name, "has too few pictures of each class to hold some out: --hold-out 0");
        block_ = classes_a_block(state_.classes, length_, options, array_count(options));
        const bool mapped = block_ < state_.classes;
        const std::size_t size = state_.classes * state_.width;
        state_.weights = ScratchArray(size, mapped);
        state_.kept = ScratchArray(size, mapped);
        state_.mean = ScratchArray(size, mapped);
        if (options.hold_out > 0)
            state_.best = ScratchArray(size, mapped);
        run_ += " block=" + std::to_string(block_);
        batch_ = std::min<std::size_t>(std::size_t(options.batch), division_.learn.size());
        steps_ = std::int64_t(tiles(division_.learn.size(), batch_));
        const std::size_t rows = std::max(batch_, std::min(judged_at_a_time, division_.held.size()));
        x_.resize(rows * state_.width);
        z_.resize(rows * block_);
        scratch_.assign(std::size_t(pool.threads()), std::vector<float>(class_tile * feature_tile));
    }

    LogisticHead run()
    {
        const bool kept = !options_.checkpoint.empty();
        const bool goes_on = kept && options_.resume && std::filesystem::exists(options_.checkpoint);
        standard_ = standard_of(features_, division_.learn, pool_);
        if (goes_on)
            restore_head_run(options_.checkpoint, run_, state_);
        else
            begin();
        if (kept)
            interrupts_can_resume();
        Progress progress("fit", std::uint64_t(options_.epochs), "epochs");
        progress.advance(std::uint64_t(state_.epoch));
        try {
            while (!ended()) {
                go_through();
                judge();
                ++state_.epoch;
                state_.block = 0;
                state_.loss = 0;
                progress.advance();
                if (state_.best_epoch > 0)
                    progress.note("held out: top-1 " + number_text(state_.best_top1));
                if (kept && state_.epoch % options_.checkpoint_every == 0)
                    save_head_run(options_.checkpoint, run_, state_);
            }
        } catch (const Error&) {
            if (kept && interrupted())
                save_head_run(options_.checkpoint, run_, state_);
            throw;
        }
        if (kept)
            save_head_run(options_.checkpoint, run_, state_);
        if (!options_.log.empty())
            write_whole_file(options_.log, "epoch\tloss\theld_loss\theld_top1\n" + state_.log);
        return head();
    }

  private:
    Features& features_;
    const HeadExamples& examples_;
    const HeadOptions& options_;
    std::string run_;
    Pool& pool_;
    Division division_;
    std::size_t length_, block_, batch_;
    std::int64_t steps_;
    Standard standard_;
    HeadRun state_;
    std::vector<float> x_, z_;                   // a minibatch: standardised features and 1; scores, then errors
    std::vector<std::vector<float>> scratch_;    // a thread's tile of the gradient
    std::vector<std::size_t> order_;             // this epoch's

    // By how many times too often units see their own class.
    double sampled() const
    {
        return options_.negatives == 0 ? 1 : double(options_.negatives) / double(state_.classes - 1);
    }

    void begin()
    {
        std::vector<double> counts(state_.classes, 0.0);
        for (const std::size_t i : division_.learn)
            ++counts[examples_.labels[i]];
        const double all = double(division_.learn.size());
        for (std::size_t c = 0; c < state_.classes; ++c) {
            const double n = std::clamp(counts[c], 0.5, all - 0.5);
            state_.weights.data()[c * state_.width + length_] = float(std::log(n / ((all - n) * sampled())));
        }
    }

    bool ended() const
    {
        return state_.epoch >= options_.epochs ||
               (state_.best_epoch > 0 && state_.epoch - state_.best_epoch >= options_.patience);
    }

    void read_rows(std::span<const std::size_t> pictures)
    {
        features_.read(pictures, state_.width, x_);
        standard_.apply(x_, pictures.size(), state_.width, pool_);
        for (std::size_t i = 0; i < pictures.size(); ++i)
            x_[i * state_.width + length_] = 1;
    }

    // f(first class, classes, first picture, pictures, task) for each tile of scores.
    template <class F> void each_score_tile(std::size_t first, std::size_t count, std::size_t pictures, F f)
    {
        const std::size_t across = tiles(count, class_tile);
        pool_.for_each(across * tiles(pictures, picture_tile), [&](std::size_t task, int) {
            const std::size_t c = task % across * class_tile, i = task / across * picture_tile;
            f(first + c, std::min(class_tile, count - c), i, std::min(picture_tile, pictures - i), task);
        });
    }

    void score_tile(const float* weights, std::size_t first, std::size_t count, std::size_t c, std::size_t n,
                    std::size_t i, std::size_t m)
    {
        dot_products(x_.data() + i * state_.width, m, weights + c * state_.width, n, state_.width,
                     z_.data() + i * count + (c - first), count);
    }

    // The rest of this epoch: block by block, step by step.
    void go_through()
    {
        order_ = division_.learn;
        Random random(options_.seed, Purpose::head_order, std::uint64_t(state_.epoch));
        shuffle(order_, random);
        const std::uint64_t blocks = tiles(state_.classes, block_);
        while (state_.block < blocks) {
            const std::size_t first = std::size_t(state_.block) * block_,
                              count = std::min(block_, state_.classes - first);
            while (state_.step < steps_) {
                throw_if_interrupted();
                take_step(first, count);
                ++state_.step;
            }
            for (ScratchArray* array : {&state_.weights, &state_.kept, &state_.mean})
                array->rest(first * state_.width, count * state_.width);
            state_.step = 0;
            ++state_.block;
        }
    }

    // Which units a picture teaches, of those of a block: all, or its own and the drawn ones.
    std::vector<std::vector<std::uint8_t>> taught(std::span<const std::size_t> pictures, std::size_t first,
                                                  std::size_t count) const
    {
        std::vector<std::vector<std::uint8_t>> taught(options_.negatives == 0 ? 0 : pictures.size());
        pool_.for_each(taught.size(), [&](std::size_t i, int) {
            taught[i].assign(count, 0);
            const std::size_t own = examples_.labels[pictures[i]];
            const auto mark = [&](std::size_t c) {
                if (c >= first && c < first + count)
                    taught[i][c - first] = 1;
            };
            mark(own);
            for (const std::size_t c : drawn(state_.classes - 1, std::size_t(options_.negatives),
                                             Random(options_.seed, Purpose::head_negatives,
                                                    (std::uint64_t(state_.epoch) << 32) + std::uint64_t(pictures[i]))))
                mark(c < own ? c : c + 1);
        });
        return taught;
    }

    void take_step(std::size_t first, std::size_t count)
    {
        const std::size_t at = std::size_t(state_.step) * batch_, pictures = std::min(batch_, order_.size() - at);
        const std::span<const std::size_t> batch = std::span<const std::size_t>(order_).subspan(at, pictures);
        read_rows(batch);
        const std::vector<std::vector<std::uint8_t>> units = taught(batch, first, count);

        // Scores become errors, (p - y) / pictures, where they lie. Losses are summed in the order of the tiles.
        std::vector<double> losses(tiles(count, class_tile) * tiles(pictures, picture_tile), 0.0);
        each_score_tile(first, count, pictures,
                        [&](std::size_t c, std::size_t n, std::size_t i, std::size_t m, std::size_t task) {
                            score_tile(state_.weights.data(), first, count, c, n, i, m);
                            for (std::size_t a = i; a < i + m; ++a)
                                for (std::size_t b = c; b < c + n; ++b) {
                                    float& z = z_[a * count + (b - first)];
                                    const bool own = examples_.labels[batch[a]] == b;
                                    if (!units.empty() && !units[a][b - first]) {
                                        z = 0;
                                        continue;
                                    }
                                    const Judgement judged = judge_unit(z, own);
                                    losses[task] += judged.loss;
                                    z = float((judged.probability - double(own)) / double(pictures));
                                }
                        });
        for (const double loss : losses)
            state_.loss += loss;
        descend(first, count, pictures);
    }

    void descend(std::size_t first, std::size_t count, std::size_t pictures)
    {
        const double factor =
            rate_factor(options_.rate_schedule, state_.epoch * steps_ + state_.step, options_.epochs * steps_);
        const double rate = options_.rate.value_or(usual_head_rate(options_.rule)) * factor;
        // Steps since the mean began anew, this one included.
        const std::int64_t since = std::int64_t(std::bit_floor(std::uint64_t(state_.epoch + 1))) - 1;
        const auto share = float(1 / double((state_.epoch - since) * steps_ + state_.step + 1));
        const bool adagrad = options_.rule == HeadRule::adagrad;
        const auto scaled = float(adagrad ? rate / std::sqrt(double(length_)) : rate / double(length_));
        const auto l2 = float(options_.l2), momentum = float(options_.momentum);

        const std::size_t along = tiles(state_.width, feature_tile);
        pool_.for_each(tiles(count, class_tile) * along, [&](std::size_t task, int thread) {
            const std::size_t c = first + task / along * class_tile, n = std::min(class_tile, first + count - c);
            const std::size_t f = task % along * feature_tile, m = std::min(feature_tile, state_.width - f);
            float* const gradient = scratch_[std::size_t(thread)].data();
            outer_products(z_.data() + (c - first), count, n, x_.data() + f, state_.width, m, pictures, gradient, m);
            for (std::size_t b = 0; b < n; ++b) {
                const std::size_t row = (c + b) * state_.width + f;
                const std::size_t penalised = l2 > 0 ? std::min(m, length_ - std::min(f, length_)) : 0;
                float* const g = gradient + b * m;
                for (std::size_t k = 0; k < penalised; ++k)
                    g[k] += l2 * state_.weights.data()[row + k];
                move(adagrad, m, scaled, momentum, share, g, state_.weights.data() + row, state_.kept.data() + row,
                     state_.mean.data() + row);
            }
        });
    }

    // By the rule of fit_head.h; plain loops, which compilers turn into vectors.
    static void move(bool adagrad, std::size_t n, float rate, float momentum, float share, const float* __restrict g,
                     float* __restrict w, float* __restrict kept, float* __restrict mean)
    {
        if (adagrad)
            for (std::size_t k = 0; k < n; ++k) {
                kept[k] += g[k] * g[k];
                w[k] -= rate * g[k] / std::sqrt(kept[k] + 1e-12F);
                mean[k] += share * (w[k] - mean[k]);
            }
        else
            for (std::size_t k = 0; k < n; ++k) {
                kept[k] = momentum * kept[k] + g[k];
                w[k] -= rate * kept[k];
                mean[k] += share * (w[k] - mean[k]);
            }
    }

    // The mean's top-1 and loss on the pictures held out, and whether it is the best so far. Nothing changes before all
    // is known, so that an interrupted one is made anew.
    void judge()
    {
        const std::size_t held = division_.held.size();
        double loss = 0, top1 = 0;
        std::vector<float> best_score(held, -std::numeric_limits<float>::infinity());
        std::vector<std::size_t> best_class(held, 0);
        const auto shift = float(std::log(sampled()));
        for (std::size_t first = 0; first < state_.classes && held > 0; first += block_) {
            const std::size_t count = std::min(block_, state_.classes - first);
            for (std::size_t at = 0; at < held; at += judged_at_a_time) {
                throw_if_interrupted();
                const std::size_t pictures = std::min(judged_at_a_time, held - at);
                read_rows(std::span<const std::size_t>(division_.held).subspan(at, pictures));
                each_score_tile(first, count, pictures,
                                [&](std::size_t c, std::size_t n, std::size_t i, std::size_t m, std::size_t) {
                                    score_tile(state_.mean.data(), first, count, c, n, i, m);
                                });
                for (std::size_t i = 0; i < pictures; ++i)
                    for (std::size_t c = 0; c < count; ++c) {
                        const float z = z_[i * count + c] + shift;
                        loss += logistic_loss(z, examples_.labels[division_.held[at + i]] == first + c);
                        if (z > best_score[at + i]) {
                            best_score[at + i] = z;
                            best_class[at + i] = first + c;
                        }
                    }
            }
            state_.mean.rest(first * state_.width, count * state_.width);
        }
        for (std::size_t i = 0; i < held; ++i)
            top1 += double(best_class[i] == examples_.labels[division_.held[i]]);
        loss /= double(std::max<std::size_t>(1, held));
        top1 /= double(std::max<std::size_t>(1, held));
        if (!std::isfinite(loss) || !std::isfinite(state_.loss))
            throw Error(examples_.name,
                        "the fit diverges in epoch " + std::to_string(state_.epoch + 1) + ": try a lower --rate");
        state_.log += std::to_string(state_.epoch + 1) + "\t" + number_text(state_.loss / double(order_.size())) +
                      "\t" + number_text(held > 0 ? loss : NAN) + "\t" + number_text(held > 0 ? top1 : NAN) + "\n";
        if (held > 0 && (top1 > state_.best_top1 || (top1 == state_.best_top1 && loss < state_.best_loss))) {
            state_.best_top1 = top1;
            state_.best_loss = loss;
            state_.best_epoch = state_.epoch + 1;
            for (std::size_t first = 0; first < state_.classes; first += block_) {
                const std::size_t from = first * state_.width,
                                  n = std::min(block_, state_.classes - first) * state_.width;
                std::copy_n(state_.mean.data() + from, n, state_.best.data() + from);
                state_.mean.rest(from, n);
                state_.best.rest(from, n);
            }
        }
    }

    // Its weights take the place of the array that they stand in, without the biases between them.
    LogisticHead head()
    {
        LogisticHead head;
        head.classes = examples_.classes;
        head.standard = std::move(standard_);
        head.weights = std::move(state_.best_epoch > 0 ? state_.best : state_.mean);
        head.bias.resize(state_.classes);
        for (std::size_t c = 0; c < state_.classes; ++c) {
            float* const row = head.weights.data() + c * state_.width;
            head.bias[c] = row[length_] + float(std::log(sampled()));
            std::memmove(head.weights.data() + c * length_, row, length_ * sizeof(float));
        }
        head.provenance["epochs"] = std::to_string(state_.best_epoch > 0 ? state_.best_epoch : state_.epoch);
        say(examples_.name + ": " + std::to_string(state_.classes) + " classes from " +
            std::to_string(division_.learn.size()) + " pictures, epoch " + head.provenance["epochs"] + " of " +
            std::to_string(state_.epoch) +
            (state_.best_epoch > 0 ? "; held out: top-1 " + number_text(state_.best_top1) + " of " +
                                         std::to_string(division_.held.size()) + " pictures"
                                   : ""));
        return head;
    }
};

std::optional<FolderLock> lock_checkpoint(const std::string& path)
{
    std::optional<FolderLock> lock;
    if (!path.empty()) {
        const std::filesystem::path file = std::filesystem::absolute(path);
        lock.emplace(file.parent_path(), file.filename().string() + ".lock", path, "another run is fitting this head");
    }
    return lock;
}

}    // namespace

double usual_head_rate(HeadRule rule) { return rule == HeadRule::adagrad ? 0.03 : 3; }

void HeadOptions::set_negatives(const std::string& text)
{
    negatives = 0;
    const char* const end = text.data() + text.size();
    const auto [at, failure] = std::from_chars(text.data(), end, negatives);
    if (text != "all" && (failure != std::errc() || at != end || negatives < 1))
        throw Error("--negatives", "must be all, or how many of the other classes a picture teaches",
                    ExitStatus::usage);
}

std::string HeadOptions::described() const
{
    std::string text = "--l2 " + number_text(l2) + " --optimizer " + name_of(rule) + " --rate " +
                       number_text(rate.value_or(usual_head_rate(rule))) + " --rate-schedule " +
                       name_of(rate_schedule) + " --epochs " + std::to_string(epochs) + " --batch " +
                       std::to_string(batch) + " --negatives " + (negatives == 0 ? "all" : std::to_string(negatives)) +
                       " --hold-out " + number_text(hold_out) + " --patience " + std::to_string(patience) + " --seed " +
                       std::to_string(seed);
    if (rule == HeadRule::momentum)
        text += " --momentum " + number_text(momentum);
    return text;
}

HeadPlan plan_head(std::size_t classes, std::size_t features, const HeadOptions& options)
{
    HeadPlan plan;
    plan.weights = std::uint64_t(classes) * (features + 1) * sizeof(float);
    plan.arrays = array_count(options);
    const std::size_t block = classes_a_block(classes, features, options, plan.arrays);
    plan.blocks = tiles(classes, block);
    const std::uint64_t all = plan.weights * std::uint64_t(plan.arrays);
    plan.in_memory = plan.blocks == 1 ? all : all / classes * block;
    plan.on_disk = plan.blocks == 1 ? 0 : all;
    const std::size_t rows = std::max<std::size_t>(std::size_t(options.batch), judged_at_a_time);
    plan.batch = std::uint64_t(rows) * (features + 1 + block) * sizeof(float);
    plan.step_flop = 4.0 * double(options.batch) * double(features + 1) * double(classes);
    return plan;
}

std::string head_plan_table(const HeadPlan& plan, std::size_t classes, std::size_t features)
{
    std::string text = "part\tamount\twhat\n";
    const auto row = [&](const char* part, double amount, const std::string& what) {
        char number[40];
        std::snprintf(number, sizeof number, "%.15g", amount);
        text += std::string(part) + "\t" + number + "\t" + what + "\n";
    };
    row("classes", double(classes), "");
    row("features", double(features), "of the chosen layers");
    row("weights", double(plan.weights), "bytes of the head");
    row("arrays", plan.arrays, "as large as the head: weights, the rule's, their mean, the best so far");
    row("blocks", double(plan.blocks), "of classes; an epoch reads the features for each");
    row("memory", double(plan.in_memory), "bytes of the arrays, in memory at a time");
    row("disk", double(plan.on_disk), "bytes in $TMPDIR");
    row("batch", double(plan.batch), "bytes of a minibatch's features and scores");
    row("total", double(plan.total()), "bytes of memory, beside the features that are kept and the program");
    row("available", double(available_memory() + resident_memory()), "bytes, to this process");
    row("operations", plan.step_flop, "a minibatch: two products of batch x features x classes");
    return text;
}

LogisticHead fit_head(Features& features, const HeadExamples& examples, const HeadOptions& options,
                      const std::string& run, Pool& pool)
{
    const std::optional<FolderLock> lock = lock_checkpoint(options.checkpoint);
    const HeadPlan plan = plan_head(examples.classes.size(), features.length(), options);
    require_memory(examples.name, plan.total(),
                   std::to_string(examples.classes.size()) + " classes of " + std::to_string(features.length()) +
                       " features: a lower --memory takes less");
    HeadFit fit(features, examples, options, run + " " + options.described(), pool);
    return fit.run();
}

}    // namespace nonna
