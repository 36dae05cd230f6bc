// Optimal stimuli of 100 neurons of a layer: seconds, and how much the cut to what a neuron sees saves.
//
//     bench_stimulus [MODEL [NEURONS]]        (random weights of tests/study/small.conf; 100)
//
// Per layer: seconds for all neurons as nonna-stimulus optimal does it (grouped cones); then, on a sample of neurons in
// the middle and at the border, seconds a neuron three ways: its climbs through the whole network (how one neuron was
// looked at before there were cones), through its own cone, and its share of the whole run. The ratios are to the
// first. Bound: a cone is at best as much faster as it has fewer multiply-adds (last column: whole / cone, of the
// sample).
#include "analysis/stimulus.h"
#include "analysis/neuron_choice.h"
#include "analysis/visible_values.h"
#include "base/parallel.h"
#include "model/cone.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

using namespace nonna;

namespace
{

template <class F> double seconds(F f)
{
    const auto start = std::chrono::steady_clock::now();
    f();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Model sample_model(Pool& pool)
{
    const Architecture a = Architecture::read(NONNA_SOURCE_DIR "/tests/study/small.conf");
    Preprocessing p;
    p.side = a.side;
    p.channels = a.channels;
    return random_model(a, p, 1, pool);
}

}    // namespace

int main(int argc, char** argv)
{
    Pool pool(0);
    const Model model = argc > 1 ? load_model(argv[1]) : sample_model(pool);
    const std::size_t count = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 100;
    const Architecture& a = model.architecture;
    AscentOptions options;
    double whole_work = 0;
    std::printf(
        "%d threads; seconds for %zu neurons; a neuron: whole network, own cone, in groups (ratios to the whole)\n",
        pool.threads(), count);
    for (const LayerId layer : {top_layer(a), LayerId{1, Sublayer::norm}, LayerId{1, Sublayer::filter},
                                LayerId{0, Sublayer::norm}, LayerId{0, Sublayer::filter}}) {
        const auto norms_of = [&](const std::vector<NeuronId>& neurons) {
            std::vector<double> norms;
            for (const NeuronId& n : neurons)
                norms.push_back(expected_norm(a, n));
            return norms;
        };
        const std::vector<NeuronId> neurons = spread_neurons(layer, count, a);
        const double all = seconds([&] { optimal_stimuli(model, neurons, norms_of(neurons), options, pool); });

        const std::vector<NeuronId> sample = spread_neurons(layer, 4, a);
        double whole = 0, own = 0, work = 0;
        whole_work = 0;
        for (int s = 0; s <= layer.stage; ++s)
            whole_work += double(a.stages[s].encoder_weights());
        for (const NeuronId& n : sample) {
            const double norm = expected_norm(a, n);
            options.whole = true;
            whole += seconds([&] {
                         optimal_stimuli(model, {&n, 1}, {&norm, 1}, options, pool);
                     }) /
                     double(sample.size());
            options.whole = false;
            own += seconds([&] { optimal_stimuli(model, {&n, 1}, {&norm, 1}, options, pool); }) / double(sample.size());
            work += cone_work(a, layer, {n.row, n.column, 1, 1}) / double(sample.size());
        }
        const double share = all / double(neurons.size());
        std::printf("%-9s %7.2f s   %8.4f %8.4f %8.4f   1 : %.2f : %.2f   bound of the cone 1 : %.2f\n",
                    layer_name(layer).c_str(), all, whole, own, share, whole / own, whole / share, whole_work / work);
        std::fflush(stdout);
    }
    return 0;
}
