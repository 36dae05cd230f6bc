#include "train/plan.h"

#include "base/available_memory.h"
#include "kernels/aligned.h"
#include "model/network.h"

namespace nonna
{

MemoryPlan plan_memory(const Architecture& architecture, const TrainOptions& options, Pool& pool)
{
    MemoryPlan plan;
    plan.program = resident_memory();
    plan.weights = parameter_count(architecture) * sizeof(float);
    plan.optimiser = parse_rule(options.optimizer) == Rule::sgd ? 0 : plan.weights;
    const std::size_t before = memory::reserved();
    Network<float> network(architecture, int(options.batch), pool, parse_precision(options.precision));
    network.reserve_gradients();
    plan.activations = memory::reserved() - before;
    plan.input = Batches::bytes(int(options.batch), architecture.side, architecture.channels);
    return plan;
}

std::string plan_table(const MemoryPlan& plan)
{
    std::string text = "part\tbytes\twhat\n";
    auto row = [&](const char* part, std::uint64_t bytes, const char* what) {
        text += std::string(part) + "\t" + std::to_string(bytes) + "\t" + what + "\n";
    };
    row("weights", plan.weights, "encoders and decoders");
    row("optimiser", plan.optimiser, "the update rule's state");
    row("activations", plan.activations, "of all stages for one batch, gradients and scratch with them");
    row("input", plan.input, "batches read ahead");
    row("program", plan.program, "code and libraries");
    row("total", plan.total(), "");
    row("available", available_memory() + plan.program, "to this process");
    return text;
}

void require(const MemoryPlan& plan, const std::string& subject)
{
    require_memory(subject, plan.total() - plan.program,
                   gigabytes(plan.weights) + " of weights, " + gigabytes(plan.optimiser) + " of the optimiser's and " +
                       gigabytes(plan.activations + plan.input) + " of activations and pictures");
}

}    // namespace nonna
