// nonna-stimulus optimal: the strongest input of a given norm, for one neuron or many.
#include "analysis/stimulus.h"
#include "analysis/visible_values.h"
#include "base/log.h"
#include "base/parallel.h"
#include "jobs.h"
#include "report/picture_file.h"
#include "report/stimulus_files.h"
#include "report/stimulus_picture.h"
#include "watch.h"

using namespace nonna;

namespace
{

struct OptimalJob {
    NeuronChoice choice;
    AscentOptions ascent;
    StimulusFiles files;
    std::string model, data, start;
    std::vector<std::string> prior;
    std::optional<double> norm;
    std::size_t sample = 2000;
    int threads = 0;
    ExitStatus run();
};

ExitStatus OptimalJob::run()
{
    keep_apart({files.output, files.tsv, files.steps, files.npy, files.whitened}, {model, data, choice.table, start});
    check_picture_name(files.output);
    check_picture_name(files.whitened);
    somewhere(files.output, files.each);
    ascent.prior = parse_prior(prior);
    const bool from_average = start == "average";
    if (from_average && data.empty())
        usage_error("--start-from", "average needs --data, whose pictures it is the average of");
    const Model m = load_model(model);
    const Architecture& a = m.architecture;
    const std::vector<NeuronId> asked = choose_neurons(choice, m);
    Pool pool(threads);
    if (!files.output.empty() || !files.whitened.empty())
        require_stimuli_picture(asked.size());
    Extremes seen(asked.size(), 48, 1);    // enough pictures to tell a stimulus from its negative
    MedianNorms median(a, asked);
    ResponseAverages averages(from_average ? asked.size() : 0, from_average ? a.input().size() : 0);
    const Watch look = [&](const Look& l) {
        take(seen, l);
        if (!norm)
            median.take(l.preprocessed, pool);
        if (from_average)
            averages.take(l.bytes(), l.responses, pool);
    };
    // An average is of all pictures. A norm is a median, and the sign that of the strongest: some thousands tell both.
    const PictureSample some{from_average ? 0 : sample, ascent.seed, Purpose::norm_sample};
    const std::size_t pictures =
        data.empty() ? 0 : watch_pictures(m, asked, data, pool, look, some.count > 0 ? &some : nullptr);
    const std::string looked_at = pictures_text(seen.seen(), pictures, ascent.seed);
    const std::vector<std::size_t> number = living(asked, data, [&](std::size_t n) { return dead(seen, n); });
    std::vector<NeuronId> neurons;
    std::vector<double> norms;
    for (const std::size_t n : number) {
        neurons.push_back(asked[n]);
        norms.push_back(norm ? *norm : data.empty() ? expected_norm(a, asked[n]) : median.usable(n, data));
    }
    std::vector<std::vector<float>> from;
    if (!start.empty())
        from = from_average ? whitened_averages(averages, number, m) : read_starts(start, m, asked.size(), number);
    std::vector<OptimalStimulus> found = optimal_stimuli(m, neurons, norms, ascent, pool, from);
    for (std::size_t n = 0; n < neurons.size() && !data.empty(); ++n)
        // Where x and -x are alike to the neuron, the pictures it likes best say which of them is shown.
        if (found[n].even && sign_like(m, seen.strongest(number[n]), neurons[n], found[n].x, pool) < 0)
            for (float& v : found[n].x)
                v = -v;
    for (OptimalStimulus& f : found)
        f.norm_from = norm ? "given" : data.empty() ? "noise" : looked_at;
    files.write(m, neurons, found, pool);
    const auto strongest = data.empty() ? std::nullopt : std::optional<double>(seen.strongest(number[0])[0].response);
    say(stimulus_summary(found, neurons, ascent.starts, strongest) +
        (pictures > seen.seen() ? "; norm and sign from " + looked_at : ""));
    return ExitStatus::done;
}

}    // namespace

void add_optimal(Command& program)
{
    static OptimalJob o;
    static Command& job = program.subcommand("optimal", "climb to the strongest input of a given norm", [] {
        if (job.given("--start-from") && o.start.empty())
            usage_error("--start-from", "names nothing: `average`, a picture or a .npy");
        job.needs({"--sample"}, "--data");
        if (o.start == "average" && job.given("--sample"))
            usage_error("--sample", "excludes --start-from average, which is of all pictures");
        if (job.given("--start-from") && job.given("--starts"))
            usage_error("--starts", "excludes --start-from, which is one start");
        return o.run();
    });
    job.positional("MODEL", o.model, "model file");
    choice_options(job, o.choice);
    job.option("-o,--output", o.files.output, "OUT.png", "the picture; for several neurons a sheet");
    each_option(job, o.files.each, "optimal.png, optimal.tsv");
    job.option("--whitened", o.files.whitened, "W.png", "also as the network sees it");
    job.option("--npy", o.files.npy, "X.npy", "the stimuli, whitened: (neurons, rows, columns, channels)");
    job.option("--tsv", o.files.tsv, "T.tsv", "response and agreement of every start");
    job.option("--ascent", o.files.steps, "A.tsv", "every step of every start");
    job.option("--data", o.data, "D.tar", "pictures for the norm and the sign shown");
    job.option("--sample", o.sample, "N", "so many of them, drawn by the seed; 0: all", 0, 1'000'000'000);
    job.option("--norm", o.norm, "V", "norm (default: median in D.tar, or that of whitened noise)", 1e-6, 1e9);
    job.threads(o.threads);
    job.group("Ascent");
    job.option("--starts", o.ascent.starts, "N", "random starts", 1, 1000);
    job.option("--iterations", o.ascent.iterations, "N", "most steps from a start", 1, 100'000);
    job.option("--seed", o.ascent.seed, "S", "seed of the starts and of `--sample`");
    job.option("--prior", o.prior, "PRIOR", "`smooth`[:S] or `jitter`:N, or both: what is preferred");
    job.option("--start-from", o.start, "X", "`average`, a picture or a .npy, in place of random starts");
    job.choice("--climb", o.ascent.climbed,
               "what is climbed: `usual` is the numerator where a response is at its ceiling");
}
