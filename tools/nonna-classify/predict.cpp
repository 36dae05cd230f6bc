// nonna-classify predict: what is on these pictures?
#include "recognition/predict.h"
#include "base/parallel.h"
#include "jobs.h"

using namespace nonna;

namespace
{

struct PredictJob {
    std::string model, head, output = "-";
    std::vector<std::string> pictures;
    std::size_t top = 5;
    int threads = 0;

    ExitStatus run() const
    {
        std::vector<std::string> inputs = pictures;
        inputs.insert(inputs.end(), {model, head});
        keep_apart({output}, inputs);
        Pool pool(threads);
        const Model m = load_model(model);
        const LogisticHead fitted = load_head(head);
        nonna::predict(fitted, m, model, layers_of_head(fitted, head, m, model), pictures, top, output, pool);
        return ExitStatus::done;
    }
};

}    // namespace

void add_predict(Command& program)
{
    static PredictJob o;
    Command& job = program.subcommand("predict", "name what pictures show", [] { return o.run(); });
    job.positional("MODEL", o.model, "the model that the head was fitted to");
    job.positional("HEAD", o.head, "what `fit` wrote");
    job.positional("PICTURES", o.pictures, "picture files and image sets; `-` is standard input", 1);
    job.option("-o,--output", o.output, "T.tsv", "table of answers");
    job.option("--top", o.top, "K", "the likeliest classes of each picture", 1, 1'000'000);
    job.threads(o.threads);
}
