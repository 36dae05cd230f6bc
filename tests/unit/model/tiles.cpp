// A network cut into tiles against the same network in one piece.
//
// What goes up is made by the same sums in the same order, so that responses are equal bit for bit. On the way down and
// in costs, sums of several tiles' parts are taken in another order: there, in double, 1e-12 of the largest is some
// thousand roundings (u = 1e-16), and in float 1e-5 a hundred (u = 6e-8).
#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "model/network.h"
#include "model/tile_parameters.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace nonna;

namespace
{

template <class Real> std::vector<Real> noise(std::size_t n, std::uint64_t index, double scale = 1)
{
    Random random(11, Purpose::tests, index);
    std::vector<Real> v(n);
    for (Real& x : v)
        x = Real(scale * random.normal());
    return v;
}

template <class Real> constexpr double bound = sizeof(Real) == 4 ? 1e-5 : 1e-12;

// Runs f(tile, place) for each tile on a thread of its own. The first failure is everybody's, and this call's.
void on_tiles(const Tiling& tiling, const std::function<void(int, const TilePlace&)>& f)
{
    TileThreads threads(tiling.tiles());
    std::vector<std::thread> running;
    std::mutex mutex;
    std::string failure;
    for (int t = 0; t < tiling.tiles(); ++t)
        running.emplace_back([&, t] {
            try {
                f(t, {tiling, &threads.exchange(t)});
            } catch (const std::exception& e) {
                const std::lock_guard lock(mutex);
                if (failure.empty())
                    failure = e.what();
                threads.give_up();
            }
        });
    for (std::thread& thread : running)
        thread.join();
    BOOST_REQUIRE_EQUAL(failure, "");
}

// Largest difference over the largest value of `a`.
template <class Real> double difference(std::span<const Real> a, std::span<const Real> b)
{
    double largest = 0, error = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(double(a[i])));
        error = std::max(error, std::abs(double(a[i]) - double(b[i])));
        if (std::isnan(double(a[i]) + double(b[i])))
            return std::numeric_limits<double>::infinity();
    }
    return largest > 0 ? error / largest : error;
}

// Norm of the difference over that of `a`.
double distance(const std::vector<float>& a, const std::vector<float>& b)
{
    double squares = 0, error = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        squares += double(a[i]) * a[i];
        error += (double(a[i]) - b[i]) * (double(a[i]) - b[i]);
    }
    return std::sqrt(error / squares);
}

// Of pictures (image, row, column, channel) the part of a tile.
template <class Real>
std::vector<Real> part_of(const std::vector<Real>& images, const Shape& shape, const Area& area, int count)
{
    std::vector<Real> part;
    for (int i = 0; i < count; ++i)
        for (int r = area.row; r < area.row + area.rows; ++r) {
            const auto row =
                images.begin() + std::ptrdiff_t(i * shape.size()) + std::ptrdiff_t(r) * shape.columns * shape.maps;
            part.insert(part.end(), row + area.column * shape.maps, row + (area.column + area.columns) * shape.maps);
        }
    return part;
}

// What a network has made: of a tile put where it belongs.
template <class Real> struct Made {
    std::vector<std::vector<Real>> responses;    // of every layer
    std::vector<Real> gradient, moved, input;
    std::vector<double> statistics;
    std::vector<StageCost> costs;
};

// A network, or all tiles of one, on the same pictures, parameters and schedule.
template <class Real> class Trial
{
  public:
    Trial(const Architecture& a, int batch, Schedule schedule, Precision precision = Precision::fp32)
        : a_(a), batch_(batch), schedule_(schedule), precision_(precision),
          parameters_(noise<Real>(parameter_count(a), 1, 0.2)),
          images_(noise<Real>(a.input().size() * (batch + more), 2))
    {
        for (std::size_t s = 0; s < a.stages.size(); ++s) {
            statistics_.push_back(0.7 + 0.1 * double(s));
            statistics_.push_back(1);
        }
    }

    // A batch of less than the network was made for, so that there is padding, after one that filled it.
    Made<Real> run(const Tiling& tiling, bool cut)
    {
        Made<Real> made;
        made.gradient.resize(parameters_.size());
        made.moved.resize(parameters_.size());
        for (const LayerId layer : all_layers(a_))
            made.responses.emplace_back(layer_shape(layer, a_).size() * std::size_t(batch_));
        std::mutex mutex;
        const auto tile = [&](int t, const TilePlace& place) {
            Pool pool(1);
            Network<Real> network(a_, batch_ + more, pool, precision_, place);
            const std::vector<TileRun> runs = tile_runs(a_, tiling, t);
            Aligned<Real> own(network.parameters());
            std::vector<Real> gradient(own.size());
            cut_tile<Real>(runs, parameters_, {own.data(), own.size()});
            std::optional<SplitParameters> split;
            Parameters<Real> parameters{std::span<Real>(own)};
            const Architecture tile_of = cut ? tile_architecture(a_, tiling, t) : a_;
            if constexpr (std::is_same_v<Real, float>)
                if (precision_ == Precision::bf16) {
                    split.emplace(tile_of, std::move(own), pool);
                    parameters = split->view();
                }
            const auto images = part_of(images_, a_.input(), own_area(tiling, t, a_.input()), batch_ + more);
            network.load(images, batch_ + more);
            network.up(parameters);
            std::vector<double> statistics = statistics_;
            network.load(images, batch_);
            network.up(parameters);
            const std::vector<StageCost> costs = network.gradient(parameters, statistics, 0.9, schedule_, 1, gradient);
            std::vector<double> again = statistics_;
            std::vector<Real> state(2 * parameters.size());
            network.load(images, batch_);
            network.up(parameters);
            network.step(parameters, again, 0.9, schedule_, 1,
                         std::vector<Update<Real>>(std::size_t(network.stages()), {Rule::turn, Real(0.01), Real(0.9),
                                                                                   state.data(), parameters.size()}));
            const std::lock_guard one_at_a_time(mutex);
            put_tile<Real>(runs, gradient, made.gradient);
            if constexpr (std::is_same_v<Real, float>)
                if (split)
                    own = std::move(*split).join(tile_of, pool);
            put_tile<Real>(runs, {own.data(), own.size()}, made.moved);
            if (t == 0) {
                made.costs = costs;
                made.statistics = statistics;
                BOOST_TEST((again == statistics));
            } else {
                BOOST_TEST((made.statistics.empty() || made.statistics == statistics));
            }
            std::size_t l = 0;
            for (const LayerId layer : all_layers(a_))
                put_responses(network, layer, tiling, t, made.responses[l++]);
        };
        if (cut)
            on_tiles(tiling, tile);
        else
            tile(0, {});
        return made;
    }

  private:
    static constexpr int more = 2;
    const Architecture a_;
    int batch_;
    Schedule schedule_;
    Precision precision_;
    std::vector<Real> parameters_, images_;
    std::vector<double> statistics_;

    void put_responses(const Network<Real>& network, LayerId layer, const Tiling& tiling, int t,
                       std::vector<Real>& into)
    {
        const Shape shape = layer_shape(layer, a_);
        const Area area = own_area(tiling, t, shape);
        BOOST_REQUIRE((network.stage(layer.stage).shape(int(layer.sublayer)) == shape_of(area, shape.maps)));
        std::vector<Real> own(shape_of(area, shape.maps).size() * std::size_t(batch_));
        network.copy_activation(layer, own);
        const std::size_t run = std::size_t(area.columns) * shape.maps;
        for (int i = 0; i < batch_; ++i)
            for (int r = 0; r < area.rows; ++r)
                std::copy_n(own.begin() + std::ptrdiff_t((std::size_t(i) * area.rows + r) * run), run,
                            into.begin() +
                                std::ptrdiff_t(i * shape.size() +
                                               (std::size_t(area.row + r) * shape.columns + area.column) * shape.maps));
    }
};

template <class Real>
void require_same(const Architecture& a, const std::vector<Tiling>& tilings, int batch, Schedule schedule,
                  const std::string& what)
{
    Trial<Real> trial(a, batch, schedule);
    const Made<Real> whole = trial.run({}, false);
    for (const Tiling& tiling : tilings) {
        const Made<Real> tiles = trial.run(tiling, true);
        const std::string at = what + ", " + name_of(schedule) + ", " + tiling.text() + ": ";
        std::size_t l = 0;
        for (const LayerId layer : all_layers(a)) {
            BOOST_TEST((whole.responses[l] == tiles.responses[l]), at << layer_name(layer));
            ++l;
        }
        for (std::size_t s = 0; s < a.stages.size(); ++s) {
            const StageCost &x = whole.costs[s], &y = tiles.costs[s];
            BOOST_TEST(std::abs(x.reconstruction - y.reconstruction) <= bound<Real> * x.reconstruction, at << "error");
            BOOST_TEST(std::abs(x.sparsity - y.sparsity) <= bound<Real> * x.sparsity, at << "sparsity");
            BOOST_TEST(std::abs(x.input - y.input) <= bound<Real> * x.input, at << "input");
            BOOST_TEST(std::abs(x.total - y.total) <= bound<Real> * x.total, at << "cost");
        }
        const double statistics = difference<double>(whole.statistics, tiles.statistics);
        BOOST_TEST(statistics < bound<Real>, at << "statistics " << statistics);
        for (const ParameterTensor& t : parameter_layout(a)) {
            const auto of = [&](const std::vector<Real>& all) {
                return std::span<const Real>(all).subspan(t.segment.offset, t.segment.size());
            };
            const double gradient = difference(of(whole.gradient), of(tiles.gradient)),
                         moved = difference(of(whole.moved), of(tiles.moved));
            BOOST_TEST(gradient < bound<Real>, at << "gradient of " << t.name << " " << gradient);
            BOOST_TEST(moved < bound<Real>, at << t.name << " after a step " << moved);
        }
    }
}

const std::vector<Tiling> all_tilings = {{1, 1}, {1, 2}, {2, 2}, {3, 2}, {3, 3}, {5, 4}};

// Two stages, of kinds and sizes such that every reach is wider than the smallest tiles.
Architecture small(bool tied, Border border, int norm, int stride)
{
    Architecture a;
    a.name = "small";
    a.side = border == Border::valid ? 26 : stride == 2 ? 28 : 22;    // at 28 a stride of 2 leaves a border unseen
    a.channels = 3;
    a.whitening = 0;
    StageArchitecture one, two;
    one.field = 5;
    one.maps = 4;
    one.pool = 3;
    one.stride = stride;
    one.norm = norm;
    one.border = border;
    one.tied = tied;
    one.lambda = 0.3;
    two = one;
    two.field = stride == 2 ? 3 : 4;
    two.maps = 3;
    two.pool = 2;
    two.norm = norm > 0 ? 3 : 0;
    two.stride = 1;
    a.stages = {one, two};
    a.complete("small");
    return a;
}

Architecture with_autoencoders(bool tied, int which)
{
    Architecture a = small(tied, Border::same, 3, 1);
    for (int s = 0; s < 2; ++s)
        if (which != 1 - s) {
            StageArchitecture& stage = a.stages[std::size_t(s)];
            stage.kind = StageKind::autoencoder;
            stage.pool = 1;
            stage.norm = 0;
            stage.unit_norm = false;
        }
    a.complete("small");
    return a;
}

Architecture installed(const char* name)
{
    return Architecture::read(std::string(NONNA_SOURCE_DIR) + "/share/nonna/architectures/" + name + ".conf");
}

}    // namespace

BOOST_AUTO_TEST_SUITE(tiles)

BOOST_AUTO_TEST_CASE(own_parts_cover_every_grid_once)
{
    for (const int n : {4, 5, 13, 48})
        for (const Tiling& tiling : {Tiling{1, 1}, Tiling{2, 3}, Tiling{4, 4}, Tiling{3, 1}}) {
            std::vector<int> owners(std::size_t(n * n));
            for (int t = 0; t < tiling.tiles(); ++t) {
                const Area a = own_area(tiling, t, {n, n, 1});
                BOOST_TEST(!is_empty(a));
                BOOST_TEST(std::abs(a.rows * tiling.rows - n) < tiling.rows + 1);
                for (int r = a.row; r < a.row + a.rows; ++r)
                    for (int c = a.column; c < a.column + a.columns; ++c)
                        ++owners[std::size_t(r * n + c)];
            }
            BOOST_TEST(std::count(owners.begin(), owners.end(), 1) == n * n);
        }
}

BOOST_AUTO_TEST_CASE(a_tiling_is_read_strictly_and_refused_by_name)
{
    BOOST_TEST((Tiling::parse("3x2", "--tiles") == Tiling{3, 2}));
    for (const char* text : {"", "3", "x2", "3x", "0x1", "1x-1", "2x2x2", "2x2 ", "1001x1", "99999999999x1"})
        BOOST_CHECK_THROW(Tiling::parse(text, "--tiles"), Error);
    const TileName name = TileName::parse("1,2/2x3", "--tile");
    BOOST_TEST((name.tiling == Tiling{2, 3}));
    BOOST_TEST(name.tile == 5);
    for (const char* text :
         {"", "1,2", "1/2x3", "2,0/2x3", "0,3/2x3", "-1,0/2x3", "0,0/2", "0,0,0/2x3", "0, 0/2x3", "/2x3"})
        BOOST_CHECK_THROW(TileName::parse(text, "--tile"), Error);
    const Architecture tiny = installed("tiny");    // its top is 6 x 6
    require_tiles(tiny, most_tiles(tiny), "--tiles");
    BOOST_CHECK_EXCEPTION(require_tiles(tiny, {7, 1}, "--tiles"), Error, [&](const Error& e) {
        return e.reason().find("stage 2 of tiny") != std::string::npos &&
               e.reason().find("at most " + most_tiles(tiny).text()) != std::string::npos &&
               e.status() == ExitStatus::usage;
    });
}

BOOST_AUTO_TEST_CASE(parameters_are_cut_and_put_back)
{
    for (const Architecture& a : {installed("tiny"), with_autoencoders(false, 2)})
        for (const Tiling& tiling : all_tilings) {
            const std::vector<double> all = noise<double>(parameter_count(a), 5);
            std::vector<double> back(all.size(), -1);
            std::size_t sum = 0;
            for (int t = 0; t < tiling.tiles(); ++t) {
                const std::vector<TileRun> runs = tile_runs(a, tiling, t);
                std::vector<double> own(parameter_count(tile_architecture(a, tiling, t)));
                cut_tile<double>(runs, all, own);
                put_tile<double>(runs, own, back);
                sum += own.size();
            }
            BOOST_TEST(sum == all.size());
            BOOST_TEST((back == all));
        }
}

// Parts narrower than a vector, and at borders, where whitening mirrors the picture, not the part.
BOOST_AUTO_TEST_CASE(a_picture_is_preprocessed_in_parts)
{
    for (const int width : {0, 5, 11})
        for (const int channels : {1, 3}) {
            Preprocessing p;
            p.side = 37;
            p.channels = channels;
            p.width = width;
            p.filters = noise<float>(std::size_t(channels) * width * width * channels, 3);
            p.factor = 1.7;
            const Shape shape = {p.side, p.side, channels};
            std::vector<std::uint8_t> rgb;
            for (const float v : noise<float>(shape.size(), 4, 60))
                rgb.push_back(std::uint8_t(std::clamp(128 + v, 0.0F, 255.0F)));
            std::vector<float> whole(shape.size());
            p.apply(rgb, whole);
            for (const Tiling& tiling : {Tiling{1, 1}, Tiling{2, 1}, Tiling{5, 4}, Tiling{1, 37}})
                for (int t = 0; t < tiling.tiles(); ++t) {
                    const Area area = own_area(tiling, t, shape);
                    std::vector<float> part(shape_of(area, channels).size());
                    p.apply(rgb, area, part);
                    BOOST_TEST((part == part_of(whole, shape, area, 1)),
                               width << " " << channels << " " << tiling.text() << " tile " << t);
                }
        }
}

BOOST_AUTO_TEST_CASE(local_stages)
{
    for (const bool tied : {true, false})
        for (const int norm : {5, 0})
            for (const auto& [border, stride] :
                 {std::pair{Border::same, 1}, std::pair{Border::valid, 1}, std::pair{Border::same, 2}}) {
                if (norm == 0 && border == Border::valid)
                    continue;
                const Architecture a = small(tied, border, norm, stride);
                for (const Schedule schedule : {Schedule::joint, Schedule::stagewise})
                    require_same<double>(a, all_tilings, 3, schedule,
                                         std::string(tied ? "tied" : "untied") + ", border " + name_of(border) +
                                             ", norm " + std::to_string(norm) + ", stride " + std::to_string(stride));
            }
}

BOOST_AUTO_TEST_CASE(one_stage_learns_alone)
{
    require_same<double>(small(true, Border::same, 5, 1), {{2, 2}, {3, 2}}, 2, Schedule::greedy, "greedy");
}

BOOST_AUTO_TEST_CASE(autoencoders)
{
    for (const bool tied : {true, false})
        for (const int which : {0, 1, 2})
            for (const Schedule schedule : {Schedule::joint, Schedule::stagewise})
                require_same<double>(with_autoencoders(tied, which), all_tilings, 3, schedule,
                                     std::string(tied ? "tied" : "untied") + " autoencoder " + std::to_string(which));
}

BOOST_AUTO_TEST_CASE(installed_architectures_in_float)
{
    for (const Schedule schedule : {Schedule::joint, Schedule::stagewise})
        require_same<float>(installed("tiny"), all_tilings, 18, schedule, "tiny");
}

// Large enough that messages and windows are as in a real network; two tilings of it, as it is 33 million weights.
BOOST_AUTO_TEST_CASE(the_study_in_float)
{
    require_same<float>(installed("study"), {{2, 2}, {5, 4}}, 2, Schedule::joint, "study");
}

// Products of bf16 numbers are added two by two, and a tile's pairs are others; where two sums differ by their last bit
// the next product's factor may round otherwise, by 2^-9 of it. Over a tensor these average out.
BOOST_AUTO_TEST_CASE(installed_architectures_in_bf16)
{
    const Architecture a = installed("tiny");
    for (const Schedule schedule : {Schedule::joint, Schedule::stagewise}) {
        Trial<float> trial(a, 18, schedule, Precision::bf16);
        const Made<float> whole = trial.run({}, false);
        for (const Tiling& tiling : all_tilings) {
            const Made<float> tiles = trial.run(tiling, true);
            for (std::size_t l = 0; l < whole.responses.size(); ++l)
                BOOST_TEST(distance(whole.responses[l], tiles.responses[l]) < 2e-3, tiling.text() << " layer " << l);
            for (std::size_t s = 0; s < a.stages.size(); ++s)
                BOOST_TEST(std::abs(whole.costs[s].total / tiles.costs[s].total - 1) < 2e-3, tiling.text());
            for (const ParameterTensor& t : parameter_layout(a)) {
                const auto of = [&](const std::vector<float>& all) {
                    const auto first = all.begin() + std::ptrdiff_t(t.segment.offset);
                    return std::vector<float>(first, first + std::ptrdiff_t(t.segment.size()));
                };
                const double gradient = distance(of(whole.gradient), of(tiles.gradient));
                BOOST_TEST(gradient < 2e-3, tiling.text() << ", gradient of " << t.name << " " << gradient);
                BOOST_TEST(distance(of(whole.moved), of(tiles.moved)) < 2e-3, tiling.text() << ", " << t.name);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(as_small_as_tiles_get)
{
    const Architecture a = installed("tiny");
    require_same<float>(a, {most_tiles(a)}, 2, Schedule::joint, "tiny");
}

BOOST_AUTO_TEST_CASE(sums_are_the_same_bits_everywhere)
{
    std::vector<double> got(6);
    on_tiles({2, 3}, [&](int t, const TilePlace& place) {
        std::vector<double> numbers = {1.0 / (3 + t), double(t)};
        place.exchange->sum(numbers);
        got[std::size_t(t)] = numbers[0];
        if (numbers[1] != 15)
            throw Error("sum", "is wrong");
    });
    for (const double sum : got)
        BOOST_TEST(sum == got[0]);
}

BOOST_AUTO_TEST_CASE(a_tile_that_fails_takes_the_others_with_it)
{
    TileThreads threads(2);
    std::thread other([&] { threads.give_up(); });
    std::vector<std::byte> bytes(8);
    BOOST_CHECK_EXCEPTION(threads.exchange(0).receive(1, 1, bytes), Error,
                          [](const Error& e) { return e.status() == ExitStatus::peer_lost; });
    other.join();
}

BOOST_AUTO_TEST_SUITE_END()
