// The climb to a neuron's optimal stimulus: projected gradient ascent of its response on the sphere |x| = norm, x the
// values that it sees.
//
// The gradient's part along the sphere, bent by the last direction as conjugate gradients do (plain ascent zigzags), is
// the direction; a step turns x towards it by an angle, and backtracking takes the first angle that gains at least 1e-4
// of what the slope promises; the angle doubles after a success. A climb ends when the gradient itself gains nothing at
// an angle of 1e-5, or after the given number of iterations.
//
// A climb does no arithmetic of a network: it names the input at which it wants the response next, and where it takes
// the step, the gradient. So many climbs, of one neuron or of several that share a cone (model/cone.h), fill the lanes
// of a batch, and one that has arrived makes room for another. A climb's result depends on its neuron, norm, seed and
// start alone, not on who its neighbours are.
//
// What is climbed may be the mean over some shifts of the input, and the coordinates those of a basis: what a prior
// asks for (analysis/stimulus_prior.h). The sphere is then that of the coefficients. And it may be a weighted sum of
// pooled units, the numerator of a normalised response (analysis/numerator.h), instead of one unit.
#pragma once

#include "analysis/stimulus_prior.h"
#include "kernels/aligned.h"
#include "model/cone.h"

#include <cstdint>
#include <vector>

namespace nonna
{

class Progress;

struct AscentStep {
    int start = 0, iteration = 0;    // iteration 0: where it began
    double step = 0;                 // angle in radians
    double response = 0;
};

struct WeighedUnit {
    std::size_t unit = 0;    // among those of the layer that is looked at
    double weight = 1;
};

// One neuron in a cone, and its input: the list of the values that it sees.
struct ConeNeuron {
    NeuronId neuron;
    double norm = 0;
    std::vector<std::size_t> values;     // indices into the whole input, ascending
    std::vector<std::size_t> in_cone;    // the same values' into the cone's
    std::vector<WeighedUnit> units;      // whose weighted sum is the response
    Area area;                           // the values: a rectangle of so many channels
    int channels = 0;
    const SmoothBasis* basis = nullptr;      // none: coordinates are the values themselves
    std::vector<Shift> shifts = {{0, 0}};    // whose mean is climbed
};
// `of_numerator`: its units are the pooled ones that its numerator is made of, not itself.
ConeNeuron in_cone(const Cone& cone, const Architecture& architecture, NeuronId neuron, double norm,
                   bool of_numerator = false);

// An input of one neuron, by its visible values. What it points to must live as long.
struct Trial {
    const ConeNeuron* neuron = nullptr;
    const std::vector<double>* x = nullptr;
};

// Responses and gradients of a cone's neurons at as many inputs as there are lanes. Not thread-safe.
class ConeResponses
{
  public:
    // Of the cone's own layer, or, `of_numerators`, of the pooled units below it.
    ConeResponses(Cone& cone, LayerId layer, int lanes, bool of_numerators = false);
    std::vector<double> responses(const std::vector<Trial>& trials);
    // At the last responses(), of the same trials: with respect to each one's visible values.
    std::vector<std::vector<double>> gradients(const std::vector<Trial>& trials);

  private:
    Cone& cone_;
    LayerId layer_;
    std::size_t units_;
    std::vector<float> images_;
    Aligned<float> seed_, gradient_;    // (row, column, map or channel, lane)
};

// One start's climb. Asks for the response at trial(); told it, may ask for the gradient there.
class Climb
{
  public:
    // `seed` and the neuron's number in its architecture draw the noise that it sets out from. `neuron` must live as
    // long.
    Climb(const ConeNeuron& neuron, const Architecture& architecture, int start, std::uint64_t seed);
    // Sets out from this input, of any norm.
    Climb(const ConeNeuron& neuron, const std::vector<double>& from);

    const ConeNeuron& neuron() const { return *neuron_; }
    std::vector<double> trial() const { return input_at(trial_); }
    bool done() const { return done_; }

    // What is climbed has this value at trial(). True: it stands there now, and take_gradient must follow, with the
    // gradient with respect to the input.
    bool stands(double response, int iterations);
    void take_gradient(std::vector<double> gradient);

    // Where it got so far.
    int start() const { return start_; }
    std::vector<double> x() const { return input_at(x_); }
    double response() const { return response_; }
    const std::vector<AscentStep>& steps() const { return steps_; }

  private:
    const ConeNeuron* neuron_;
    int start_;
    // At noise it wants the gradient alone; from there on the first response is where it begins, the others are steps.
    enum class Phase { noise, first, climbing } phase_ = Phase::noise;
    bool done_ = false;
    // In the neuron's coordinates. |x| = norm; direction: along the sphere, of norm 1
    std::vector<double> x_, direction_, trial_;
    std::vector<double> uphill_, search_;    // the gradient along the sphere; the direction before it has norm 1
    bool steepest_ = true;                   // search is the gradient itself
    double response_ = 0, slope_ = 0, angle_;
    std::vector<AscentStep> steps_;

    std::vector<double> input_at(const std::vector<double>& coordinates) const;
    void to_coordinates(std::vector<double>& gradient) const;
    void propose();
    void make_tangent(std::vector<double>& v) const;
    void face(std::vector<double> gradient);
    void aim();
    void shorten();
};

// What is climbed, at these inputs: the mean over each neuron's shifts.
std::vector<double> climbed_values(ConeResponses& cone, const std::vector<Trial>& trials);

// All climbs to their ends, as many at a time as have their shifts in `lanes`.
void climb(ConeResponses& cone, std::vector<Climb>& climbs, std::size_t lanes, int iterations, Progress& progress);

// Scales x to this norm.
void scale_to(std::vector<double>& x, double norm);

}    // namespace nonna
