// Training as a whole: the run is determined by model, data and options alone.
#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "images/picture_set.h"
#include "io/table.h"
#include "train/trainer.h"

#include "../files.h"

#include <boost/test/unit_test.hpp>

#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>

using namespace nonna;
using nonna::test::Folder;
namespace fs = std::filesystem;

namespace
{

Architecture tiny(bool tied)
{
    Architecture a;
    a.name = "test";
    a.side = 12;
    a.whitening = 3;
    StageArchitecture one;
    one.field = 4;
    one.maps = 4;
    one.pool = 2;
    one.norm = 3;
    one.tied = tied;
    StageArchitecture two = one;
    two.field = 3;
    a.stages = {one, two};
    a.complete("test");
    return a;
}

// The same of autoencoders.
Architecture sigmoid(bool tied)
{
    Architecture a = tiny(tied);
    for (StageArchitecture& s : a.stages) {
        s.kind = StageKind::autoencoder;
        s.pool = 1;
        s.norm = 0;
        s.unit_norm = false;
        s.lambda = 0;
    }
    a.complete("test");
    return a;
}

// Smooth seeded blobs: something that a filter can learn.
PictureSet blobs(std::size_t count, std::uint64_t first)
{
    PictureSet set;
    set.name = "blobs";
    set.digest = "digest-of-blobs-" + std::to_string(first);
    set.side = 12;
    for (std::size_t i = 0; i < count; ++i) {
        Random random(3, Purpose::tests, first + i);
        const double r = random.uniform() * 12, c = random.uniform() * 12, width = 2 + random.uniform() * 6;
        for (int y = 0; y < 12; ++y)
            for (int x = 0; x < 12; ++x)
                for (int k = 0; k < 3; ++k)
                    set.pixels.push_back(
                        std::uint8_t(40 + 40 * random.uniform() +
                                     (150 - 30 * k) * std::exp(-((y - r) * (y - r) + (x - c) * (x - c)) / width)));
        set.keys.push_back(std::to_string(i));
        set.sources.push_back("blob");
        set.labels.emplace_back();
    }
    return set;
}

Model start(const Architecture& a, Pool& pool, const PictureSet& pictures)
{
    WhiteningOptions whitening;
    whitening.patches = 2000;
    Model model = random_model(a, fit_preprocessing(a, pictures.pixels, whitening, pool), 5, pool);
    std::vector<float> images(20 * a.input().size());
    preprocess_pictures(pictures, model.preprocessing, 0, 20, images, pool);
    fit_scale(model, images, 20, pool);
    return model;
}

Model start(bool tied, Pool& pool, const PictureSet& pictures) { return start(tiny(tied), pool, pictures); }

// A set in memory.
class Blobs : public Pictures
{
  public:
    explicit Blobs(PictureSet set) : set_(std::move(set)) {}
    std::string digest() const override { return set_.digest; }
    std::size_t count() const override { return set_.count(); }
    void read(std::size_t i, std::span<std::uint8_t> into) const override
    {
        std::copy_n(set_.image(i).begin(), into.size(), into.begin());
    }

  private:
    PictureSet set_;
};

std::shared_ptr<const Pictures> pictures(std::size_t count, std::uint64_t first)
{
    return std::make_shared<Blobs>(blobs(count, first));
}

TrainOptions options()
{
    TrainOptions o;
    o.steps = 12;
    o.batch = 10;
    o.log_every = 1;
    o.validate_every = 4;
    o.checkpoint_every = 5;
    o.optimizer = Rule::adagrad;
    o.rates = {0.01};
    o.rate_schedule = RateSchedule::constant;
    return o;
}

std::string text_of(const std::string& path)
{
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

struct Fixture {
    Pool pool{1};
    std::vector<Source> sources;
    std::vector<std::shared_ptr<const Pictures>> validation;
    Folder folder;
    Fixture()
    {
        sources.push_back({pictures(37, 0), 1.0});    // 37: epochs end inside a batch
        sources.push_back({pictures(11, 100), 0.5});
        validation.push_back(pictures(23, 200));
    }
};

}    // namespace

BOOST_AUTO_TEST_SUITE(training)

BOOST_FIXTURE_TEST_CASE(costs_fall_for_every_schedule_and_rule, Fixture)
{
    for (const bool tied : {true, false})
        for (const auto& [schedule, schedule_name] : names_of<Schedule>)
            for (const auto& [rule, name] : names_of<Rule>) {
                Model model = start(tied, pool, blobs(37, 0));
                TrainOptions o = options();
                o.schedule = schedule;
                o.optimizer = rule;
                o.steps = 60;
                o.log = folder / "log.tsv";
                o.rates = {rule == Rule::momentum ? 3e-4 : row_of(rule).usual_rate};
                if (rule == Rule::turn)    // whose steps never become shorter by themselves
                    o.rate_schedule = RateSchedule::cosine;
                if (o.schedule == Schedule::greedy && rule == Rule::momentum)
                    o.rates = {6e-4};    // a stage has half of the steps to gather speed in
                train(model, sources, validation, o, pool);
                const Table log = read_table(o.log);
                std::vector<std::vector<double>> relative(2);
                for (std::size_t r = 0; r < log.rows.size(); ++r)
                    if (log.rows[r][log.column("set")] == "validate")
                        for (int s = 0; s < 2; ++s)
                            relative[s].push_back(
                                log.number(r, log.column("stage" + std::to_string(s + 1) + "_relative")));
                for (int s = 0; s < 2; ++s) {
                    // Jointly trained, a stage may give way to the one above; its own target moves too.
                    const double allowed = schedule == Schedule::joint && s == 1 ? 1.0 : 0.95;
                    BOOST_TEST(relative[s].back() < allowed * relative[s].front(),
                               schedule_name << " " << name << " tied " << tied << " stage " << s + 1 << ": "
                                             << relative[s].front() << " -> " << relative[s].back());
                }
            }
}

// Two thirds of a tuned run are a stagewise one, to the bit; and then it is another. A row's costs are those before its
// step, so that the first joint step shows in the row behind it, its rate in its own.
BOOST_FIXTURE_TEST_CASE(tuned_is_stagewise_and_then_joint, Fixture)
{
    Table log[2];
    for (const Schedule schedule : {Schedule::stagewise, Schedule::tuned}) {
        Model model = start(true, pool, blobs(37, 0));
        TrainOptions o = options();
        o.schedule = schedule;
        o.log = folder / "log.tsv";
        train(model, sources, {}, o, pool);
        log[schedule == Schedule::tuned] = read_table(o.log);
    }
    const std::size_t cost = log[0].column("cost"), rate = log[0].column("rate");
    BOOST_TEST_REQUIRE(log[0].rows.size() == 12);
    BOOST_TEST_REQUIRE(log[1].rows.size() == 12);
    for (std::size_t row = 0; row < 12; ++row) {
        BOOST_TEST((log[0].rows[row][cost] == log[1].rows[row][cost]) == (row < 9), "row " << row);
        BOOST_TEST(log[1].number(row, rate) == (row < 8 ? 1 : 1.0 / 3) * log[0].number(row, rate),
                   boost::test_tools::tolerance(1e-8));
    }
}

BOOST_FIXTURE_TEST_CASE(autoencoders_learn_by_every_rule, Fixture)
{
    for (const bool tied : {true, false})
        for (const Schedule schedule : {Schedule::stagewise, Schedule::greedy})
            for (const auto& [rule, name] : names_of<Rule>) {
                Model model = start(sigmoid(tied), pool, blobs(37, 0));
                TrainOptions o = options();
                o.schedule = schedule;
                o.optimizer = rule;
                o.steps = 60;
                o.log = folder / "log.tsv";
                o.rates = {rule == Rule::sgd ? 0.3 : 0.02};
                train(model, sources, validation, o, pool);
                const Table log = read_table(o.log);
                for (const char* stage : {"stage1", "stage2"}) {
                    const std::size_t column = log.column(std::string(stage) + "_relative");
                    const std::size_t last = log.rows.size() - 1;
                    // a plain step moves the sum of many small errors slowly; Adagrad's does not care how small
                    const double allowed = rule == Rule::adagrad ? 0.9 : 0.995;
                    BOOST_TEST(log.number(last, column) < allowed * log.number(0, column),
                               name_of(schedule) << " " << name << " tied " << tied << " " << stage << ": "
                                                 << log.number(0, column) << " -> " << log.number(last, column));
                }
            }
}

// On the pictures that they were fitted to, biases leave no mean error, and no other scale of an untied decoder is
// better. Bound: floats' rounding over means of order 1.
BOOST_FIXTURE_TEST_CASE(autoencoders_start_from_fitted_biases, Fixture)
{
    for (const bool tied : {true, false}) {
        const PictureSet set = blobs(20, 0);
        const Model model = start(sigmoid(tied), pool, set);
        const std::size_t size = model.architecture.input().size();
        std::vector<float> images(20 * size);
        preprocess_pictures(set, model.preprocessing, 0, 20, images, pool);
        Network<float> network(model.architecture, 20, pool);
        network.load(images, 20);
        network.up(model.parameters);
        // dc = mean of 2 (r - x), db of a linear unit would be its mean: both are in the gradient or the activations
        std::vector<float> gradient(model.parameters.size());
        std::vector<double> statistics = model.statistics;
        const auto costs = network.gradient(model.parameters, statistics, 1, Schedule::stagewise, 0, gradient);
        for (const ParameterTensor& t : parameter_layout(model.architecture))
            if (t.decoder && t.bias)
                for (std::size_t i = 0; i < t.segment.size(); ++i)
                    BOOST_REQUIRE_SMALL(gradient[t.segment.offset + i], 1e-4f);
        BOOST_TEST(costs[0].total < costs[0].input);
        BOOST_TEST(costs[1].total < costs[1].input);

        Model other = model;    // the decoder's weights times 0.9 or 1.1, the mean kept: sigmoids see nothing of it
        for (const float factor : {0.9f, 1.1f}) {
            if (tied)
                break;
            other.parameters = model.parameters;
            for (const ParameterTensor& t : parameter_layout(model.architecture))
                if (t.decoder && !t.bias)
                    for (std::size_t i = 0; i < t.segment.size(); ++i)
                        other.parameters[t.segment.offset + i] *= factor;
            network.up(other.parameters);
            network.gradient(other.parameters, statistics, 1, Schedule::stagewise, 0, gradient);
            for (const ParameterTensor& t : parameter_layout(model.architecture))
                if (t.decoder && t.bias)
                    for (std::size_t i = 0; i < t.segment.size(); ++i)
                        other.parameters[t.segment.offset + i] -= gradient[t.segment.offset + i] / 2;
            const auto more = network.costs(other.parameters, statistics);
            BOOST_TEST(more[0].total > costs[0].total);
            BOOST_TEST(more[1].total > costs[1].total);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(autoencoders_resume_and_do_not_count_threads, Fixture)
{
    for (const bool tied : {true, false})
        for (const Precision precision : {Precision::fp32, Precision::bf16})
            for (const auto& [rule, name] : names_of<Rule>) {
                TrainOptions o = options();
                o.precision = precision;
                o.optimizer = rule;
                o.rates = {1e-3};
                o.schedule = tied ? Schedule::joint : Schedule::greedy;
                Model whole = start(sigmoid(tied), pool, blobs(37, 0));
                o.log = folder / "whole.tsv";
                train(whole, sources, validation, o, pool);

                Pool three(3);
                o.checkpoint = folder / (name_of(precision) + (name + std::to_string(tied)));
                o.log = folder / "parts.tsv";
                o.resume = true;
                Model part = start(sigmoid(tied), three, blobs(37, 0));
                train(part, sources, validation, o, three);
                BOOST_TEST((part.parameters == whole.parameters), name_of(precision)
                                                                      << " " << name << " tied " << tied);
                fs::remove(o.checkpoint + "/step-000000012.safetensors");    // step 10 is the newest left
                part = start(sigmoid(tied), pool, blobs(37, 0));
                train(part, sources, validation, o, pool);
                BOOST_TEST((part.parameters == whole.parameters), name_of(precision)
                                                                      << " " << name << " tied " << tied);
                BOOST_TEST(text_of(folder / "whole.tsv") == text_of(folder / "parts.tsv"));
            }
}

BOOST_FIXTURE_TEST_CASE(filters_keep_norm_one, Fixture)
{
    Model model = start(true, pool, blobs(37, 0));
    train(model, sources, {}, options(), pool);
    for (const ParameterTensor& t : parameter_layout(model.architecture))
        for (std::size_t p = 0; p < t.segment.matrices; ++p)
            for (std::size_t c = 0; c < t.segment.columns; ++c) {
                double norm = 0;
                for (std::size_t r = 0; r < t.segment.rows; ++r) {
                    const double w =
                        model.parameters[t.segment.offset + (p * t.segment.rows + r) * t.segment.columns + c];
                    norm += w * w;
                }
                BOOST_REQUIRE_SMALL(norm - 1, 1e-5);    // 48 squares in float
            }
}

BOOST_FIXTURE_TEST_CASE(same_bits_for_any_number_of_threads, Fixture)
{
    Aligned<float> first;
    for (const int threads : {1, 2, 4, 5}) {
        Pool some(threads);
        Model model = start(false, some, blobs(37, 0));
        train(model, sources, validation, options(), some);
        if (first.size() == 0)
            first = model.parameters;
        BOOST_TEST((model.parameters == first), threads << " threads");
    }
}

BOOST_FIXTURE_TEST_CASE(resumed_equals_uninterrupted, Fixture)
{
    for (const auto& [rule, name] : names_of<Rule>) {
        TrainOptions o = options();
        o.optimizer = rule;
        o.rates = {1e-3};
        o.log = folder / "whole.tsv";
        Model whole = start(true, pool, blobs(37, 0));
        train(whole, sources, validation, o, pool);

        // The same run, stopped twice; once beyond its last checkpoint, as kill -9 would leave it.
        const std::string checkpoints = folder / name;
        o.log = folder / "parts.tsv";
        o.checkpoint = checkpoints;
        o.resume = true;
        for (const int until : {7, 10, 12}) {
            Model part = start(true, pool, blobs(37, 0));
            o.steps = until;
            train(part, sources, validation, o, pool);
            if (until == 7)
                fs::remove(checkpoints + "/step-000000007.safetensors");    // step 5 is the newest left
            if (until < 12)
                continue;
            BOOST_TEST((part.parameters == whole.parameters), name);
            BOOST_TEST((part.statistics == whole.statistics), name);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(bf16_gives_the_same_bits_for_any_number_of_threads, Fixture)
{
    Aligned<float> first;
    for (const int threads : {1, 2, 4}) {
        Pool some(threads);
        Model model = start(false, some, blobs(37, 0));
        TrainOptions o = options();
        o.precision = Precision::bf16;
        train(model, sources, validation, o, some);
        if (first.size() == 0)
            first = model.parameters;
        BOOST_TEST((model.parameters == first), threads << " threads");
    }
}

// Weights are split in memory alone: what is validated, stored and resumed from is floats, all 32 bits of them.
BOOST_FIXTURE_TEST_CASE(bf16_resumed_equals_uninterrupted, Fixture)
{
    for (const bool tied : {true, false})
        for (const auto& [rule, name] : names_of<Rule>) {
            TrainOptions o = options();
            o.precision = Precision::bf16;
            o.optimizer = rule;
            o.rates = {1e-3};
            o.log = folder / "whole.tsv";
            Model whole = start(tied, pool, blobs(37, 0));
            train(whole, sources, validation, o, pool);

            const std::string checkpoints = folder / (name + std::to_string(tied));
            o.log = folder / "parts.tsv";
            o.checkpoint = checkpoints;
            o.resume = true;
            for (const int until : {7, 10, 12}) {
                Model part = start(tied, pool, blobs(37, 0));
                o.steps = until;
                train(part, sources, validation, o, pool);
                if (until == 7)
                    fs::remove(checkpoints + "/step-000000007.safetensors");    // step 5 is the newest left
                if (until < 12)
                    continue;
                BOOST_TEST((part.parameters == whole.parameters), name << " tied " << tied);
                if (tied)    // untied stages have no use for theirs, and no checkpoint keeps them
                    BOOST_TEST((part.statistics == whole.statistics), name);
            }

            const Model stored = load_model(checkpoints + "/step-000000012.safetensors");
            BOOST_TEST((stored.parameters == whole.parameters), name << " tied " << tied);
            std::size_t fine = 0;    // floats that are no bf16 numbers
            for (const float w : stored.parameters)
                fine += (std::bit_cast<std::uint32_t>(w) & 0xffff) != 0;
            BOOST_TEST(fine > stored.parameters.size() / 2);

            // and they are what fp32 would have learned, nearly
            o.precision = Precision::fp32;
            o.log.clear();
            o.checkpoint.clear();
            o.resume = false;
            Model wide = start(tied, pool, blobs(37, 0));
            train(wide, sources, {}, o, pool);
            double away = 0, moved = 0;
            const Model begin = start(tied, pool, blobs(37, 0));
            for (std::size_t i = 0; i < wide.parameters.size(); ++i) {
                away += std::pow(wide.parameters[i] - stored.parameters[i], 2);
                moved += std::pow(wide.parameters[i] - begin.parameters[i], 2);
            }
            // products of numbers rounded to 2^-9; Adagrad's first steps follow a gradient's sign, however small it is
            BOOST_TEST(std::sqrt(away / moved) < 0.1, name << " tied " << tied << ": " << std::sqrt(away / moved));
            BOOST_TEST(away > 0);    // bf16 was at work
        }
}

BOOST_FIXTURE_TEST_CASE(resumed_log_equals_uninterrupted, Fixture)
{
    TrainOptions o = options();
    o.log = folder / "whole.tsv";
    Model whole = start(true, pool, blobs(37, 0));
    train(whole, sources, validation, o, pool);

    o.log = folder / "parts.tsv";
    o.checkpoint = folder / "checkpoints";
    o.resume = true;
    Model part = start(true, pool, blobs(37, 0));
    train(part, sources, validation, o, pool);
    fs::remove(o.checkpoint + "/step-000000012.safetensors");
    std::ofstream(o.log, std::ios::app) << "13\ttrain\t10\thalf a li";    // the process died while writing
    part = start(true, pool, blobs(37, 0));
    train(part, sources, validation, o, pool);
    BOOST_TEST(text_of(folder / "whole.tsv") == text_of(folder / "parts.tsv"));
}

BOOST_FIXTURE_TEST_CASE(checkpoints_of_another_run_are_refused, Fixture)
{
    TrainOptions o = options();
    o.checkpoint = folder / "checkpoints";
    Model model = start(true, pool, blobs(37, 0));
    train(model, sources, {}, o, pool);
    BOOST_CHECK_THROW(train(model, sources, {}, o, pool), Error);    // without --resume
    o.resume = true;
    o.rates = {0.02};
    BOOST_CHECK_EXCEPTION(train(model, sources, {}, o, pool), Error,
                          [](const Error& e) { return e.reason().find("another run") != std::string::npos; });
}

BOOST_FIXTURE_TEST_CASE(divergence_is_an_error, Fixture)
{
    TrainOptions o = options();
    o.optimizer = Rule::sgd;
    o.rates = {1e6};
    o.steps = 50;
    Model model = start(false, pool, blobs(37, 0));
    BOOST_CHECK_EXCEPTION(train(model, sources, {}, o, pool), Error,
                          [](const Error& e) { return e.reason().find("not a finite number") != std::string::npos; });
}

BOOST_AUTO_TEST_CASE(fitted_whitening_whitens)
{
    // Neighbouring pixels of blobs are alike; after whitening the correlation is nearly gone and the variance is 1.
    Pool pool(2);
    const PictureSet pictures = blobs(200, 0);
    Architecture a = tiny(true);
    a.whitening = 5;
    WhiteningOptions whitening;
    whitening.patches = 20000;
    const Preprocessing p = fit_preprocessing(a, pictures.pixels, whitening, pool);
    Preprocessing none = p;
    none.width = 0;
    auto correlation = [&](const Preprocessing& q, double& variance) {
        std::vector<float> x(pictures.count() * a.input().size());
        preprocess_pictures(pictures, q, 0, pictures.count(), x, pool);
        double squares = 0, products = 0, sum = 0;
        std::size_t n = 0;
        for (std::size_t i = 0; i < pictures.count(); ++i)
            for (int r = 0; r < 12; ++r)
                for (int c = 0; c + 1 < 12; ++c) {
                    const std::size_t at = i * a.input().size() + (r * 12 + c) * 3;
                    products += x[at] * x[at + 3];
                    squares += x[at] * x[at];
                    ++n;
                }
        for (const float v : x) {
            sum += v;
        }
        variance = 0;
        for (const float v : x)
            variance += (v - sum / double(x.size())) * (v - sum / double(x.size())) / double(x.size());
        return products / squares;
    };
    double variance = 0;
    const double before = correlation(none, variance);
    const double after = correlation(p, variance);
    BOOST_TEST(before > 0.5);
    BOOST_TEST(std::abs(after) < 0.2);
    BOOST_CHECK_CLOSE(variance, 1.0, 0.1);

    // and back: unwhitening a whitened picture gives its contrast-normalised pixels, but for the ridge
    std::vector<float> x(a.input().size()), n(a.input().size());
    p.apply(pictures.image(0), x);
    none.apply(pictures.image(0), n);
    const std::vector<float> back = p.unwhiten(x);
    double product = 0, power = 0, power_back = 0;
    for (std::size_t i = 0; i < n.size(); ++i) {
        product += n[i] * back[i];
        power += n[i] * n[i];
        power_back += back[i] * back[i];
    }
    BOOST_TEST(product / std::sqrt(power * power_back) > 0.85);    // the mirrored border is not periodic
}

BOOST_AUTO_TEST_SUITE_END()
