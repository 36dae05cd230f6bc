// A training run's checkpoint.
#include "train/checkpoint.h"
#include "fuzz.h"
#include "micro_model.h"

using namespace nonna;

std::uint32_t fuzz_met = 0;
const std::uint32_t fuzz_all = 1;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const fuzz::Folder folder;
    static Model model = fuzz::micro_model();
    folder.file("step-000000020.safetensors", data, size);
    fuzz::reads(0, [&] {
        std::vector<std::uint64_t> positions(2);
        std::vector<float> squares(model.parameters.size());
        RunState state{0, positions, {{"optimiser.squares", squares}}};
        Checkpoints(folder.path, "a run", model_digest(model), "2").restore(model, state);
        fuzz::require(state.step >= 0, "a step below 0");
    });
    return 0;
}
