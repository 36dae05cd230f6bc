#include "train/plan.h"

#include "base/available_memory.h"
#include "base/error.h"
#include "kernels/aligned.h"
#include "model/network.h"
#include "model/tiling.h"

#include <algorithm>

namespace nonna
{

MemoryPlan plan_memory(const Architecture& architecture, const TrainOptions& options, Pool& pool,
                       const TilePlace& place)
{
    const std::size_t rates = options.rates.size(), stages = architecture.stages.size();
    if (rates != 1 && rates != stages && !options.served.on())
        throw Error("--rate",
                    std::to_string(rates) + " rates for " + std::to_string(stages) +
                        " stages: give one for all, or one a stage",
                    ExitStatus::usage);
    MemoryPlan plan;
    // Decoding, writing and the threads' heaps add 30 to 45 MB to what is there now, measured with one input thread.
    plan.program = resident_memory() + (std::uint64_t(56) << 20) + (std::uint64_t(8) << 20) * input_threads(pool);
    const Architecture own =
        place.exchange ? tile_architecture(architecture, place.tiling, place.tile()) : architecture;
    plan.weights = parameter_count(own) * sizeof(float);
    const ServedOptions& served = options.served;
    if (served.on())    // as descend_on_servers makes them
        plan.gradients = plan.weights * (2 + (served.push_every > 1) +
                                         (served.fetch_every > 1 || options.precision == Precision::bf16));
    else
        plan.optimiser = plan.weights * row_of(options.optimizer).kept();
    const std::size_t before = memory::reserved();
    Network<float> network(architecture, options.batch, pool, options.precision, place);
    network.reserve_gradients(phase_at(options.schedule, options.steps, options.steps).schedule);
    plan.activations = memory::reserved() - before;
    plan.input = Batches::bytes(options.batch, own.stages.front().input.size());
    return plan;
}

static std::vector<MemoryPlan> plan_tiles(const Architecture& architecture, const TrainOptions& options, Pool& pool,
                                          const Tiling& tiling)
{
    TileThreads places(tiling.tiles());    // nobody sends anything
    std::vector<MemoryPlan> all;
    for (int t = 0; t < tiling.tiles(); ++t)
        all.push_back(plan_memory(architecture, options, pool, {tiling, &places.exchange(t)}));
    return all;
}

MemoryPlan plan_all_tiles(const Architecture& architecture, const TrainOptions& options, Pool& pool,
                          const Tiling& tiling)
{
    MemoryPlan sum;
    for (const MemoryPlan& tile : plan_tiles(architecture, options, pool, tiling)) {
        sum.weights += tile.weights;
        sum.optimiser += tile.optimiser;
        sum.gradients += tile.gradients;
        sum.activations += tile.activations;
        sum.input += tile.input;
        sum.program += tile.program;
    }
    return sum;
}

MemoryPlan plan_largest_tile(const Architecture& architecture, const TrainOptions& options, Pool& pool,
                             const Tiling& tiling)
{
    const std::vector<MemoryPlan> all = plan_tiles(architecture, options, pool, tiling);
    return *std::max_element(all.begin(), all.end(),
                             [](const MemoryPlan& a, const MemoryPlan& b) { return a.total() < b.total(); });
}

std::string plan_table(const MemoryPlan& plan)
{
    std::string text = "part\tbytes\twhat\n";
    auto row = [&](const char* part, std::uint64_t bytes, const char* what) {
        text += std::string(part) + "\t" + std::to_string(bytes) + "\t" + what + "\n";
    };
    row("weights", plan.weights, "encoders and decoders");
    row("optimiser", plan.optimiser, "the update rule's state");
    if (plan.gradients > 0)
        row("gradients", plan.gradients, "on their way to servers, and values from them");
    row("activations", plan.activations, "of all stages for one batch, gradients and scratch with them");
    row("input", plan.input, "batches read ahead");
    row("program", plan.program, "code, libraries, decoding");
    row("total", plan.total(), "");
    row("available", available_memory() + resident_memory(), "to this process");
    return text;
}

void require(const MemoryPlan& plan, const std::string& subject)
{
    require_memory(subject, plan.total() - resident_memory(),
                   gigabytes(plan.weights) + " of weights, " +
                       (plan.gradients > 0 ? gigabytes(plan.gradients) + " of gradients and "
                                           : gigabytes(plan.optimiser) + " of the optimiser's and ") +
                       gigabytes(plan.activations + plan.input) + " of activations and pictures");
}

}    // namespace nonna
