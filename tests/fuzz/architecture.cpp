// Architectures, as files that people write and as the text in models.
#include "model/architecture.h"
#include "fuzz.h"
#include "model/describe.h"
#include "model/model_file.h"
#include "train/recipe.h"

using namespace nonna;

std::uint32_t fuzz_met = 0;
const std::uint32_t fuzz_all = 3;

namespace
{

void look_at(const Architecture& architecture)
{
    const std::string text = architecture.to_json();
    fuzz::require(Architecture::from_json(text, "again").to_json() == text, "read again it is another");
    describe_architecture(architecture);
    parameter_count(architecture);
    parameter_layout(architecture);
}

}    // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const fuzz::Folder folder;
    const std::string path = folder.file("a.conf", data, size);
    fuzz::reads(0, [&] {
        const Architecture architecture = Architecture::read(path);
        look_at(architecture);
        const Recipe recipe = Recipe::of(architecture, path);
        fuzz::require(recipe.text().find('\n') == std::string::npos, "a recipe of several lines");
    });
    fuzz::reads(1, [&] {
        look_at(Architecture::from_json(std::string(reinterpret_cast<const char*>(data), size), "architecture"));
    });
    return 0;
}
