// What the figures were made from: the models, the tables' digests, the programs.
#include "report/results_folder.h"

#include "base/error.h"
#include "io/digest.h"
#include "io/safetensors.h"
#include "model/describe.h"
#include "report/gnuplot.h"

#include <algorithm>

namespace nonna
{

namespace
{

using Facts = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t longest = 400;    // of a fact; what is longer is for programs

// The header alone is read: a big model costs no more than a small one.
Facts facts_of(const std::filesystem::path& path)
{
    const SafetensorsReader file(path);
    Facts facts;
    if (file.metadata().contains("architecture")) {
        const Architecture architecture = Architecture::from_json(file.metadata().at("architecture"), path);
        facts = describe_architecture(architecture).facts;
    } else {
        std::uint64_t numbers = 0;
        for (const TensorInfo& tensor : file.tensors())
            numbers += tensor.elements();
        facts.emplace_back("tensors", std::to_string(file.tensors().size()));
        facts.emplace_back("numbers", std::to_string(numbers));
    }
    for (const auto& [key, value] : file.metadata())
        if (key != "architecture" && key != "preprocessing" && value.size() <= longest)
            facts.emplace_back(key, value);
    return facts;
}

std::string model_line(const Facts& facts, const std::string& name)
{
    std::string line = name;
    for (const auto& [key, value] : facts)
        if (key == "architecture")
            line += ": " + value;
        else if (key == "step" || key == "seed")
            line += ", " + key + " " + value;
    return line;
}

std::vector<std::string> files_of(const std::filesystem::path& folder, const std::string& ending)
{
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename();
        if (name.ends_with(ending) && !name.starts_with(".") && entry.is_regular_file())
            names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

}    // namespace

void add_provenance(Page& page, const std::filesystem::path& top, const std::vector<std::string>& folders,
                    const std::string& made_by)
{
    page.heading(2, "Provenance");
    page.paragraph("What the figures above come from. Digests are SHA-256; equal digests mean equal bytes.");
    Facts digests;
    for (const std::string& folder : folders) {
        const std::string prefix = folder.empty() ? "" : folder + "/";
        for (const std::string& name : files_of(top / folder, ".safetensors")) {
            const Facts facts = facts_of(top / folder / name);
            page.facts(model_line(facts, prefix + name), facts);
        }
        for (const std::string& name : files_of(top / folder, ".tsv"))
            digests.emplace_back(prefix + name, sha256_file(top / folder / name));
    }
    if (!digests.empty())
        page.facts("Tables: " + std::to_string(digests.size()) + (digests.size() == 1 ? " file" : " files"), digests);
    Facts programs{{"page", made_by}};
    if (page.has_drawings())
        programs.emplace_back("plots", gnuplot::version());
    page.facts("Programs", programs);
}

}    // namespace nonna
