// nonna-init: a model with random weights and fitted preprocessing.
#include "base/log.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/shown_text.h"
#include "cli/run_tool.h"
#include "images/picture_set.h"
#include "model/describe.h"
#include "train/recipe.h"
#include "train/trainer.h"

namespace
{

// Pictures that the decoder's scale is fitted on: the first of the set, or unit normal noise where there is none.
constexpr std::size_t scale_pictures = 480;

// The architecture and how it is best trained. What is wrong only with the changes is wrong usage, wherever it is seen.
std::pair<nonna::Architecture, std::string> described(const std::string& name, const std::vector<std::string>& changes)
try {
    nonna::Architecture architecture = nonna::Architecture::read(name, changes);
    std::string recipe = nonna::Recipe::of(architecture, changes.empty() ? name : name + ", changed by --set").text();
    return {std::move(architecture), std::move(recipe)};
} catch (const nonna::Error& e) {
    if (changes.empty())
        throw;
    nonna::Recipe::of(nonna::Architecture::read(name), name);
    throw nonna::Error(e.subject(), e.reason(), nonna::ExitStatus::usage);
}

}    // namespace

int main(int argc, char** argv)
{
    std::string architecture_name, output, whiten_from;
    std::vector<std::string> changes;
    bool list = false;
    nonna::WhiteningOptions whitening;
    int threads = 0;
    nonna::Start start = nonna::Start::alike;
    nonna::DecodeSize decode = nonna::DecodeSize::reduced;
    nonna::Command command("nonna-init", "make a model with random weights and fitted preprocessing");
    command.positional("ARCH", architecture_name, "architecture: an installed one by name (`study`), or a .conf file")
        .required_unless(list)
        .architecture();
    command.option("-o,--output", output, "MODEL", "the model file (safetensors)").required_unless(list);
    command.option("--set", changes, "KEY=VALUE", "another value than the architecture's, as in `stage1.lambda=0.3`");
    command.flag("--list", list, "show the installed architectures, and make nothing");
    command.option("--seed", whitening.seed, "S", "seed of weights and whitening patches");
    command.choice("--start", start, "positions begin with the same filters, or each with its own");
    command.option("--whiten-from", whiten_from, "DATA.tar",
                   "fit the whitening to these pictures; without it the input is only normalised");
    command.option("--patches", whitening.patches, "N", "patches that the whitening is fitted to", 1000, 100000000);
    command.choice("--decode", decode, "large JPEGs: as far as the input needs, or whole");
    command.threads(threads);
    return nonna::run_tool(argc, argv, command, [&] {
        using namespace nonna;
        if (list) {
            for (const char* option :
                 {"--output", "--set", "--seed", "--start", "--whiten-from", "--patches", "--decode", "--jobs"})
                if (command.given(option))
                    usage_error("--list", std::string("makes nothing: it excludes ") + option);
            if (!architecture_name.empty())
                usage_error("--list", "shows every architecture: it goes without " + architecture_name);
            print(list_architectures());
            return ExitStatus::done;
        }
        keep_apart({output}, {architecture_name, whiten_from});
        const auto [architecture, recipe] = described(architecture_name, changes);
        Pool pool(threads);

        // What pictures look like to the network comes first: weights are fitted to its output below.

        Preprocessing preprocessing;
        preprocessing.side = architecture.side;
        preprocessing.channels = architecture.channels;
        preprocessing.decode = decode;
        PictureSet pictures;
        if (!whiten_from.empty()) {
            pictures = read_pictures(whiten_from, preprocessing.form(), pool);
            preprocessing = fit_preprocessing(architecture, pictures.pixels, whitening, pool);
            preprocessing.decode = decode;
        }
        Model model = random_model(architecture, preprocessing, whitening.seed, pool, start);

        // A random decoder's scale would make the first costs, and steps, any size. A few hundred pictures tell the
        // least-squares one; without pictures whitened ones are imitated by noise, which has their unit variance.
        const std::size_t size = architecture.input().size();
        const std::size_t count = whiten_from.empty() ? 48 : std::min(scale_pictures, pictures.count());
        std::vector<float> images(count * size);
        if (!whiten_from.empty())
            preprocess_pictures(pictures, preprocessing, 0, count, images, pool);
        else
            for (std::size_t i = 0; i < count; ++i) {
                Random random(whitening.seed, Purpose::scale_noise, i);
                for (std::size_t k = 0; k < size; ++k)
                    images[i * size + k] = float(random.normal());
            }
        fit_scale(model, images, count, pool);

        model.provenance["tool"] = "nonna " + version();
        model.provenance["seed"] = std::to_string(whitening.seed);
        model.provenance["step"] = "0";
        if (!recipe.empty())
            model.provenance["training"] = recipe;
        if (!whiten_from.empty()) {
            model.provenance["whitening_data"] = pictures.digest;
            model.provenance["whitening_patches"] = std::to_string(whitening.patches);
        }
        save_model(output, model);
        return ExitStatus::done;
    });
}
