#include "recognition/fine_tune.h"

#include "analysis/respond.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "io/digest.h"
#include "io/folder_lock.h"
#include "io/output.h"
#include "io/safetensors.h"
#include "model/network.h"
#include "recognition/head_stage.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <numeric>
#include <optional>

namespace nonna
{

namespace
{

constexpr const char* run_format = "nonna-finetune-run 1";

std::string digits(double v, const char* format = "%.9g")
{
    char text[40];
    std::snprintf(text, sizeof text, format, v);
    return text;
}

std::uint64_t number_of(const std::map<std::string, std::string>& of, const std::string& key,
                        const std::string& subject)
{
    std::uint64_t number = 0;
    const auto found = of.find(key);
    if (found != of.end()) {
        const char* const end = found->second.data() + found->second.size();
        if (const auto r = std::from_chars(found->second.data(), end, number); r.ec == std::errc{} && r.ptr == end)
            return number;
    }
    throw Error(subject, "the metadata's '" + key + "' is missing or no number");
}

// The stages up to the layer, which is the last sublayer of the last of them.
Architecture up_to(const Architecture& architecture, LayerId layer, const std::string& subject)
{
    Architecture part = architecture;
    part.stages.resize(std::size_t(layer.stage) + 1);
    StageArchitecture& last = part.stages.back();
    if (layer.sublayer == Sublayer::pool)
        last.norm = 0;
    if (last.sublayers() - 1 != int(layer.sublayer))
        throw Error(subject, "is on " + layer_name(layer) +
                                 ", and learns together with a network only on the end of a stage or its pooling");
    part.complete(subject);
    return part;
}

// For each picture its class's number in the head.
std::vector<std::uint32_t> labels_in(const LogisticHead& head, const std::string& head_name,
                                     const LabelledPictures& pictures)
{
    std::vector<std::uint32_t> of_class;
    for (const std::string& name : pictures.classes()) {
        const auto found = std::lower_bound(head.classes.begin(), head.classes.end(), name);
        if (found == head.classes.end() || *found != name)
            throw Error(pictures.name(),
                        "the label '" + name + "' is unknown to " + head_name + ": fit a head to these classes first");
        of_class.push_back(std::uint32_t(found - head.classes.begin()));
    }
    std::vector<std::uint32_t> labels(pictures.count());
    for (std::size_t i = 0; i < labels.size(); ++i)
        labels[i] = of_class[pictures.label(i)];
    return labels;
}

// The start of a fit, on the weights that the model began with.
void begin_again(Model& model, const std::string& model_name, LogisticHead& head, LayerId layer,
                 const LabelledPictures& pictures, const std::vector<std::uint32_t>& labels, Pool& pool)
{
    const auto start = model.provenance.find("start");
    const std::optional<Start> known =
        start == model.provenance.end() ? std::nullopt : value_named<Start>(start->second);
    if (!known)
        throw Error(model_name, "does not say how its weights began (start): --from-scratch needs a model that "
                                "nonna-init began");
    const std::uint64_t seed = number_of(model.provenance, "seed", model_name);
    Model random = random_model(model.architecture, model.preprocessing, seed, pool, *known);
    model.parameters = std::move(random.parameters);
    const auto features = computed_features(model, model_name, {layer}, pictures.numbered(), pool);
    std::vector<std::size_t> all(pictures.count());
    std::iota(all.begin(), all.end(), std::size_t(0));
    head.standard = standard_of(*features, all, pool);
    std::fill_n(head.weights.data(), head.classes.size() * head.length(), 0.0F);
    std::vector<double> counts(head.classes.size(), 0.0);
    for (const std::uint32_t label : labels)
        ++counts[label];
    for (std::size_t c = 0; c < counts.size(); ++c) {
        const double n = std::clamp(counts[c], 0.5, double(labels.size()) - 0.5);
        head.bias[c] = float(std::log(n / (double(labels.size()) - n)));
    }
}

class FineTuning
{
  public:
    FineTuning(Model& model, LogisticHead& head, const Architecture& part, const LabelledPictures& pictures,
               std::vector<std::uint32_t> labels, const FineTuneOptions& options, std::string run, Pool& pool)
        : model_(model), head_(head), pictures_(pictures.numbered()), name_(pictures.name()),
          labels_(std::move(labels)), options_(options), run_(std::move(run)), pool_(pool),
          batch_(std::min<std::size_t>(std::size_t(options.batch), labels_.size())), body_size_(parameter_count(part)),
          body_(options.optimizer, options.momentum, parameter_segments(part), pool)
    {
        auto stage = make_head_stage<float>(layer_shape(top_layer(part), part), head.classes.size(), head.standard,
                                            int(batch_), pool);
        stage_ = stage.get();
        head_rule_.emplace(Rule::adagrad, 0, stage->segments(), pool);
        network_.emplace(part, std::move(stage), int(batch_), pool);
        parameters_ = Aligned<float>(network_->parameters());
        gradient_ = Aligned<float>(network_->parameters());
        std::copy_n(model.parameters.data(), body_size_, parameters_.data());
        float* const behind = parameters_.data() + body_size_;
        const std::size_t weights = head.classes.size() * head.length();
        std::copy_n(head.weights.data(), weights, behind);
        std::copy(head.bias.begin(), head.bias.end(), behind + weights);
        steps_an_epoch_ = std::int64_t(labels_.size() / batch_);    // the few left over wait for another epoch
    }

    void run()
    {
        const bool kept = !options_.checkpoint.empty();
        if (kept && options_.resume && std::filesystem::exists(options_.checkpoint))
            restore();
        if (kept)
            interrupts_can_resume();
        Progress progress("fine-tuning", std::uint64_t(options_.steps), "steps");
        progress.advance(std::uint64_t(step_));
        while (step_ < options_.steps) {
            if (interrupted() && kept)
                save();
            throw_if_interrupted();
            take_step();
            ++step_;
            progress.advance();
            if (step_ % options_.log_every == 0 || step_ == options_.steps)
                log_row();
            if (kept && step_ % options_.checkpoint_every == 0)
                save();
        }
        if (kept)
            save();
        std::copy_n(parameters_.data(), body_size_, model_.parameters.data());
        const float* const behind = parameters_.data() + body_size_;
        const std::size_t weights = head_.classes.size() * head_.length();
        std::copy_n(behind, weights, head_.weights.data());
        std::copy_n(behind + weights, head_.bias.size(), head_.bias.begin());
        if (!options_.log.empty())
            write_whole_file(options_.log, "step\timages\tloss\ttop1\n" + log_);
    }

  private:
    Model& model_;
    LogisticHead& head_;
    NumberedPictures pictures_;
    std::string name_;
    std::vector<std::uint32_t> labels_;
    const FineTuneOptions& options_;
    std::string run_;
    Pool& pool_;
    std::size_t batch_, body_size_;
    Optimiser body_;
    std::optional<Optimiser> head_rule_;
    HeadStage<float>* stage_ = nullptr;    // the network's
    std::optional<Network<float>> network_;
    Aligned<float> parameters_, gradient_;    // of the stages, then of the head
    std::vector<std::size_t> order_;
    std::int64_t steps_an_epoch_ = 1, epoch_ = -1, step_ = 0;
    double loss_ = 0, right_ = 0, seen_ = 0;    // since the last row of the log
    std::string log_;

    std::span<const std::size_t> pictures_of_step()
    {
        if (const std::int64_t epoch = step_ / steps_an_epoch_; epoch != epoch_) {
            epoch_ = epoch;
            order_.resize(labels_.size());
            std::iota(order_.begin(), order_.end(), std::size_t(0));
            Random random(options_.seed, Purpose::head_order, std::uint64_t(epoch));
            shuffle(order_, random);
        }
        return std::span<const std::size_t>(order_).subspan(std::size_t(step_ % steps_an_epoch_) * batch_, batch_);
    }

    void take_step()
    {
        const std::span<const std::size_t> batch = pictures_of_step();
        std::vector<std::uint8_t> pixels(batch_ * pictures_.bytes);
        std::vector<std::uint32_t> labels;
        for (const std::size_t i : batch)
            labels.push_back(labels_[i]);
        pool_.for_each(batch_, [&](std::size_t i, int) {
            pictures_.read(batch[i], std::span(pixels).subspan(i * pictures_.bytes, pictures_.bytes));
        });
        network_->load(preprocess(model_, {pixels, batch_}, pool_), int(batch_));
        network_->up(std::span<const float>(parameters_));
        stage_->set_labels(labels);
        const StageCost cost = network_->top_gradient(
            std::span<const float>(parameters_), std::span(model_.statistics).first(network_->statistics()), gradient_);
        if (!std::isfinite(cost.total))
            throw Error(name_, "fine-tuning diverges in step " + std::to_string(step_ + 1) +
                                   ": try a lower --rate or --head-rate");
        loss_ += cost.total;
        right_ += double(stage_->right());
        seen_ += double(batch_);

        const std::size_t weights = head_.classes.size() * head_.length();
        for (std::size_t i = body_size_; i < body_size_ + weights; ++i)
            gradient_[i] += float(options_.l2) * parameters_[i];
        const double factor = rate_factor(options_.rate_schedule, step_, options_.steps);
        const std::span<float> all(parameters_);
        const std::span<const float> gradient(gradient_);
        body_.apply(options_.rate * factor, gradient.first(body_size_), all.first(body_size_));
        head_rule_->apply(options_.head_rate * factor, gradient.subspan(body_size_), all.subspan(body_size_));
    }

    void log_row()
    {
        log_ += std::to_string(step_) + "\t" + std::to_string(step_ * std::int64_t(batch_)) + "\t" +
                digits(loss_ / seen_) + "\t" + digits(right_ / seen_) + "\n";
        loss_ = right_ = seen_ = 0;
    }

    // f(name, numbers) for all that a resumed run needs.
    template <class F> void each_array(F f)
    {
        f(std::string("parameters"), std::span<float>(parameters_));
        for (const Optimiser::Array& array : body_.arrays())
            f("network." + array.name, array.numbers);
        for (const Optimiser::Array& array : head_rule_->arrays())
            f("head." + array.name, array.numbers);
    }

    void save()
    {
        SafetensorsWriter file(options_.checkpoint,
                               {{"format", run_format},
                                {"run", run_},
                                {"step", std::to_string(step_)},
                                {"loss", digits(loss_, "%.17g")},
                                {"right", digits(right_)},
                                {"seen", digits(seen_)},
                                {"log", log_}},
                               true);
        each_array(
            [&](const std::string& name, std::span<float> numbers) { file.declare(name, "F32", {numbers.size()}); });
        each_array([&](const std::string&, std::span<float> numbers) { file.write(std::span<const float>(numbers)); });
        file.commit();
    }

    void restore()
    {
        const SafetensorsReader file(options_.checkpoint);
        const auto& metadata = file.metadata();
        const auto format = metadata.find("format"), run = metadata.find("run");
        if (format == metadata.end() || format->second != run_format || run == metadata.end())
            throw Error(options_.checkpoint, "no checkpoint of nonna-classify finetune");
        if (run->second != run_)
            throw Error(options_.checkpoint, "is of another run, with other options or pictures, or another model or "
                                             "head: give it those, or another --checkpoint");
        file.check_seal();
        step_ = std::int64_t(number_of(metadata, "step", file.name()));
        right_ = double(number_of(metadata, "right", file.name()));
        seen_ = double(number_of(metadata, "seen", file.name()));
        loss_ = std::strtod(metadata.at("loss").c_str(), nullptr);
        log_ = metadata.at("log");
        each_array([&](const std::string& name, std::span<float> numbers) {
            file.read(name, numbers);
            file.require_finite(name, std::span<const float>(numbers));
        });
    }
};

}    // namespace

std::string FineTuneOptions::described() const
{
    return "--steps " + std::to_string(steps) + " --batch " + std::to_string(batch) + " --optimizer " +
           name_of(optimizer) + " --rate " + digits(rate) + " --momentum " + digits(momentum) + " --head-rate " +
           digits(head_rate) + " --rate-schedule " + name_of(rate_schedule) + " --l2 " + digits(l2) + " --seed " +
           std::to_string(seed) + (from_scratch ? " --from-scratch" : "");
}

void fine_tune(Model& model, const std::string& model_name, LogisticHead& head, const std::string& head_name,
               LayerId layer, const LabelledPictures& pictures, const FineTuneOptions& options, Pool& pool)
{
    std::optional<FolderLock> lock;
    if (!options.checkpoint.empty()) {
        const std::filesystem::path file = std::filesystem::absolute(options.checkpoint);
        lock.emplace(file.parent_path(), file.filename().string() + ".lock", options.checkpoint,
                     "another run is fine-tuning here");
    }
    const Architecture part = up_to(model.architecture, layer, head_name);
    std::vector<std::uint32_t> labels = labels_in(head, head_name, pictures);
    Sha256 digest;    // of the head as it is given
    digest.add(std::as_bytes(head.weights.span().first(head.classes.size() * head.length())));
    digest.add(std::as_bytes(std::span(head.bias)));
    const std::string run =
        head.model + " " + digest.hex() + " " + pictures.digest() + " " + head.layers + " " + options.described();
    if (options.from_scratch)
        begin_again(model, model_name, head, layer, pictures, labels, pool);
    FineTuning(model, head, part, pictures, std::move(labels), options, run, pool).run();
    head.model = model_digest(model);
}

}    // namespace nonna
