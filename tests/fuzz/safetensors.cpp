// safetensors files, and models in them.
#include "io/safetensors.h"
#include "fuzz.h"
#include "model/describe.h"
#include "model/model_file.h"
#include "train/recipe.h"

using namespace nonna;
using fuzz::reads;

std::uint32_t fuzz_met = 0;
const std::uint32_t fuzz_all = 7;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const fuzz::Folder folder;
    const std::string path = folder.file("m.safetensors", data, size);
    reads(0, [&] {
        const SafetensorsReader reader(path);
        for (const TensorInfo& tensor : reader.tensors()) {
            fuzz::require(tensor.end <= size, "a tensor beyond the file");
            std::vector<float> values(tensor.type == "F32" ? tensor.elements() : 0);
            if (tensor.type == "F32")
                reader.read(tensor.name, values);
        }
    });
    reads(1, [&] {
        const Model model = load_model(path);
        fuzz::require(model.parameters.size() == parameter_count(model.architecture), "another number of parameters");
        describe_architecture(model.architecture);
        for (std::size_t stage = 0; stage < model.architecture.stages.size(); ++stage)
            model.alpha(int(stage));
    });
    reads(2, [&] { Recipe::of_model(path); });
    return 0;
}
