// nonna-train: trains a model on image sets, in this process's memory or on parameter servers.
#include "../server_options.h"
#include "base/parallel.h"
#include "base/shown_text.h"
#include "train/plan.h"
#include "train/recipe.h"
#include "train_run.h"

using namespace nonna;

// Memory is planned from the architecture alone: a run that does not fit says so before weights and sets are read.
ExitStatus TrainRun::run(const Command& command)
{
    check(command);
    const Recipe recipe = plan ? Recipe::of_any(input) : Recipe::of_model(input);
    recipe.fill(
        options, [&](const char* option) { return command.given(option); }, rate);
    check_rule(command, options.optimizer);
    Pool pool(threads);
    const Architecture architecture = plan ? Architecture::of_any(input) : Architecture::of_model(input);
    const MemoryPlan memory = plan_memory(architecture, options, pool);
    print(plan ? plan_table(memory) : "");
    require(memory, input);
    if (plan)
        return ExitStatus::done;
    const PictureForm form = load_model_head(input).preprocessing.form();
    const auto sources = open_sources(data, form, options.served.replica);
    const auto validation_sets = open_all(validation, form);
    Model model = load_model(input);
    train(model, sources, validation_sets, options, pool);
    model.provenance["tool"] = "nonna " + version();
    if (!output.empty())
        save_model(output, model, {}, {}, store);
    return ExitStatus::done;
}

int main(int argc, char** argv)
{
    TrainRun train;
    Command command("nonna-train", "train a model on image sets");
    train.declare(command);
    return run_tool(argc, argv, command, [&] { return train.run(command); });
}
